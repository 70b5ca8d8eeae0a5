// Which pairs of records are worth a comparison, and what each scores. Invariants: every pair comes once; a key that too
// many hold proposes nothing, so that the pairs grow with the records and not with their square.
import { blockingKeys, MOST_HOLDERS } from './blocking.ts';
import type { Features } from './features.ts';
import type { Population } from './population.ts';
import { score } from './score.ts';

export interface Sighting {
  readonly id: string;
  readonly features: Features;
}

export interface Edge {
  readonly one: number;
  readonly other: number;
  readonly bits: number;
}

/** Below this a pair is not worth keeping: what its profiles learn later would hardly lift it. */
const LEAST_BITS = -5;

/** The pairs of records that share a key few others hold, with their scores. */
export function edgesOf(sightings: readonly Sighting[], population: Population): Edge[] {
  const edges: Edge[] = [];
  for (const pair of candidatePairs(sightings)) {
    const one = Math.floor(pair / sightings.length);
    const other = pair % sightings.length;
    const [mine, theirs] = [sightings[one], sightings[other]];
    if (mine === undefined || theirs === undefined) continue;
    const { bits } = score(mine.features, theirs.features, population);
    if (bits >= LEAST_BITS) edges.push({ one, other, bits });
  }
  return edges;
}

function candidatePairs(sightings: readonly Sighting[]): Set<number> {
  const holders = new Map<string, { readonly most: number; readonly indices: number[] }>();
  for (const [index, { features }] of sightings.entries()) {
    for (const { key, kind } of blockingKeys(features)) {
      const block = holders.get(key);
      if (block === undefined) holders.set(key, { most: MOST_HOLDERS[kind], indices: [index] });
      else block.indices.push(index);
    }
  }
  const pairs = new Set<number>();
  for (const { most, indices } of holders.values()) {
    if (indices.length > most) continue;
    for (const [position, one] of indices.entries()) {
      for (const other of indices.slice(position + 1)) pairs.add(one * sightings.length + other);
    }
  }
  return pairs;
}
