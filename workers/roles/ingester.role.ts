// The ingester: one live stream of the platform, frames to partitions. It judges nothing but size; what a frame means is
// the conversations stage's business.
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { createRest } from '../../src/genesys/rest.ts';
import { createSignIn } from '../../src/genesys/sign-in.ts';
import { platformUrls } from '../../src/genesys/platform-url.ts';
import { startStream, type Stream } from '../../src/genesys/stream.ts';
import type { StreamState } from '../../src/genesys/stream-record.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import { IngestBuffer } from '../../src/partitions/ingest-buffer.ts';
import { wakerFor } from '../../src/partitions/wake.ts';
import { deadLettersTo } from '../../src/runtime/dead-letters.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { every } from '../../src/runtime/ticker.ts';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { frameIntake } from '../ingest.ts';
import { required, type Foundation, type RunningRole } from './foundation.ts';

const STREAM_FACTS_MS = 1000;
/** What is still in memory at a stop gets this long to reach its partition. */
const LAST_APPEND_MS = 5000;

export function startIngester(base: Foundation, onFatal: (failure: unknown) => void): RunningRole {
  const { config, log, metrics, clock, keys } = base;
  const producer = connectRedis(base.redisUrl, 'request', base.onRedisError);
  const wakeQueue = openQueue(partitionsQueue, base.connection, keys, base.onRedisError);
  const deadQueue = openQueue(deadLettersQueue, base.connection, keys, base.onRedisError);
  const { partitions } = config;
  const buffer = new IngestBuffer({
    appender: appenderFor({ redis: producer, keys, partitions, waker: wakerFor(wakeQueue) }),
    deepestLog: () => deepestLog(base),
    limits: {
      maxEvents: config.ingestBufferMaxEvents,
      maxBytes: config.ingestBufferMaxBytes,
      logMaxEntries: config.partitionLogMaxEntries,
    },
    onPressure: (paused) => (paused ? stream.pause() : stream.resume()),
    ...{ metrics, log, clock },
  });
  const intake = frameIntake({
    ...{ buffer, metrics, log },
    maxFrameBytes: config.ingestMaxFrameBytes,
    deadLetters: deadLettersTo({ queue: deadQueue, seal: sealWith(requiredKey(base)) }),
  });
  const stream: Stream = startStream({
    rest: restOf(base),
    topics: { queues: config.genesysQueues, users: config.genesysUsers },
    onFrame: intake,
    ...{ onFatal, log, metrics, clock },
  });
  const facts = every(STREAM_FACTS_MS, () => publishFacts(base, stream.state()), {
    clock,
    onError: base.onRedisError,
  });
  return {
    stop: async () => {
      await stream.stop();
      const lost = await buffer.stop(LAST_APPEND_MS);
      if (lost > 0) log.error({ events: lost }, 'stopped with events that no partition has taken');
      await facts.stop();
      await publishFacts(base, stream.state()).catch(base.onRedisError);
      await Promise.all([wakeQueue.close(), deadQueue.close()]);
      producer.disconnect();
    },
  };
}

const requiredKey = ({ config }: Foundation): string =>
  required(config.payloadKey, 'THROUGHLINE_PAYLOAD_KEY', 'the same on every process (openssl rand -base64 32)');

function restOf({ config, clock }: Foundation) {
  const { login, api } = platformUrls({ region: config.genesysRegion, gatewayUrl: config.genesysGatewayUrl });
  const advice = 'or run `throughline up`, which starts the emulator';
  const tokens = createSignIn({
    url: login,
    clientId: required(config.genesysClientId, 'THROUGHLINE_GENESYS_CLIENT_ID', advice),
    clientSecret: required(config.genesysClientSecret, 'THROUGHLINE_GENESYS_CLIENT_SECRET', advice),
    clock,
  });
  return createRest({ url: api, tokens });
}

async function deepestLog({ redis, keys, config }: Foundation): Promise<number> {
  const pipeline = redis.pipeline();
  for (let partition = 0; partition < config.partitions; partition += 1) pipeline.xlen(keys.partition(partition).log);
  const replies = (await pipeline.exec()) ?? [];
  return Math.max(0, ...replies.map(([, length]) => Number(length ?? 0)));
}

/** For the console; `channelId` stays out: whoever knows it can listen in. */
async function publishFacts({ redis, keys }: Foundation, state: StreamState): Promise<void> {
  await redis.hset(keys.stream, {
    connected: state.connected ? 1 : 0,
    topics: state.topics,
    lastFrameAt: state.lastFrameAt ?? 0,
    connectedSince: state.connectedSince ?? 0,
    paused: state.paused ? 1 : 0,
    reconnects: state.reconnects,
  });
}
