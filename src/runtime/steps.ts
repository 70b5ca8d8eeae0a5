// The points between which a process can die, by name. Invariant: each promise of the path is tested by ending a process
// at every one of them (test/fault); in production nobody listens.

export const STEPS = [
  /** Ingest: the events are in their logs, nobody has been woken. */
  'append.logged',
  /** Ingest: the partition's wake-up is in its queue. */
  'append.woken',
  'partition.claimed',
  'partition.read',
  /** States and outputs are worked out, in memory only. */
  'partition.applied',
  /** What was set aside is a dead letter; the cursor has not moved. */
  'partition.set-aside',
  'partition.committed',
  /** A receiver has taken outputs; they are still in the outbox. */
  'relay.accepted',
  'relay.trimmed',
  'partition.released',
  'partition.yielded',
  /** A batch is cut; no job names it. */
  'batch.cut',
  'batch.announced',
  'batch.read',
  /** The sink has answered; the buffer does not know. */
  'batch.answered',
  'batch.settled',
] as const;

/** Beside the path, where enrichment is on. */
export const ENRICHMENT_STEPS = [
  /** The platform has taken the attributes; nobody has been told. */
  'injection.sent',
  /** The webhooks will hear of it; the audit does not know. */
  'injection.announced',
] as const;

export type Step = (typeof STEPS)[number] | (typeof ENRICHMENT_STEPS)[number];

/** Called at each step when given; whatever it awaits, the step waits for. */
export type OnStep = (step: Step) => void | Promise<void>;
