// A worker that parks and replays for real, the API in front of it, and the command line in front of that.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi, type Api } from '../../src/api/server.ts';
import { main } from '../../src/cli/main.ts';
import { routeFrame } from '../../src/genesys/codec/route.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import { resume } from '../../src/partitions/protocol.ts';
import { wakerFor } from '../../src/partitions/wake.ts';
import { deadLettersTo } from '../../src/runtime/dead-letters.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { deliverWebhooksQueue } from '../../queues/deliver-webhooks.queue.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { createCapturedTerminal } from '../unit/cli/captured-terminal.ts';
import { eventually } from './eventually.ts';
import { TEST_KEY } from './pipeline.ts';
import { startProduct } from './product.ts';

export const PASSWORD = 'test-password';
export const RECEIVED_AT = Date.parse('2026-03-02T18:30:00Z');

export interface SeedLetter {
  readonly id: string;
  readonly raw: string;
  readonly code?: string;
  readonly conversationId?: string;
}

export const SECRET = 'Jane Roe, +13175550142';

/** Every fifth is misrouted, the others invalid; of ten conversations in turn. */
export const manyLetters = (count: number): SeedLetter[] =>
  Array.from({ length: count }, (_, n) => ({
    id: `${n}-0-0`,
    raw: `{"note":"${SECRET} ${n}"}`,
    code: n % 5 === 0 ? 'frame_misrouted' : 'frame_invalid',
    conversationId: `c-${n % 10}`,
  }));

export type DeadLetterRig = Awaited<ReturnType<typeof deadLetterRig>>;

export async function deadLetterRig(env: Readonly<Record<string, string>> = {}) {
  const product = await startProduct({ env });
  await product.start('worker');
  const { base } = product;
  const { redis, keys, connection, config } = base;
  const queue = openQueue(deadLettersQueue, connection, keys, base.onRedisError);
  const wakeQueue = openQueue(partitionsQueue, connection, keys, base.onRedisError);
  const deliveries = openQueue(deliverWebhooksQueue, connection, keys, base.onRedisError);
  const waker = wakerFor(wakeQueue);
  const appender = appenderFor({ redis, keys, partitions: config.partitions, waker });
  const box = deadLettersTo({ queue, seal: sealWith(TEST_KEY) });
  const api = await startApi({
    ...base,
    config: { ...config, apiPort: 0 },
    seal: sealWith(TEST_KEY),
    password: PASSWORD,
    queues: [
      { ...deadLettersQueue, queue },
      { ...deliverWebhooksQueue, queue: deliveries },
    ],
    sessionKey: 'only this test knows it',
    consoleDir: '/nowhere',
    assets: {},
    events: { appender, room: () => Promise.resolve('free') },
    resumePartition: async (partition) => {
      await resume(redis, keys.partition(partition));
      await waker.wake(partition, 'resume');
    },
  });
  const waiting = async (): Promise<string[]> => queue.getRanges(['failed'], 0, -1, false);
  const rig = {
    product,
    base,
    queue,
    api,
    box,
    waiting,
    /** As they come off the socket. */
    feed: async (...frames: readonly string[]): Promise<void> => {
      for (const raw of frames) {
        const route = routeFrame(raw);
        if (route.kind === 'event') await appender.append([{ key: route.key, raw, receivedAt: RECEIVED_AT }]);
      }
    },
    /** As an earlier build would have set them aside; resolves when they are parked. */
    park: async (...letters: readonly SeedLetter[]): Promise<void> => {
      const before = (await waiting()).length;
      await box.addEvents(
        0,
        letters.map(({ id, raw, code = 'frame_invalid', conversationId }) => ({
          event: { id, raw, receivedAt: RECEIVED_AT },
          why: { code, message: 'an earlier build could not read it', topic: 'v2.some.topic' },
          conversationId,
        })),
      );
      await parked(before + letters.length);
    },
    parked,
    /** No letter is on its way to be parked or replayed. */
    settled: () =>
      eventually(
        'letters settled',
        async () => Object.values(await queue.getJobCounts('waiting', 'active', 'delayed')),
        (counts) => counts.every((count) => count === 0),
      ),
    ask: (path: string, body?: object) => ask(api, path, body),
    deliveries,
    appender,
    cli: commandLine(api),
    close: async () => {
      await api.close();
      await Promise.all([queue.close(), wakeQueue.close(), deliveries.close()]);
      await product.close();
    },
  };
  return rig;

  async function parked(count: number): Promise<string[]> {
    return eventually(`${count} letters parked`, waiting, (ids) => ids.length === count);
  }
}

const authorization = `Basic ${Buffer.from(`anyone:${PASSWORD}`).toString('base64')}`;

function ask(api: Api, path: string, body?: object): Promise<Response> {
  const headers = { authorization };
  const url = `${api.url}/api/v1/dead-letters${path}`;
  if (body === undefined) return fetch(url, { headers });
  return fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** `throughline …` with the environment of somebody who may. */
export const commandLine =
  (api: Pick<Api, 'port'>, password: string = PASSWORD) =>
  async (...args: readonly string[]) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'tl-letters-'));
    const ours = {
      THROUGHLINE_DATA_DIR: dataDir,
      THROUGHLINE_API_PORT: String(api.port),
      THROUGHLINE_CONSOLE_PASSWORD: password,
      THROUGHLINE_PAYLOAD_KEY: TEST_KEY,
    };
    Object.assign(process.env, ours);
    const terminal = createCapturedTerminal();
    try {
      const exitCode = await main(args, terminal);
      return { exitCode, ...terminal.written };
    } finally {
      for (const name of Object.keys(ours)) delete process.env[name];
      rmSync(dataDir, { recursive: true });
    }
  };
