// Which topic goes on which channel: pure rules. Invariants: a topic that is followed stays where it is, for moving it
// would leave it unheard; no channel is over its size; no topic is dropped without being counted.

/** The platform takes 1,000 topics a channel and 20 channels a client. */
export const TOPICS_PER_CHANNEL = 1000;
export const CHANNELS_PER_CLIENT = 20;

export interface Room {
  readonly channels: number;
  readonly perChannel: number;
}

export interface TopicPlan {
  /** By channel; one whose topics have all gone is empty, and its place is used again. */
  readonly lots: readonly (readonly string[])[];
  /** For which there is no room. */
  readonly leftOut: readonly string[];
}

/** `wanted`, where they are already or else where there is room, in the order given. */
export function planTopics(before: readonly (readonly string[])[], wanted: readonly string[], room: Room): TopicPlan {
  const all = new Set(wanted);
  const lots = before.map((lot) => lot.filter((topic) => all.has(topic)));
  for (const topic of lots.flat()) all.delete(topic);
  const fresh = [...all];
  for (const lot of lots) lot.push(...fresh.splice(0, room.perChannel - lot.length));
  while (fresh.length > 0 && lots.length < room.channels) lots.push(fresh.splice(0, room.perChannel));
  return { lots: lots.map((lot, i) => (isSame(lot, before[i]) ? (before[i] ?? lot) : lot)), leftOut: fresh };
}

/**
 * What to follow after a new listing. Pages that shift while they are read can hide one that is there: a topic goes only
 * when two listings in a row lack it (`missedBefore`: those that the last one lacked).
 */
export function wantedAfter(
  followed: readonly string[],
  listed: readonly string[],
  missedBefore: ReadonlySet<string>,
): { readonly wanted: readonly string[]; readonly missed: ReadonlySet<string> } {
  const found = new Set(listed);
  const missed = followed.filter((topic) => !found.has(topic) && !missedBefore.has(topic));
  return { wanted: [...listed, ...missed], missed: new Set(missed) };
}

const isSame = (one: readonly string[], other: readonly string[] | undefined): boolean =>
  one.length === other?.length && one.every((topic, i) => topic === other[i]);
