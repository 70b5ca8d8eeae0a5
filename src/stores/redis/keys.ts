// Every key Throughline uses in Redis. Invariant: all keys that one script touches share a hash tag, so one Cluster slot.

export interface PartitionKeys {
  readonly log: string;
  readonly meta: string;
  readonly outbox: string;
  /** How often each event was the last one touched before its worker died; exists only while isolating. */
  readonly marks: string;
  /** Sorted set: conversation id by start time, while open. */
  readonly live: string;
  /** Last batch that a writer has appended; expires. */
  appended(writer: string): string;
  state(conversationId: string): string;
}

export interface BufferKeys {
  readonly seen: string;
  readonly waiting: string;
  readonly records: string;
  readonly blocked: string;
  readonly inFlight: string;
  readonly cut: string;
  readonly meta: string;
  batch(batchId: string): string;
}

export interface Keys {
  partition(partition: number): PartitionKeys;
  buffer(name: string): BufferKeys;
  /** Pub/sub channel that carries the numbers of partitions just appended to. */
  readonly doorbell: string;
  /** What each live process says of itself, by process id; expires with it. */
  presence(processId: string): string;
  readonly presenceIndex: string;
  /** Facts of the ingest stream for the console (connected, topics, last frame). */
  readonly stream: string;
  /** Letters of unknown topics kept today. */
  readonly unknownTopics: string;
  /** Sorted set: the workers that share the partitions, by when they were last heard. */
  readonly workers: string;
  /** The platform token that all replicas use, and the lock of whoever signs in; `client` tells credentials apart. */
  platformToken(client: string): { readonly token: string; readonly lock: string };
  /** The budget of calls to a remote. */
  rateLimit(remote: string): string;
  /** BullMQ prefix of a queue: its own slot. */
  bull(queue: string): string;
}

export function keysFor(prefix: string): Keys {
  return {
    partition: (partition) => {
      const base = `${prefix}:{p${partition}}`;
      return {
        log: `${base}:log`,
        meta: `${base}:meta`,
        outbox: `${base}:outbox`,
        marks: `${base}:marks`,
        live: `${base}:live`,
        appended: (writer) => `${base}:in:${writer}`,
        state: (conversationId) => `${base}:st:${conversationId}`,
      };
    },
    buffer: (name) => {
      const base = `${prefix}:{b-${name}}`;
      return {
        seen: `${base}:seen`,
        waiting: `${base}:waiting`,
        records: `${base}:records`,
        blocked: `${base}:blocked`,
        inFlight: `${base}:inflight`,
        cut: `${base}:cut`,
        meta: `${base}:meta`,
        batch: (batchId) => `${base}:batch:${batchId}`,
      };
    },
    doorbell: `${prefix}:doorbell`,
    presence: (processId) => `${prefix}:presence:${processId}`,
    presenceIndex: `${prefix}:presence`,
    stream: `${prefix}:stream`,
    unknownTopics: `${prefix}:unknown-topics`,
    workers: `${prefix}:workers`,
    platformToken: (client) => platformTokenKeys(`${prefix}:{token-${client}}`),
    rateLimit: (remote) => `${prefix}:{rate-${remote}}`,
    bull: (queue) => `${prefix}:{q-${queue}}`,
  };
}

const platformTokenKeys = (base: string) => ({ token: `${base}:sealed`, lock: `${base}:lock` });
