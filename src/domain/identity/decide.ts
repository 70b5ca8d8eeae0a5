// Match, review, or no match, and why. Invariants: symmetric; a veto never lets a match through, whatever the score; the
// same inputs give the same decision and the same explanation.
import { percent, type Bands } from './bands.ts';
import type { Contribution, Score } from './evidence.ts';
import type { Features } from './features.ts';
import type { Population } from './population.ts';
import { score } from './score.ts';

export type Veto =
  | 'name-alone'
  | 'names-conflict'
  | 'generation'
  | 'accounts-conflict'
  | 'too-many-addresses'
  | 'cannot-link';
export type Band = 'match' | 'review' | 'none';

export interface Decision {
  readonly band: Band;
  /** 0 to 100. */
  readonly score: number;
  readonly bits: number;
  readonly prior: number;
  readonly contributions: readonly Contribution[];
  readonly vetoes: readonly Veto[];
}

const MOST_ADDRESSES = 12;

export function decide(
  one: Features,
  other: Features,
  population: Population,
  options: { readonly bands: Bands; readonly asked?: 'match' | 'merge'; readonly cannotLink?: boolean },
): Decision {
  const { bits, prior, contributions } = score(one, other, population);
  const vetoes = vetoesOf(one, other, contributions, options.cannotLink === true);
  const certain = percent(bits);
  const { bands, asked = 'match' } = options;
  const band = certain < bands.review ? 'none' : certain < bands[asked] || vetoes.length > 0 ? 'review' : 'match';
  return { band, score: certain, bits, prior, contributions, vetoes };
}

function vetoesOf(one: Features, other: Features, contributions: Score['contributions'], cannotLink: boolean): Veto[] {
  const level = new Map(contributions.map((contribution) => [contribution.field, contribution.level]));
  const personal = isPersonal(level);
  const vetoes: (Veto | false)[] = [
    cannotLink && 'cannot-link',
    level.get('account') === 'conflict' && 'accounts-conflict',
    level.get('name') === 'conflict' && !personal && 'names-conflict',
    level.get('name') === 'generation' && !personal && 'generation',
    !personal && !isShared(level) && 'name-alone',
    (together(
      one.emails.map(({ address }) => address),
      other.emails.map(({ address }) => address),
    ) > MOST_ADDRESSES ||
      together(
        one.phones.map(({ key }) => key),
        other.phones.map(({ key }) => key),
      ) > MOST_ADDRESSES) &&
      'too-many-addresses',
  ];
  return vetoes.filter((veto) => veto !== false);
}

type Levels = ReadonlyMap<Contribution['field'], string>;

/** Something agrees that belongs to one person. */
const isPersonal = (level: Levels): boolean =>
  ['same', 'moved', 'near', 'alike'].includes(level.get('email') ?? '') ||
  level.get('account') === 'same' ||
  level.get('device') === 'same' ||
  ['same', 'near'].includes(level.get('declared') ?? '') ||
  ['same', 'near', 'far'].includes(level.get('birth') ?? '');

/** Something agrees that a household or an office may share; an office has several people of one first name. */
const isShared = (level: Levels): boolean =>
  level.has('phone') ||
  (level.get('email') === 'shared' && ['agree', 'alike'].includes(level.get('name') ?? '')) ||
  level.get('device') === 'shared' ||
  level.get('place') === 'address';

const together = (one: readonly string[], other: readonly string[]): number => new Set([...one, ...other]).size;
