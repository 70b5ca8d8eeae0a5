// The PostgreSQL that `up` starts: closed, durable, adopted, never orphaned, and as root in a folder its user can enter.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { canEnter, serverUser } from '../../src/stores/warehouse/embedded/server-user.ts';
import { choosePlace } from '../../src/stores/warehouse/embedded/place.ts';
import { ensureWarehouse, type RunningWarehouse } from '../../src/stores/warehouse/embedded/start.ts';
import { eventually } from '../support/eventually.ts';
import { once } from '../support/warehouse-rig.ts';
import { spawnModule } from '../unit/cli/spawn-module.ts';

const root = mkdtempSync(join(tmpdir(), 'tl-sql-'));
chmodSync(root, 0o755);
const started: RunningWarehouse[] = [];
afterAll(async () => {
  await Promise.all(started.map((server) => server.stop()));
  rmSync(root, { recursive: true, force: true });
});

const folder = (): string => mkdtempSync(join(root, 'data-'));
async function start(dataDir: string): Promise<RunningWarehouse> {
  const server = await ensureWarehouse({ config: {}, dataDir, environment: process.env, onProgress: () => undefined });
  started.push(server);
  return server;
}
const answers = (url: string): Promise<boolean> => once(url, 'select 1').then(() => true, () => false); // prettier-ignore
const gone = (url: string) => eventually('it is gone', () => answers(url), (there) => !there); // prettier-ignore

describe('the embedded PostgreSQL', () => {
  it('keeps what it has, takes its password only, and is closed to others', async () => {
    const dataDir = folder();
    const first = await start(dataDir);
    await once(first.url, 'create table kept ()');
    const wrong = new URL(first.url);
    wrong.password = 'guessed';
    await expect(once(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(dataDir, 'warehouse')).mode & 0o777).toBe(0o700);
    await first.stop();
    await gone(first.url);
    const second = await start(dataDir);
    await once(second.url, 'select from kept');
  });

  it('that already runs is adopted, and left alone by who adopted it', async () => {
    const dataDir = folder();
    const first = await start(dataDir);
    const second = await start(dataDir);
    expect(second).toMatchObject({ url: first.url, source: 'already running' });
    await second.stop();
    expect(await answers(first.url)).toBe(true);
    await first.stop();
    await gone(first.url);
  });

  it('does not outlive who started it, and starts again at once', async () => {
    const dataDir = folder();
    const parent = spawnModule(
      `const { ensureWarehouse } = await load('/src/stores/warehouse/embedded/start.ts');
       const options = { config: {}, dataDir: ${JSON.stringify(dataDir)}, environment: process.env, onProgress: () => undefined };
       process.send(await ensureWarehouse(options));`,
    );
    const { url } = (await parent.message()) as { url: string };
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    parent.child.kill('SIGKILL');
    // a client that stays does not hold it up
    await gone(url);
    await client.end().catch(() => undefined);
    expect((await start(dataDir)).source).toMatch(/^PostgreSQL \d/);
  });

  it('is not started where DATABASE_URL names one', async () => {
    const config = { databaseUrl: 'postgresql://db/x' };
    const dataDir = folder();
    const named = await ensureWarehouse({ config, dataDir, environment: process.env, onProgress: () => undefined });
    expect(named).toMatchObject({ url: config.databaseUrl, source: 'DATABASE_URL' });
    expect(existsSync(join(dataDir, 'warehouse'))).toBe(false);
  });
});

describe.skipIf(process.getuid?.() !== 0)('as root', () => {
  it('runs as a user who is not, and says where its data is when the data folder is closed to that user', async () => {
    const closed = join(folder(), 'closed');
    const dataDir = join(closed, 'data');
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const server = await start(dataDir);
    const elsewhere = /data in (\S+)\)/.exec(server.source)?.[1] ?? '';
    expect(elsewhere).toMatch(/^\/var\//);
    expect(statSync(elsewhere).uid).not.toBe(0);
    expect(statSync(closed).mode & 0o777).toBe(0o700);
    await server.stop();
    rmSync(dirname(elsewhere), { recursive: true });
  });

  it('tells a folder that its user can pass from one that it cannot', () => {
    const user = serverUser();
    const open = folder();
    expect(canEnter(open, user)).toBe(false);
    chmodSync(open, 0o711);
    expect(canEnter(open, user)).toBe(true);
    expect(canEnter(join(open, 'nothing'), user)).toBe(false);
  });

  it('keeps the data folder closed to readers when it lets the server pass', () => {
    const dataDir = join(root, 'passable');
    choosePlace(dataDir, serverUser());
    expect(statSync(dataDir).mode & 0o777).toBe(0o711);
  });
});

describe('the socket', () => {
  it('moves to the temp folder where its path would be too long, closed to others', () => {
    const deep = join(folder(), 'x'.repeat(90));
    const { socketFolder } = choosePlace(deep, undefined, root);
    expect(socketFolder.startsWith(join(root, 'throughline-sql-'))).toBe(true);
    expect(statSync(socketFolder).mode & 0o777).toBe(0o700);
    chmodSync(socketFolder, 0o755);
    expect(() => choosePlace(deep, undefined, root)).toThrow(/closed to others/);
  });
});
