// Redis is gone while the platform goes on, and for part of that time the socket, too. Invariant: what was heard meanwhile is
// held (memory, then disk), what was not is in the gap ledger once Redis is back, and all ends as the emulator's own ledger
// has it. The control has no repair. (That the disk is needed, spool.test.ts shows.)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPrivateRedis, type PrivateRedis } from '../../bench/chaos/private-redis.ts';
import { eventually } from '../support/eventually.ts';
import { gapRig, UNREPAIRED, type GapRig } from '../support/gap-rig.ts';

let server: PrivateRedis;
let folder: string;
let rig: GapRig;
beforeAll(async () => {
  const toolFolder = join('.throughline', 'test', 'redis');
  server = await startPrivateRedis({ appendfsync: 'everysec', toolFolder, environment: process.env });
});
afterAll(() => server.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tl-spool-'));
});
afterEach(async () => {
  await rig.product.close();
  rmSync(folder, { recursive: true, force: true });
});

const facts = (): object => rig.product.base.notes.get('ingest')?.() ?? {};

/** 5 s without Redis, which are 33 minutes at this speed; the socket is cut in the middle of them. */
async function withoutRedis(env: Readonly<Record<string, string>> = {}): Promise<void> {
  rig = await gapRig({
    redisUrl: server.url,
    env: { THROUGHLINE_DATA_DIR: folder, THROUGHLINE_INGEST_BUFFER_MAX_EVENTS: '100', ...env },
  });
  await rig.begin();
  rig.start(25);
  await rig.applied(60);
  const beganAt = Date.now();
  await server.kill();
  const heard = rig.product.platform.status().framesSent;
  rig.start(15);
  await eventually('load', () => rig.product.platform.status().framesSent, (frames) => frames > heard + 300); // prettier-ignore
  await rig.cut();
  rig.start(10);
  await rig.connected(1);
  await eventually('5 s', Date.now, (now) => now > beganAt + 5000);
  await server.start();
}

describe('Redis gone for minutes of life, and the socket for some of them', () => {
  it('costs nothing', async () => {
    await withoutRedis();
    expect(await rig.concluded(2)).toEqual([]);
    const all = await rig.gaps();
    expect(all.map(({ cause, state }) => [cause, state])).toEqual([['closed', 'repaired'], ['start', 'repaired']]); // prettier-ignore
    expect(all[0]?.reconciled).toBe(all[0]?.known);
    expect(await rig.ledger.summary()).toMatchObject({ completeness: 1 });
    expect(facts()).toMatchObject({ eventsInMemory: 0, spooling: false });
    rig.eachOnce();
    expect(rig.product.failures).toEqual([]);
  });

  it('control: without repair conversations stay wrong', async () => {
    await withoutRedis(UNREPAIRED);
    expect((await rig.unrepaired()).length).toBeGreaterThan(3);
  });
});
