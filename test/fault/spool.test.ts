// Redis is killed under load beyond what memory holds, and the ingester restarted meanwhile. Invariant: what it had read is
// in its partitions afterwards, once and in order. The control has no disk, and shows that the trial would notice.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startPrivateRedis, type PrivateRedis } from '../../bench/chaos/private-redis.ts';
import { readAfter } from '../../src/partitions/protocol.ts';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product } from '../support/product.ts';

const CONVERSATIONS = 5;
const MEMORY_EVENTS = 100;

let server: PrivateRedis;
let folder: string;
beforeAll(async () => {
  const toolFolder = join('.throughline', 'test', 'redis');
  server = await startPrivateRedis({ appendfsync: 'everysec', toolFolder, environment: process.env });
  folder = mkdtempSync(join(tmpdir(), 'tl-spool-'));
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Sends numbered envelopes to whoever is connected; what it sent before the goodbye is read by the product. */
class Feeder {
  readonly server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  sent = 0;

  url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  connected(): number {
    return [...this.server.clients].filter(({ readyState }) => readyState === WebSocket.OPEN).length;
  }

  send(count: number): void {
    const [client] = this.server.clients;
    for (let i = 0; i < count && client?.readyState === WebSocket.OPEN; i += 1) {
      const payload = { participantId: 'p1', version: this.sent, messages: [{ id: `m${this.sent}` }] };
      client.send(
        JSON.stringify({ eventType: 'message:sent', conversationId: `c${this.sent % CONVERSATIONS}`, payload }),
      );
      this.sent += 1;
    }
  }
}

const facts = (product: Product): Readonly<Record<string, number | boolean | string>> =>
  product.base.notes.get('ingest')?.() ?? {};
/** Frames that have left the socket: what was only sent may still be on its way. */
async function heard({ base }: Product): Promise<number> {
  const counter = await base.metrics.registry.getSingleMetric('throughline_ingest_frames_total')?.get();
  return (counter?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

/** The numbers of each conversation, in the order of its log. */
async function loggedNumbers({ base }: Product): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  for (let partition = 0; partition < base.config.partitions; partition += 1) {
    const entries = await readAfter(base.redis, base.keys.partition(partition), '0-0', 100_000);
    for (const { raw } of entries.flatMap(({ events }) => events)) {
      const { conversationId, payload } = JSON.parse(raw) as { conversationId: string; payload: { version: number } };
      found.set(conversationId, [...(found.get(conversationId) ?? []), payload.version]);
    }
  }
  return found;
}

const expected = (sent: number): Map<string, number[]> =>
  new Map(
    Array.from({ length: CONVERSATIONS }, (_, c) => [
      `c${c}`,
      Array.from({ length: sent }, (_unused, n) => n).filter((n) => n % CONVERSATIONS === c),
    ]),
  );

async function trial(spoolMaxBytes: string) {
  const feeder = new Feeder();
  await once(feeder.server, 'listening');
  const env = {
    THROUGHLINE_ENVELOPES_URL: feeder.url(),
    THROUGHLINE_DATA_DIR: folder,
    THROUGHLINE_INGEST_BUFFER_MAX_EVENTS: String(MEMORY_EVENTS),
    THROUGHLINE_INGEST_SPOOL_MAX_BYTES: spoolMaxBytes,
  };
  const product = await startProduct({ redisUrl: server.url, env });
  const connected = () => eventually('connected', () => feeder.connected(), (n) => n === 1); // prettier-ignore
  await product.start('ingester');
  await connected();
  feeder.send(50);
  const allHeard = () => eventually('all heard', () => heard(product), (count) => count === feeder.sent); // prettier-ignore
  await allHeard();
  await eventually('all in Redis', () => facts(product)['eventsInMemory'], (count) => count === 0); // prettier-ignore
  await server.kill();
  let spooled = 0;
  const load = async (): Promise<void> => {
    for (let i = 0; i < 40; i += 1) {
      feeder.send(25);
      // without a disk the source is held back once memory is full
      if (spoolMaxBytes !== '0') await allHeard();
    }
    spooled = Math.max(spooled, Number(facts(product)['spooledChunks']));
  };
  await load();
  // an ingester that starts waits for Redis; what its predecessor left on disk goes before what it reads
  const restarted = product.restartRoles();
  await server.start();
  await restarted;
  await connected();
  await load();
  feeder.send(30);
  await eventually('quiet', () => facts(product), ({ eventsInMemory, spooling }) => eventsInMemory === 0 && spooling === false, 60_000); // prettier-ignore
  const all = async (): Promise<number> => [...(await loggedNumbers(product)).values()].reduce((sum, { length }) => sum + length, 0); // prettier-ignore
  // without a disk what was lost never comes: the control looks once
  if (spoolMaxBytes !== '0') await eventually('all there', all, (count) => count >= feeder.sent);
  const result = { logged: await loggedNumbers(product), sent: feeder.sent, spooled };
  await product.close();
  feeder.server.close();
  return result;
}

describe('Redis killed under load, the ingester restarted meanwhile', () => {
  it('loses nothing and keeps the order: the disk holds what memory cannot', async () => {
    const { logged, sent, spooled } = await trial('100000000');
    expect(sent).toBeGreaterThan(10 * MEMORY_EVENTS);
    expect(spooled).toBeGreaterThan(0);
    expect(logged).toEqual(expected(sent));
  });

  it('control: without a disk the same trial misses what memory had', async () => {
    const { logged, sent, spooled } = await trial('0');
    expect(spooled).toBe(0);
    expect(logged).not.toEqual(expected(sent));
  });
});
