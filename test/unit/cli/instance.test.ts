// One `up` a data folder, with real processes: a live one is respected, a dead one is not.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { claimInstance, runningInstance } from '../../../src/runtime/instance.ts';
import { spawnModule } from './spawn-module.ts';
import { temporaryFolder } from './temporary-folder.ts';

const claim = (dataDir: string) => {
  const claimed = claimInstance(dataDir);
  if (!claimed.taken) throw new Error('the folder is taken');
  return claimed;
};
const claimElsewhere = (dataDir: string) =>
  spawnModule(`
    const { claimInstance } = await load('/src/runtime/instance.ts');
    const claimed = claimInstance(${JSON.stringify(dataDir)});
    if (claimed.taken) claimed.announce('http://127.0.0.1:7700');
    process.send(claimed.taken);
    setInterval(() => {}, 1000);
  `);

describe('a data folder', () => {
  test('belongs to the first, who says where its console is', async () => {
    const dataDir = temporaryFolder();
    const first = claimElsewhere(dataDir);
    expect(await first.message()).toBe(true);
    const by = { pid: first.child.pid, consoleUrl: 'http://127.0.0.1:7700' };
    expect(claimInstance(dataDir)).toMatchObject({ taken: false, by });
    expect(runningInstance(dataDir)).toMatchObject(by);

    first.child.kill('SIGKILL');
    await first.ended();
    expect(runningInstance(dataDir)).toBeUndefined();
    claim(dataDir).release();
  });

  test('is free again after a release, without leftovers', () => {
    const dataDir = temporaryFolder();
    const first = claim(dataDir);
    first.announce('http://127.0.0.1:1');
    expect(claimInstance(dataDir)).toMatchObject({ taken: false });
    first.release();
    expect(readdirSync(dataDir)).toEqual([]);
    claim(dataDir).release();
  });

  test.runIf(process.platform === 'linux')('is not held by a process that merely has the number of the owner', () => {
    const dataDir = temporaryFolder();
    const other = { pid: process.ppid, ticks: '1', startedAt: '2026-01-01T00:00:00.000Z' };
    writeFileSync(join(dataDir, 'up.json'), JSON.stringify(other));
    const claimed = claim(dataDir);
    expect(JSON.parse(readFileSync(join(dataDir, 'up.json'), 'utf8'))).toMatchObject({ pid: process.pid });
    claimed.release();
  });

  test('is not held by a record that cannot be read', () => {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, 'up.json'), 'half a rec');
    expect(runningInstance(dataDir)).toBeUndefined();
    claim(dataDir).release();
  });

  test('goes to one of many who want it at once', async () => {
    const dataDir = temporaryFolder();
    const abandoned = { pid: 2 ** 22 + 1, ticks: '1', startedAt: '2026-01-01T00:00:00.000Z' };
    writeFileSync(join(dataDir, 'up.json'), JSON.stringify(abandoned));
    const rivals = Array.from({ length: 4 }, () => claimElsewhere(dataDir));
    const taken = await Promise.all(rivals.map((rival) => rival.message()));
    for (const { child } of rivals) child.kill('SIGKILL');
    expect(taken.filter(Boolean)).toHaveLength(1);
  });
});
