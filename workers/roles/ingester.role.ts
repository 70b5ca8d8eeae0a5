// The ingester: the live stream of the platform unless it is switched off, and a socket of envelopes where one is set, to
// partitions. It judges nothing but size; what a frame means is the conversations stage's business.
import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Config } from '../../src/config/entries.ts';
import { claimInstance } from '../../src/runtime/instance.ts';
import { startEnvelopeSource, type EnvelopeSource } from '../../src/envelopes/source.ts';
import type { GapWatch } from '../../src/genesys/repair/gap-watch.ts';
import type { Rest } from '../../src/genesys/rest.ts';
import { startStream, type Stream } from '../../src/genesys/stream.ts';
import { digest, streamFacts, type Listener } from '../../src/genesys/stream-facts.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import { IngestBuffer } from '../../src/partitions/ingest-buffer.ts';
import { deepestLog, NEARLY_FULL } from '../../src/partitions/room.ts';
import { Spool } from '../../src/partitions/spool.ts';
import { wakerFor } from '../../src/partitions/wake.ts';
import { sealWith, type Seal } from '../../src/runtime/seal.ts';
import { every } from '../../src/runtime/ticker.ts';
import { projectRoot } from '../../src/runtime/version.ts';
import { frameIntake } from '../ingest.ts';
import { payloadKeyOf, type Foundation, type RunningRole } from './foundation.ts';
import { watchGaps } from './gaps.ts';
import { watchStreams } from './stream-watch.ts';
import { memoryFill } from '../../src/stores/redis/memory.ts';
import { deadLetterBox, openQueues, type OpenQueues } from './open-queues.ts';
import { platformRest } from './platform.ts';

const LOOK_MS = 1000;
/** What is still in memory at a stop gets this long to reach its partition; the rest is spooled. */
const LAST_APPEND_MS = 5000;

export async function startIngester(base: Foundation, onFatal: (failure: unknown) => void): Promise<RunningRole> {
  const { config, log, metrics, clock, onRedisError } = base;
  const queues = openQueues(base);
  const seal = sealWith(payloadKeyOf(config));
  const spool = openSpool(base, seal);
  /** Empty until the buffer that may have to hold them back is there. */
  const sources: (Stream | EnvelopeSource)[] = [];
  let isPaused = false;
  const buffer = openBuffer(base, queues, spool, (paused) => {
    isPaused = paused;
    for (const source of sources) source[paused ? 'pause' : 'resume']();
  });
  base.notes.set('ingest', () => buffer.facts());
  const deadLetters = deadLetterBox(base, queues, seal);
  const intake = frameIntake({ buffer, deadLetters, maxFrameBytes: config.ingestMaxFrameBytes, metrics, log });
  const native = await openNative(base, buffer, intake, onFatal);
  if (native !== undefined) sources.push(native.stream);
  sources.push(...envelopeSources(base, intake));
  if (isPaused) for (const source of sources) source.pause();
  const memory = every(LOOK_MS, () => watchMemory(base, buffer), { clock, onError: onRedisError });
  return {
    stop: async () => {
      await Promise.all(sources.map((source) => source.stop()));
      const lost = await buffer.stop(LAST_APPEND_MS);
      spool?.release();
      if (lost > 0) log.error({ events: lost }, 'stopped with events that neither a partition nor the spool has taken');
      await Promise.all([native?.stop(), memory.stop()]);
      await queues.close();
    },
  };
}

interface Native {
  readonly stream: Stream;
  /** After the stream itself, and after what it brought: the last word on what was heard. */
  stop(): Promise<void>;
}

/** Undefined where it is switched off: then no credentials of the platform are needed. */
async function openNative(
  base: Foundation,
  buffer: IngestBuffer,
  onFrame: (raw: string, receivedAt: number) => void,
  onFatal: (failure: unknown) => void,
): Promise<Native | undefined> {
  const { config, clock, log, onRedisError } = base;
  const listener = listenerOf(config);
  if (config.genesysStream === 'off') {
    log.info('THROUGHLINE_GENESYS_STREAM is off: events come from THROUGHLINE_ENVELOPES_URL and POST /v1/events alone');
    base.notes.set('stream', () => streamFacts(listener, undefined));
    return undefined;
  }
  const rest = platformRest(base);
  const gaps = await watchGaps(base, listener, buffer);
  let stream: Stream | undefined;
  const watch = await watchStreams(base, listener, () => stream?.state());
  const opened = openStream(base, rest, gaps, onFrame, onFatal);
  stream = opened;
  base.checks.set('stream', () => hears(opened));
  const report = (): Promise<void> => gaps.report(opened.state());
  const reports = every(LOOK_MS, report, { clock, onError: onRedisError });
  return {
    stream: opened,
    stop: async () => {
      await Promise.all([watch.stop(), reports.stop()]);
      await report().catch(onRedisError);
    },
  };
}

const listenerOf = (config: Config): Listener => ({
  ingester: `ingester-${process.pid}-${randomUUID().slice(0, 8)}`,
  native: config.genesysStream === 'on',
  client: digest(config.genesysClientId ?? ''),
  feed: digest(`${config.genesysQueues} ${config.genesysUsers}`),
  mostChannels: config.genesysMaxChannels,
});

function openStream(
  base: Foundation,
  rest: Rest,
  gaps: GapWatch,
  onFrame: (raw: string, receivedAt: number) => void,
  onFatal: (failure: unknown) => void,
): Stream {
  const { config, log, metrics, clock } = base;
  return startStream({
    rest,
    topics: { queues: config.genesysQueues, users: config.genesysUsers },
    mostChannels: config.genesysMaxChannels,
    relistMs: config.genesysRelistSeconds * 1000,
    onState: (state) => gaps.noticed(state),
    onGap: (gap) => gaps.ended(gap),
    onFrame,
    onFatal,
    log,
    metrics,
    clock,
  });
}

/** Whoever restarts ingesters one after another waits for this: until then another must be listening. */
const hears = async (stream: Stream): Promise<void> => {
  if (!stream.state().connected) throw new Error('no live socket');
};

function envelopeSources(base: Foundation, onEnvelope: (raw: string, receivedAt: number) => void): EnvelopeSource[] {
  const { envelopesUrl: url, envelopesUrlToken: token } = base.config;
  return url === undefined ? [] : [startEnvelopeSource({ ...base, url, token, onEnvelope })];
}

/** A folder for each deployment and ingester: what one left, the next that starts on this disk sends on. */
function openSpool({ config, log }: Foundation, seal: Seal): Spool | undefined {
  const { ingestSpoolMaxBytes: maxBytes, dataDir, redisPrefix } = config;
  if (maxBytes === 0) return undefined;
  const claim = (folder: string) => {
    const owner = claimInstance(folder, join(folder, 'owner.json'));
    return owner.taken ? owner : undefined;
  };
  const root = join(resolve(projectRoot(), dataDir), 'spool', redisPrefix);
  const spool = new Spool({ root, claim, maxBytes, seal, log });
  const { chunks, bytes } = spool.size();
  if (chunks > 0)
    log.warn({ chunks, bytes }, 'frames of an earlier run are on disk: they go to their partitions first');
  return spool;
}

function openBuffer(
  base: Foundation,
  queues: OpenQueues,
  spool: Spool | undefined,
  onPressure: (paused: boolean) => void,
): IngestBuffer {
  const { config, redis, keys, metrics, log, clock, onStep } = base;
  const { partitions } = config;
  return new IngestBuffer({
    appender: appenderFor({ redis, keys, partitions, waker: wakerFor(queues.partitions), onStep }),
    deepestLog: () => deepestLog({ redis, keys, partitions }),
    limits: {
      maxEvents: config.ingestBufferMaxEvents,
      maxBytes: config.ingestBufferMaxBytes,
      logMaxEntries: config.partitionLogMaxEntries,
    },
    spool,
    onPressure,
    metrics,
    log,
    clock,
  });
}

async function watchMemory({ redis, log, metrics }: Foundation, buffer: IngestBuffer): Promise<void> {
  const fill = await memoryFill(redis);
  const full = fill > NEARLY_FULL;
  metrics.set('throughline_redis_memory_fill_ratio', fill);
  if (full)
    log.error(
      { fill: Number(fill.toFixed(3)), code: 'redis_full' },
      'Redis is nearly full: ingest waits until work drains or maxmemory is raised',
    );
  buffer.setStoreFull(full);
}
