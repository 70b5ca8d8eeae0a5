// An overview as the API gives it, for tests of what is made of it.
import { overviewSchema, type Overview } from '../../../src/api/sampling/overview-schema.ts';

export const sampleOverview = (changes: Partial<Overview> = {}): Overview =>
  overviewSchema.parse({
    at: 1_772_442_000_000,
    version: '0.1.0',
    gaps: { open: 0, repairing: 0, repaired: 2, lost: 1, known: 40, reconciled: 39, completeness: 0.975, newest: [] },
    stream: {
      connected: true,
      lastFrameAgeMs: 900,
      connectedSince: 1_772_441_000_000,
      topics: 72,
      paused: false,
      reconnects: 1,
      channels: 1,
      native: true,
      trouble: null,
      ingesters: [],
    },
    totals: { eventsApplied: 12_345, moves: 6789, crmRecords: 1234, deadLetters: 3, refused: {} },
    rates: { eventsPerSecond: 24.44, movesPerSecond: 12.6, crmRecordsPerSecond: 4 },
    latencyMs: { p50: 3.71, p95: 14.6, p99: 19.2 },
    conversations: { inFlight: 36, byMedia: { voice: 30, email: 6 }, truncated: false },
    sla: {
      compliant: 98,
      breach: 1,
      missingReceipt: 4,
      objectives: [
        { objective: 'messageDelivery', pending: 4, atRisk: 2, met: 30, breach: 1 },
        { objective: 'voiceAnswer', pending: 0, atRisk: 0, met: 12, breach: 0 },
      ],
      deadlines: { armed: 6, overdueMs: null },
    },
    deadLetters: { waiting: 0, byCode: {} },
    crm: { waiting: 2, inFlightBatches: 1, delivered: 1234 },
    enrichment: {
      enabled: true,
      windowSeconds: 900,
      succeeded: 180,
      failed: 3,
      leftOut: 17,
      successRate: 180 / 183,
      latencyMs: { p50: 212.4, p95: 840, p99: 1520 },
      outcomes: { injected: 180, failed: 1, nothing_valid: 2, not_found: 17 },
      cache: { hitRate: 0.6125, answers: { memory: 98, asked: 62 } },
      heldBack: [],
      breakersOpen: [],
    },
    partitions: [
      { id: 0, depth: 3, outbox: 1, oldestMs: 10, epoch: 1, awake: true, paused: null },
      { id: 1, depth: 4, outbox: 0, oldestMs: null, epoch: 2, awake: false, paused: 'poison_flood' },
    ],
    queues: [
      { name: 'partitions', waiting: 0, active: 1, delayed: 0, failed: 0, completed: 9, paused: false },
      { name: 'sync-crm', waiting: 5, active: 0, delayed: 2, failed: 1, completed: 9, paused: true },
    ],
    processes: [
      { id: 'a', role: 'api', pid: 101, host: 'vm', startedAt: 1_772_441_995_000, ageMs: 100 },
      { id: 'b', role: 'worker', pid: 10_002, host: 'vm', startedAt: 1_772_430_000_000, ageMs: 100 },
    ],
    history: [],
    ...changes,
  });
