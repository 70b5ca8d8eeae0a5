// How well profiles agree with what is known to be true. Invariants: pairs are counted, not compared, so that a large
// profile costs no more than its records; a pair of one person that could not have been linked counts neither way.
import { z } from 'zod';

const label = z.union([z.string().min(1), z.number()]).transform(String);

/** `cluster` says who it is; or `person`, with `linkable` for the part of a person's records that anything connects. */
export const truthSchema = z
  .object({
    id: z.string().min(1),
    cluster: label.optional(),
    person: label.optional(),
    linkable: label.optional(),
    trap: z.array(z.string()).nullish(),
    ambiguous: z.boolean().nullish(),
  })
  .transform(({ id, cluster, person, linkable, trap, ambiguous }, context) => {
    const who = person ?? cluster;
    if (who === undefined) {
      context.addIssue({ code: 'custom', path: ['cluster'], message: 'give a cluster or a person' });
      return z.NEVER;
    }
    return { id, person: who, linkable: linkable ?? who, trapped: (trap ?? []).length > 0, scored: ambiguous !== true };
  });

export type Truth = z.output<typeof truthSchema>;

export interface Agreement {
  readonly scored: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly profiles: number;
  readonly persons: number;
  /** Profiles that hold records of several people. */
  readonly mixed: number;
  /** Those of them that none of the deliberate traps explains. */
  readonly mixedOutsideTraps: number;
}

export function agreement(profiles: readonly (readonly string[])[], truths: ReadonlyMap<string, Truth>): Agreement {
  const scored = profiles
    .map((ids) => ids.flatMap((id) => truths.get(id) ?? []).filter((truth) => truth.scored))
    .filter((held) => held.length > 0);
  const all = scored.flat();
  const right = sum(scored.map((held) => pairsWithin(held, linkableOf)));
  const wrong = sum(scored.map((held) => pairsOf(held.length) - pairsWithin(held, personOf)));
  const due = pairsWithin(all, linkableOf);
  const mixed = scored.filter((held) => new Set(held.map(personOf)).size > 1);
  const precision = right + wrong === 0 ? 1 : right / (right + wrong);
  const recall = due === 0 ? 1 : right / due;
  return {
    scored: all.length,
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    profiles: scored.length,
    persons: new Set(all.map(personOf)).size,
    mixed: mixed.length,
    mixedOutsideTraps: mixed.filter((held) => !held.some(({ trapped }) => trapped)).length,
  };
}

const personOf = ({ person }: Truth): string => person;
const linkableOf = ({ linkable }: Truth): string => linkable;
const pairsOf = (count: number): number => (count * (count - 1)) / 2;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function pairsWithin(held: readonly Truth[], group: (truth: Truth) => string): number {
  const counts = new Map<string, number>();
  for (const truth of held) counts.set(group(truth), (counts.get(group(truth)) ?? 0) + 1);
  return sum([...counts.values()].map(pairsOf));
}
