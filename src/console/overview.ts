// What the API tells the console. Invariant: a part of the API's own schema; a test compiles the one against the other.

export interface HistoryPoint {
  readonly at: number;
  readonly eventsPerSecond: number;
  readonly movesPerSecond: number;
  readonly crmRecordsPerSecond: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly inFlight: number;
  readonly slaBreaches: number;
  readonly deadLetters: number;
}

export interface Partition {
  readonly id: number;
  readonly depth: number;
  readonly outbox: number;
  readonly oldestMs: number | null;
  readonly epoch: number;
  readonly awake: boolean;
  readonly paused: string | null;
}

export interface QueueRow {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
  readonly paused: boolean;
}

export interface ProcessRow {
  readonly id: string;
  readonly role: string;
  readonly pid: number;
  readonly host: string;
  readonly startedAt: number;
  readonly ageMs: number;
}

export interface IngesterFacts {
  readonly id: string;
  readonly connected: boolean;
  readonly lastFrameAgeMs: number | null;
  readonly connectedSince: number | null;
  readonly topics: number;
  readonly leftOutTopics: number;
  readonly channels: number;
  readonly paused: boolean;
  readonly reconnects: number;
}

export interface StreamFacts extends Omit<IngesterFacts, 'id' | 'leftOutTopics'> {
  readonly native: boolean;
  readonly trouble: string | null;
  readonly ingesters: readonly IngesterFacts[];
}

export interface GapRow {
  readonly id: string;
  readonly from: number;
  readonly to: number | null;
  readonly cause: string;
  readonly state: string;
  readonly covered: boolean;
  readonly known: number;
  readonly reconciled: number;
  readonly changed: number;
}

export interface GapFacts {
  readonly open: number;
  readonly repairing: number;
  readonly repaired: number;
  readonly lost: number;
  readonly known: number;
  readonly reconciled: number;
  readonly completeness: number;
  readonly newest: readonly GapRow[];
}

export interface ObjectiveRow {
  readonly objective: string;
  readonly pending: number;
  readonly atRisk: number;
  readonly met: number;
  readonly breach: number;
}

export interface SlaFacts {
  readonly compliant: number;
  readonly breach: number;
  readonly missingReceipt: number;
  readonly objectives: readonly ObjectiveRow[];
  readonly deadlines: { readonly armed: number; readonly overdueMs: number | null };
}

export interface EnrichmentFacts {
  readonly enabled: boolean;
  readonly windowSeconds: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly leftOut: number;
  readonly successRate: number | null;
  readonly latencyMs: Overview['latencyMs'];
  readonly outcomes: Readonly<Record<string, number>>;
  readonly cache: { readonly hitRate: number | null; readonly answers: Readonly<Record<string, number>> };
  readonly heldBack: readonly { readonly queue: string; readonly forMs: number | null }[];
  readonly breakersOpen: readonly string[];
}

export interface Overview {
  readonly at: number;
  readonly version: string;
  readonly stream: StreamFacts;
  readonly gaps: GapFacts;
  readonly rates: {
    readonly eventsPerSecond: number;
    readonly movesPerSecond: number;
    readonly crmRecordsPerSecond: number;
  };
  readonly totals: { readonly eventsApplied: number; readonly crmRecords: number };
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  readonly conversations: { readonly inFlight: number; readonly byMedia: Readonly<Record<string, number>> };
  readonly sla: SlaFacts;
  readonly enrichment: EnrichmentFacts;
  readonly deadLetters: { readonly waiting: number; readonly byCode: Readonly<Record<string, number>> };
  readonly crm: { readonly waiting: number; readonly inFlightBatches: number; readonly delivered: number };
  readonly partitions: readonly Partition[];
  readonly queues: readonly QueueRow[];
  readonly processes: readonly ProcessRow[];
  readonly history: readonly HistoryPoint[];
}

export interface Participant {
  readonly purpose: string;
  readonly state: string;
  readonly since: number;
  readonly afterCallWork?: string | undefined;
}

export interface Conversation {
  readonly conversationId: string;
  readonly media: string;
  readonly direction?: string | undefined;
  readonly queueId?: string | undefined;
  readonly startedAt: number;
  readonly participants: Readonly<Record<string, Participant>>;
}

export interface ConversationList {
  readonly at: number;
  readonly inFlight: number;
  readonly conversations: readonly Conversation[];
}
