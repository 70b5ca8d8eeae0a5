// Why two records are one person, or are not. Invariant: an answer is made of the decisions that were made, never of a
// second opinion.
import type { Sighting } from './candidates.ts';
import type { Bands } from './bands.ts';
import { decide, type Decision } from './decide.ts';
import type { Features } from './features.ts';
import type { Population } from './population.ts';
import type { Join, Resolution } from './resolve.ts';
import { tokenSortRatio } from './similarity.ts';

export interface Explanation {
  readonly oneProfile: boolean;
  /** The two records by themselves. */
  readonly pair: Decision;
  /** How alike their names are as strings, 0 to 100: the simple measure, shown beside the score that decides. */
  readonly tokenSort: number | undefined;
  /** From the first to the second, when they are one profile: each join that leads there. */
  readonly joins: readonly Join[];
  /** What was decided between their profiles, when they are two and met. */
  readonly profiles: Decision | undefined;
}

export function explain(
  one: Sighting,
  other: Sighting,
  context: { readonly resolution: Resolution; readonly population: Population; readonly bands: Bands },
): Explanation {
  const { resolution, population, bands } = context;
  const [mine, theirs] = [one, other].map(({ id }) => resolution.profiles.find(({ ids }) => ids.includes(id))?.ids[0]);
  const refused = resolution.refused.find(
    (join) => (join.one === mine && join.other === theirs) || (join.one === theirs && join.other === mine),
  );
  return {
    oneProfile: mine === theirs,
    pair: decide(one.features, other.features, population, { bands }),
    tokenSort: tokenSort(one.features, other.features),
    joins: mine === theirs ? pathBetween(one.id, other.id, resolution.joins) : [],
    profiles: refused?.decision,
  };
}

function tokenSort(one: Features, other: Features): number | undefined {
  const all = one.names.flatMap((mine) =>
    other.names.map((theirs) => tokenSortRatio(mine.words.join(' '), theirs.words.join(' '))),
  );
  return all.length === 0 ? undefined : Math.max(...all);
}

/** Joins make a tree of each profile: there is one way. */
function pathBetween(from: string, to: string, joins: readonly Join[]): Join[] {
  const next = new Map<string, Join[]>();
  for (const join of joins) {
    for (const id of [join.one, join.other]) next.set(id, [...(next.get(id) ?? []), join]);
  }
  const cameBy = new Map<string, Join | undefined>([[from, undefined]]);
  for (const id of cameBy.keys()) {
    for (const join of next.get(id) ?? []) {
      const there = join.one === id ? join.other : join.one;
      if (!cameBy.has(there)) cameBy.set(there, join);
    }
  }
  const path: Join[] = [];
  for (let id = to, by = cameBy.get(to); by !== undefined; by = cameBy.get(id)) {
    path.unshift(by);
    id = by.one === id ? by.other : by.one;
  }
  return path;
}
