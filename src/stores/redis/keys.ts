// Every key Throughline uses in Redis. Invariant: all keys that one script touches share a hash tag, so one Cluster slot.

export interface PartitionKeys {
  readonly log: string;
  readonly meta: string;
  readonly outbox: string;
  /** Set: `<event>/<worker>`, what a worker was touching when it lost the partition; exists only while isolating. */
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
  /** Sorted set: records that failed alone, by when they may be sent again; in flight until then. */
  readonly resting: string;
  readonly cut: string;
  readonly meta: string;
  batch(batchId: string): string;
}

/** The gap ledger: one slot, so that an entry and its place in the index change together. */
export interface GapKeys {
  /** Sorted set: every gap kept, by its beginning. */
  readonly index: string;
  /** Sorted set: gaps that go on, by their beginning. */
  readonly open: string;
  /** Sorted set: closed gaps that wait for their repair, by their end. */
  readonly due: string;
  /** Sorted sets: gaps that nobody works on any more, by when they were settled. */
  readonly repaired: string;
  readonly lost: string;
  /** Hash: conversations known, reconciled, changed and gone, over all gaps ever. */
  readonly totals: string;
  /** Hash: what each ingester has heard without a break, by ingester. */
  readonly heard: string;
  /** Sorted set: conversations by when a repair last read them. */
  readonly read: string;
  readonly entry: (gapId: string) => string;
  /** Set: the conversations of a gap. */
  readonly known: (gapId: string) => string;
  /** Set: those of them still to be read. */
  readonly unread: (gapId: string) => string;
}

/** Webhook targets: one slot, so that one script can look at all of them. */
export interface WebhookKeys {
  /** Hash: each target, sealed, by its id. */
  readonly endpoints: string;
  /** Messages kept as dead letters today. */
  readonly setAside: string;
  /** Hash: how its deliveries go. */
  readonly health: (endpointId: string) => string;
  /** List: its last deliveries. */
  readonly deliveries: (endpointId: string) => string;
  /** There while the target has asked to be left alone; expires. */
  readonly pause: (endpointId: string) => string;
}

export interface Keys {
  partition(partition: number): PartitionKeys;
  buffer(name: string): BufferKeys;
  /** Pub/sub channel that carries the numbers of partitions just appended to. */
  readonly doorbell: string;
  readonly gaps: GapKeys;
  /** What each live process says of itself, by process id; expires with it. */
  presence(processId: string): string;
  readonly presenceIndex: string;
  /** Letters of unknown topics kept today. */
  readonly unknownTopics: string;
  /** Sorted set: the workers that share the partitions, by when they were last heard. */
  readonly workers: string;
  /** A remote's token that all replicas use, and the lock of whoever signs in; `client` tells credentials apart. */
  sharedToken(client: string): { readonly token: string; readonly lock: string };
  /** What a flow or a custom-attributes schema declares, as last read from the platform. */
  attributeSchema(kind: string, id: string): string;
  /** The budget of calls to a remote. */
  rateLimit(remote: string): string;
  readonly webhooks: WebhookKeys;
  /** What came under an Idempotency-Key, by its digest; expires. */
  request(digest: string): string;
  /** Hash: the last output that a queue took of each partition. */
  relayed(sink: string): string;
  /** What the CRM says of a customer, sealed, and the lease of whoever asks it; by the identifier's keyed digest. */
  customer(digest: string): { readonly answer: string; readonly lease: string };
  /** BullMQ prefix of a queue: its own slot. */
  bull(queue: string): string;
}

export function keysFor(prefix: string): Keys {
  return {
    partition: (partition) => partitionKeys(`${prefix}:{p${partition}}`),
    buffer: (name) => bufferKeys(`${prefix}:{b-${name}}`),
    doorbell: `${prefix}:doorbell`,
    gaps: gapKeys(`${prefix}:{gaps}`),
    presence: (processId) => `${prefix}:presence:${processId}`,
    presenceIndex: `${prefix}:presence`,
    unknownTopics: `${prefix}:unknown-topics`,
    workers: `${prefix}:workers`,
    sharedToken: (client) => sharedTokenKeys(`${prefix}:{token-${client}}`),
    attributeSchema: (kind, id) => `${prefix}:schema:${kind}:${id}`,
    rateLimit: (remote) => `${prefix}:{rate-${remote}}`,
    webhooks: webhookKeys(`${prefix}:{webhooks}`),
    request: (digest) => `${prefix}:request:${digest}`,
    relayed: (sink) => `${prefix}:relayed:${sink}`,
    customer: (digest) => ({ answer: `${prefix}:customer:${digest}`, lease: `${prefix}:customer:${digest}:lease` }),
    bull: (queue) => `${prefix}:{q-${queue}}`,
  };
}

const partitionKeys = (base: string): PartitionKeys => ({
  log: `${base}:log`,
  meta: `${base}:meta`,
  outbox: `${base}:outbox`,
  marks: `${base}:marks`,
  live: `${base}:live`,
  appended: (writer) => `${base}:in:${writer}`,
  state: (conversationId) => `${base}:st:${conversationId}`,
});

const bufferKeys = (base: string): BufferKeys => ({
  seen: `${base}:seen`,
  waiting: `${base}:waiting`,
  records: `${base}:records`,
  blocked: `${base}:blocked`,
  inFlight: `${base}:inflight`,
  resting: `${base}:resting`,
  cut: `${base}:cut`,
  meta: `${base}:meta`,
  batch: (batchId) => `${base}:batch:${batchId}`,
});

const sharedTokenKeys = (base: string) => ({ token: `${base}:sealed`, lock: `${base}:lock` });

const gapKeys = (base: string): GapKeys => ({
  index: `${base}:index`,
  open: `${base}:open`,
  due: `${base}:due`,
  repaired: `${base}:repaired`,
  lost: `${base}:lost`,
  totals: `${base}:totals`,
  heard: `${base}:heard`,
  read: `${base}:read`,
  entry: (gapId) => `${base}:g:${gapId}`,
  known: (gapId) => `${base}:known:${gapId}`,
  unread: (gapId) => `${base}:unread:${gapId}`,
});

const webhookKeys = (base: string): WebhookKeys => ({
  endpoints: `${base}:endpoints`,
  setAside: `${base}:set-aside`,
  health: (endpointId) => `${base}:health:${endpointId}`,
  deliveries: (endpointId) => `${base}:deliveries:${endpointId}`,
  pause: (endpointId) => `${base}:pause:${endpointId}`,
});
