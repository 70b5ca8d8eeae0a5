// One reading of the whole deployment, made into an overview. Invariant: its cost is bounded by the numbers of
// partitions, queues and processes, never by the number of conversations or events.
import { conversationStates } from '../../stores/conversations/states.ts';
import { keysFor } from '../../stores/redis/keys.ts';
import type { ApiNeeds } from '../needs.ts';
import { readConversations } from './conversations.ts';
import { deadLettersOf, readDeadLetters, type LetterReading } from './dead-letters.ts';
import { createEnrichmentWindow, readHeldBack, setEnrichmentGauges } from './enrichment.ts';
import { readGaps, setGapGauges } from './gaps.ts';
import { setGauges } from './gauges.ts';
import { createLatencyWindow } from './latency.ts';
import type { HistoryPoint, Overview, Totals } from './overview-schema.ts';
import { readPartitions, sumOf, sumsOf, type PartitionReading } from './partitions.ts';
import { readProcesses, type Presence } from './processes.ts';
import { readQueues, type QueueReading } from './queues.ts';
import { createRateWindow } from './rates.ts';
import { readDeadlines, slaOf, type Deadlines } from './sla.ts';
import { readCrm, type CrmReading } from './crm.ts';
import { streamOf } from './streams.ts';

const HISTORY_MS = 180_000;
const LATENCY_MS = 60_000;
/** Dead letters carry their sealed content, so they are looked at less often than once a second. */
const LETTERS_EVERY_MS = 5000;

export type SamplerNeeds = Pick<ApiNeeds, 'config' | 'redis' | 'queues' | 'metrics' | 'version' | 'clock'>;
export type Sample = () => Promise<Overview>;

interface Reading {
  readonly at: number;
  readonly partitions: readonly PartitionReading[];
  readonly queues: readonly QueueReading[];
  readonly heldBack: Overview['enrichment']['heldBack'];
  readonly processes: readonly Presence[];
  readonly stream: Overview['stream'];
  readonly gaps: Overview['gaps'];
  readonly crm: CrmReading;
  readonly deadlines: Deadlines;
  readonly conversations: Overview['conversations'];
  readonly letters: LetterReading;
}

/** One reading a call; rates, latency and history come from comparing it with the calls before. */
export function createSample(needs: SamplerNeeds): Sample {
  const rateWindow = createRateWindow();
  const latencyWindow = createLatencyWindow('throughline_event_to_commit_seconds', LATENCY_MS);
  const enrichmentWindow = enrichmentWindowOf(needs);
  const letters = createLetterCache(needs);
  let history: HistoryPoint[] = [];
  return async () => {
    const reading = await read(needs, letters);
    setGauges(needs.metrics, reading.partitions, reading.queues);
    setGapGauges(needs.metrics, reading.gaps);
    needs.metrics.set('throughline_sla_deadline_overdue_seconds', (reading.deadlines.overdueMs ?? 0) / 1000);
    const totals = totalsOf(reading);
    const rates = rateWindow.add(reading.at, totals);
    const latencyMs = latencyWindow.add(reading.at, reading.processes);
    const enrichment = enrichmentWindow(reading);
    setEnrichmentGauges(needs.metrics, enrichment);
    const figures = describe(reading);
    const point: HistoryPoint = {
      at: reading.at,
      ...rates,
      p50: latencyMs?.p50 ?? null,
      p95: latencyMs?.p95 ?? null,
      inFlight: figures.conversations.inFlight,
      slaBreaches: figures.sla.breach,
      deadLetters: figures.deadLetters.waiting,
    };
    history = [...history.filter(({ at }) => at > reading.at - HISTORY_MS), point];
    return { ...figures, version: needs.version, totals, rates, latencyMs, enrichment, history };
  };
}

const enrichmentWindowOf = ({ config: { enrichment, enrichmentWindowMinutes } }: SamplerNeeds) =>
  createEnrichmentWindow(enrichment === 'on', enrichmentWindowMinutes * 60_000);

async function read(needs: SamplerNeeds, letters: () => Promise<LetterReading>): Promise<Reading> {
  const { redis, config, queues, clock } = needs;
  const keys = keysFor(config.redisPrefix);
  const at = clock.now();
  const [partitions, queueReadings, processes, gaps, crm, deadlines, letterReading] = await Promise.all([
    readPartitions(redis, keys, config.partitions, at),
    readQueues(redis, queues, at),
    readProcesses(redis, keys, at),
    readGaps(redis, keys),
    readCrm(redis, keys),
    readDeadlines(queues, at),
    letters(),
  ]);
  const inFlight = partitions.reduce((sum, partition) => sum + partition.inFlight, 0);
  const states = conversationStates(redis, keys, config.partitions);
  const conversations = await readConversations(states, inFlight, config.partitions);
  const heldBack = await readHeldBack(queues, queueReadings);
  const stream = streamOf(processes, at);
  const figures = {
    partitions,
    queues: queueReadings,
    heldBack,
    processes,
    stream,
    gaps,
    crm,
    deadlines,
    conversations,
  };
  return { at, ...figures, letters: letterReading };
}

function createLetterCache({ redis, queues, clock }: SamplerNeeds): () => Promise<LetterReading> {
  let readAt = -Infinity;
  let held: LetterReading = { waiting: 0, byCode: {} };
  return async () => {
    if (clock.now() - readAt < LETTERS_EVERY_MS) return held;
    held = await readDeadLetters(redis, deadLettersOf(queues));
    readAt = clock.now();
    return held;
  };
}

const totalsOf = ({ partitions, crm }: Reading): Totals => ({
  eventsApplied: sumOf(partitions, 'events'),
  moves: sumOf(partitions, 'moves'),
  crmRecords: crm.delivered,
  deadLetters: sumOf(partitions, 'deadLetters') + crm.rejected,
  refused: sumsOf(partitions, 'refused'),
});

function describe(reading: Reading) {
  const { at, stream, gaps, crm, conversations, letters, partitions, queues, processes } = reading;
  return {
    at,
    stream,
    gaps,
    conversations,
    sla: slaOf(partitions, reading.deadlines),
    deadLetters: {
      waiting: queues.find(({ name }) => name === 'dead-letters')?.failed ?? 0,
      byCode: letters.byCode,
    },
    crm: { waiting: crm.waiting, inFlightBatches: crm.inFlightBatches, delivered: crm.delivered },
    partitions: partitions.map(({ meta: _meta, inFlight: _inFlight, ...figures }) => figures),
    queues: queues.map(({ oldestWaitingMs: _oldest, ...figures }) => figures),
    processes: processes.map(({ id, role, pid, host, startedAt, at: seen }) => ({
      id,
      role,
      pid,
      host,
      startedAt,
      ageMs: Math.max(0, at - seen),
    })),
  };
}
