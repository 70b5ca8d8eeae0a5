// Decisions as text for a terminal. Invariant: fields, levels and bits, never a person's values.
import type { Decision } from '../../domain/identity/decide.ts';
import type { Explanation } from '../../domain/identity/explain.ts';
import type { Join } from '../../domain/identity/resolve.ts';
import { columns, harmless } from '../dead-letters/text.ts';

const VETOES: Readonly<Record<Decision['vetoes'][number], string>> = {
  'name-alone': 'only a name agrees, or nothing that belongs to one person',
  'names-conflict': 'the names conflict, and what agrees may be shared',
  generation: 'one is a junior or a senior, the other is not',
  'accounts-conflict': 'they have two accounts with one system',
  'too-many-addresses': 'together they would have more addresses than a person has',
  'cannot-link': 'a person has told them apart',
};

export function explanationText(one: string, other: string, it: Explanation): string {
  const verdict = it.oneProfile ? 'are one profile' : 'are two profiles';
  const names = it.tokenSort === undefined ? [] : [`  Names by token sort: ${it.tokenSort.toFixed(0)} of 100`];
  const profiles =
    it.profiles === undefined ? [] : ['', 'Their profiles, with all that each knows:', sheet(it.profiles)];
  return [
    `${harmless(one)} and ${harmless(other)} ${verdict}.`,
    '',
    'The two records by themselves:',
    sheet(it.pair),
    ...names,
    ...it.joins.flatMap((join, index) => [
      '',
      `${joinTitle(index, it.joins.length)} ${pair(join)}`,
      sheet(join.decision),
    ]),
    ...profiles,
    '',
  ].join('\n');
}

const joinTitle = (index: number, count: number): string =>
  count === 1 ? 'Joined by' : `Join ${index + 1} of ${count}:`;
const pair = ({ one, other }: Join): string => `${harmless(one)} – ${harmless(other)}`;

function sheet({ band, score, prior, bits, contributions, vetoes }: Decision): string {
  const rows = contributions.map((it) => [it.field, it.level, signed(it.bits)]);
  const head = band === 'match' ? 'match' : band === 'review' ? 'possible match, for a person to decide' : 'no match';
  return [
    `  ${head}: ${score.toFixed(1)} of 100`,
    columns([...rows, ['population', 'prior', signed(prior)], ['', 'total', signed(bits)]]),
    ...vetoes.map((veto) => `  Not by itself: ${VETOES[veto]}.`),
  ].join('\n');
}

const signed = (bits: number): string => `${bits < 0 ? '−' : '+'}${Math.abs(bits).toFixed(1)} bits`;

export function nearMissTable(refused: readonly Join[]): string {
  if (refused.length === 0) return 'Nothing came near.\n';
  const rows = refused.map(({ one, other, decision }) => [
    decision.score.toFixed(1),
    decision.band,
    one,
    other,
    decision.vetoes.join(', '),
    decision.contributions.map(({ field, level, bits }) => `${field} ${level} ${signed(bits)}`).join(', '),
  ]);
  return `${columns([['score', 'band', 'profile', 'profile', 'held back by', 'because'], ...rows])}\n`;
}
