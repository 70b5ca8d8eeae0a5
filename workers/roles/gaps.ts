// The gap ledger as the roles use it: an ingester writes what it missed, a worker repairs it.
import { reduce } from '../../src/domain/conversation/reduce.ts';
import { decodeFrame } from '../../src/genesys/codec/decode.ts';
import { detailsPage } from '../../src/genesys/analytics/details-query.ts';
import { followedBy } from '../../src/genesys/repair/followed.ts';
import { GapWatch } from '../../src/genesys/repair/gap-watch.ts';
import { readConversation } from '../../src/genesys/repair/reading.ts';
import type { Listener } from '../../src/genesys/stream-facts.ts';
import type { RepairNeeds } from '../../src/genesys/repair/repair-gap.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import type { IngestBuffer } from '../../src/partitions/ingest-buffer.ts';
import type { RunningStage } from '../../src/runtime/stage-worker.ts';
import { every, type Ticker } from '../../src/runtime/ticker.ts';
import type { ConversationStates } from '../../src/stores/conversations/states.ts';
import { GapLedger } from '../../src/stores/gaps/ledger.ts';
import { redisReady } from '../../src/stores/redis/check.ts';
import { statesOf, type Foundation } from './foundation.ts';
import { platformRest } from './platform.ts';
import { startStage } from './start-stage.ts';
import type { Parts } from './worker-parts.ts';

/** How often a worker looks for gaps whose repair is due. */
const LOOK_MS = 1000;
/** Announced at once; more come when these are done. */
const MOST_ANNOUNCED = 100;

export async function watchGaps(
  base: Foundation,
  { ingester, feed }: Pick<Listener, 'ingester' | 'feed'>,
  buffer: Pick<IngestBuffer, 'oldestReceivedAt'>,
): Promise<GapWatch> {
  const { config, redis, keys, clock, metrics, log } = base;
  // where to go on from is in Redis: an ingester that starts without it waits for it
  await redisReady(redis, clock);
  return GapWatch.begin({
    ledger: new GapLedger(redis, keys.gaps),
    ingester,
    feed,
    oldestUnappended: () => buffer.oldestReceivedAt(),
    oldestOpen: () => statesOf(base).oldestStart(),
    lookBackMs: config.gapLookBackMinutes * 60_000,
    metrics,
    log,
    now: () => clock.now(),
  });
}

/** Nothing where no platform is configured (a worker of a test bench), or where repair is switched off. */
export function startGapRepair(parts: Parts): RunningStage {
  const { base, path, queues } = parts;
  const { config, clock, log } = base;
  if (config.gapRepair === 'off' || config.genesysClientId === undefined) {
    log.warn({ gapRepair: config.gapRepair }, 'gaps of the live stream are not repaired by this worker');
    return { ready: Promise.resolve(), stop: () => Promise.resolve() };
  }
  const needs = repairNeeds(parts);
  const stage = startStage(parts, 'repairGaps', path.repairGaps, needs);
  const announce = async (): Promise<void> => {
    for (const gapId of await needs.ledger.due(MOST_ANNOUNCED)) {
      await queues.repairGaps.add('repair', { gapId }, { jobId: gapId, attempts: path.repairGaps.retry.attempts });
    }
  };
  const onError = (error: Error): void => log.warn({ err: error }, 'due gaps not looked for; the next look will');
  const ticker: Ticker = every(LOOK_MS, announce, { clock, onError });
  return {
    ready: stage.ready,
    stop: async () => {
      await ticker.stop();
      await stage.stop();
    },
  };
}

function repairNeeds({ base, waker }: Parts): RepairNeeds {
  const { config, redis, keys, clock, metrics } = base;
  const rest = platformRest(base);
  const states = statesOf(base);
  const isFollowed = followedBy({ queues: config.genesysQueues, users: config.genesysUsers });
  const appender = appenderFor({ redis, keys, partitions: config.partitions, waker });
  return {
    ledger: new GapLedger(redis, keys.gaps),
    metrics,
    now: () => clock.now(),
    settings: { overlapMs: config.gapOverlapSeconds * 1000, settleMs: config.gapSettleSeconds * 1000 },
    openHere: (at) => states.begunBy(at),
    earlierDays: config.gapEarlierDays,
    activeIn: async (question, pageNumber, signal) => {
      const page = await detailsPage(rest, question, pageNumber, signal);
      if (page === 'refused') return page;
      const { conversations, total, isLast } = page;
      return { ids: conversations.filter(isFollowed).map(({ conversationId }) => conversationId), total, isLast };
    },
    read: (conversationId, signal) => readConversation(rest, conversationId, () => states.read(conversationId), signal),
    accept: async (conversationId, raw, receivedAt) => {
      if (Buffer.byteLength(raw) > config.ingestMaxFrameBytes) return undefined;
      const news = await tellsNews(states, conversationId, raw, receivedAt);
      await appender.append([{ key: conversationId, raw, receivedAt }]);
      return news;
    },
  };
}

/** Judged by what is committed: of what still waits in the log it does not know. */
async function tellsNews(
  states: ConversationStates,
  conversationId: string,
  raw: string,
  receivedAt: number,
): Promise<boolean> {
  const decoded = decodeFrame(raw, receivedAt);
  if (decoded.kind !== 'observation') return false;
  return reduce(await states.read(conversationId), decoded.observation).changed;
}
