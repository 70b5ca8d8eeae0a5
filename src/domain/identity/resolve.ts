// Which records are one person: the surest pairs are joined first, and each join is decided anew on all that the two
// profiles know. Invariants: the answer does not depend on the order of the records; no profile holds a pair that must not
// be linked; every join is kept with its decision, so that each link can be asked why.
import { edgesOf, type Edge, type Sighting } from './candidates.ts';
import type { Bands } from './bands.ts';
import { decide, type Decision } from './decide.ts';
import { merged, type Features } from './features.ts';
import type { Population } from './population.ts';

export interface Join {
  readonly one: string;
  readonly other: string;
  readonly decision: Decision;
}

export interface Profile {
  /** Sorted; the first names the profile. */
  readonly ids: readonly string[];
  readonly features: Features;
}

export interface Resolution {
  readonly profiles: readonly Profile[];
  readonly joins: readonly Join[];
  /** Between two profiles, the best of each pair first: what was considered and refused. */
  readonly refused: readonly Join[];
}

export interface ResolveOptions {
  readonly bands: Bands;
  /** Pairs of ids that a person has told apart. */
  readonly cannotLink?: readonly (readonly [string, string])[];
}

export function resolve(all: readonly Sighting[], population: Population, options: ResolveOptions): Resolution {
  // An order of their own, so that ties fall the same way however the records came
  const ordered = all.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const state: State = {
    population,
    bands: options.bands,
    apart: apartBy(options.cannotLink ?? []),
    ids: ordered.map(({ id }) => id),
    profiles: ordered.map(({ id, features }, index) => ({ ids: [id], features, members: [index] })),
    decided: new WeakMap(),
    joins: [],
  };
  let waiting = edgesOf(ordered, population).toSorted((a, b) => b.bits - a.bits || a.one - b.one || a.other - b.other);
  for (;;) {
    const left = waiting.filter((edge) => !joined(state, edge));
    if (left.length === waiting.length) break;
    // Profiles have learnt something: what was refused before is asked again
    waiting = left;
  }
  return { profiles: [...new Set(state.profiles)], joins: state.joins, refused: refusals(state, waiting) };
}

interface State {
  readonly population: Population;
  readonly bands: Bands;
  readonly apart: ReadonlyMap<string, ReadonlySet<string>>;
  readonly ids: readonly string[];
  /** By record; the records of one profile share one object. */
  readonly profiles: Held[];
  /** Profiles never change, so neither does what was decided between two. */
  readonly decided: WeakMap<Held, WeakMap<Held, Decision>>;
  readonly joins: Join[];
}

interface Held extends Profile {
  readonly members: readonly number[];
}

/** True when the edge needs no more thought. */
function joined(state: State, { one, other }: Edge): boolean {
  const [mine, theirs] = [state.profiles[one], state.profiles[other]];
  if (mine === undefined || theirs === undefined || mine === theirs) return true;
  const decision = between(state, mine, theirs);
  if (decision.band !== 'match') return false;
  const ids = [...mine.ids, ...theirs.ids].toSorted();
  const members = [...mine.members, ...theirs.members];
  const profile = { ids, features: merged(mine.features, theirs.features), members };
  for (const member of members) state.profiles[member] = profile;
  state.joins.push({ one: state.ids[one] ?? '', other: state.ids[other] ?? '', decision });
  return true;
}

function between(state: State, mine: Held, theirs: Held): Decision {
  const known = state.decided.get(mine)?.get(theirs);
  if (known !== undefined) return known;
  const decision = decideAnew(state, mine, theirs);
  const all = state.decided.get(mine) ?? new WeakMap<Held, Decision>();
  state.decided.set(mine, all.set(theirs, decision));
  return decision;
}

function decideAnew({ population, bands, apart }: State, mine: Held, theirs: Held): Decision {
  const asked = mine.ids.length > 1 && theirs.ids.length > 1 ? 'merge' : 'match';
  const others = new Set(theirs.ids);
  const cannotLink = mine.ids.some((id) => [...(apart.get(id) ?? [])].some((told) => others.has(told)));
  return decide(mine.features, theirs.features, population, { bands, asked, cannotLink });
}

function apartBy(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, ReadonlySet<string>> {
  const apart = new Map<string, Set<string>>();
  const tell = (id: string, from: string): void => void apart.set(id, (apart.get(id) ?? new Set()).add(from));
  for (const [one, other] of pairs) {
    tell(one, other);
    tell(other, one);
  }
  return apart;
}

function refusals(state: State, edges: readonly Edge[]): Join[] {
  const seen = new Map<Held, Set<Held>>();
  const refused: Join[] = [];
  for (const { one, other } of edges) {
    const [mine, theirs] = [state.profiles[one], state.profiles[other]];
    if (mine === undefined || theirs === undefined || mine === theirs || seen.get(mine)?.has(theirs) === true) continue;
    seen.set(mine, (seen.get(mine) ?? new Set()).add(theirs));
    seen.set(theirs, (seen.get(theirs) ?? new Set()).add(mine));
    refused.push({ one: mine.ids[0] ?? '', other: theirs.ids[0] ?? '', decision: between(state, mine, theirs) });
  }
  return refused.toSorted((a, b) => b.decision.bits - a.decision.bits);
}
