// `up` as a person runs it, with real processes in the place of the roles: order, readiness, restarts, endings.
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { sampleOverview } from '../unit/cli/overview-sample.ts';
import { spawnModule, type SpawnedModule } from '../unit/cli/spawn-module.ts';

const root = mkdtempSync(join(tmpdir(), 'tl-up-'));
const running: SpawnedModule[] = [];
afterAll(async () => {
  for (const { child } of running) child.kill('SIGTERM');
  await Promise.all(running.map((run) => run.ended()));
  rmSync(root, { recursive: true, force: true });
});

/** Stands in for every role: writes down what happens to it, and behaves as BEHAVIOUR_<ROLE> says. */
const roles = join(root, 'roles.mjs');
writeFileSync(
  roles,
  `import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
   import { createServer } from 'node:http';
   const role = process.argv[3];
   const { THROUGHLINE_DATA_DIR: data, THROUGHLINE_API_PORT: port } = process.env;
   const note = (what) => appendFileSync(data + '/notes', role + ' ' + what + '\\n');
   const behaviour = process.env['BEHAVIOUR_' + role.toUpperCase()] ?? '';
   const fatal = (msg) => { console.log(JSON.stringify({ level: 60, msg })); process.exit(78); };
   note('started');
   appendFileSync(data + '/pids', process.pid + '\\n');
   if (behaviour === 'refuses') fatal('the client is not known');
   process.on('SIGTERM', () => {
     note('stopped');
     if (behaviour !== 'hangs') process.exit(behaviour === 'fails' ? 1 : 0);
   });
   if (role === 'api') {
     const overview = ${JSON.stringify(JSON.stringify(sampleOverview()))};
     createServer((_request, response) => response.end(overview)).listen(port, '127.0.0.1', ready);
   } else ready();
   function ready() {
     note('ready');
     process.send({ type: 'ready', role });
     const once = data + '/died-' + role;
     if (behaviour === 'gives up') setTimeout(fatal, 50, 'the client was deleted');
     if (behaviour === 'dies once' && !existsSync(once)) { writeFileSync(once, ''); process.kill(process.pid, 'SIGKILL'); }
   }
   setInterval(() => {}, 1000);`,
);

function start(env: Record<string, string> = {}, dataDir: string = mkdtempSync(join(root, 'data-'))) {
  const spawned = spawnModule(
    `const { up } = await load('/src/cli/up/up.ts');
     const { explain } = await load('/src/cli/main.ts');
     const { systemClock } = await load('/src/runtime/clock.ts');
     const { processTerminal } = await load('/src/cli/terminal.ts');
     const terminal = processTerminal();
     process.disconnect();
     await vite.close();
     const code = await up({ terminal, clock: systemClock, program: ${JSON.stringify(roles)} })
       .catch((error) => explain(error, terminal));
     process.exit(code);`,
    {
      REDIS_URL: inject('redisUrl'),
      // nobody listens there, and nobody asks: the roles are not real
      DATABASE_URL: 'postgresql://127.0.0.1:1/none',
      THROUGHLINE_DATA_DIR: dataDir,
      THROUGHLINE_API_PORT: '0',
      THROUGHLINE_EMULATOR_PORT: '0',
      THROUGHLINE_CRM_EMULATOR_PORT: '0',
      THROUGHLINE_DRAIN_DEADLINE_MS: '11000',
      ...env,
    },
    true,
  );
  running.push(spawned);
  const says = (text: string): Promise<unknown> =>
    eventually(
      `up says ${text}`,
      () => spawned.output(),
      (output) => output.includes(text),
    );
  const notes = (): string[] => {
    const path = join(dataDir, 'notes');
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  };
  const pids = (): number[] => readFileSync(join(dataDir, 'pids'), 'utf8').trim().split('\n').map(Number);
  return { ...spawned, dataDir, says, notes, pids };
}

/** One that has ended but that nobody has asked about yet is not running. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

describe('up', () => {
  test('starts all in order, shows where things are, and stops along the path of an event', async () => {
    const run = start();
    await run.says('events in 12,345');
    const started = ['emulator', 'worker', 'worker', 'api', 'ingester'].map((role) => `${role} started`);
    expect(run.notes().filter((note) => note.endsWith('started'))).toEqual(started);
    expect(run.notes().indexOf('emulator ready')).toBeLessThan(run.notes().indexOf('worker started'));
    expect(run.output()).toMatch(/Console {5}http:\/\/127\.0\.0\.1:\d+ {3}password (\w{4}-){3}\w{4}\n/);
    expect(statSync(run.dataDir).mode & 0o777).toBe(0o700);

    // As a terminal does it: to the whole group, which must be `up` alone
    process.kill(-(run.child.pid ?? 0), 'SIGINT');
    expect(await run.ended()).toBe(0);
    expect(run.output()).toContain('Stopped cleanly.');
    const stopped = ['ingester', 'worker', 'worker', 'emulator', 'api'].map((role) => `${role} stopped`);
    expect(run.notes().slice(-5)).toEqual(stopped);
    expect(existsSync(join(run.dataDir, 'up.json'))).toBe(false);
  });

  test('lets nobody else work in its data folder', async () => {
    const run = start();
    await run.says('events in');
    const second = start({}, run.dataDir);
    expect(await second.ended()).toBe(1);
    expect(second.output()).toMatch(
      new RegExp(`already runs here \\(process ${run.child.pid}, data folder .*\\)\\. Its console: http://127`),
    );
    run.child.kill('SIGTERM');
    expect(await run.ended()).toBe(0);
  });

  test('starts a role again that died', async () => {
    const run = start({ BEHAVIOUR_API: 'dies once' });
    await run.says('api ended by SIGKILL');
    await run.says('It is started again in 1 s.');
    await eventually(
      'the api is back',
      run.notes,
      (notes) => notes.filter((note) => note === 'api ready').length === 2,
    );
    run.child.kill('SIGTERM');
    expect(await run.ended()).toBe(0);
  });

  test('says which role did not end well', async () => {
    const run = start({ BEHAVIOUR_EMULATOR: 'fails' });
    await run.says('events in');
    run.child.kill('SIGTERM');
    expect(await run.ended()).toBe(1);
    expect(run.output()).toContain('emulator ended with an error');
    expect(run.output()).not.toContain('Stopped cleanly');
  });

  test('ends everything at once on a second Ctrl-C', async () => {
    const run = start({ BEHAVIOUR_WORKER: 'hangs' });
    await run.says('events in');
    run.child.kill('SIGINT');
    await eventually('workers are told', run.notes, (notes) => notes.includes('worker stopped'));
    const again = setInterval(() => run.child.kill('SIGINT'), 100);
    expect(await run.ended()).toBe(130);
    clearInterval(again);
    await eventually(
      'no role is left',
      () => run.pids().filter(isRunning),
      (left) => left.length === 0,
    );
  });
});

describe('up ends by itself', () => {
  test('when a role cannot start, with its reason, and stops the others', async () => {
    const run = start({ BEHAVIOUR_INGESTER: 'refuses' });
    expect(await run.ended()).toBe(2);
    expect(run.output()).toContain('ingester does not start: it ended with 78: the client is not known');
    expect(run.notes().filter((note) => note.endsWith('stopped'))).toHaveLength(4);
  });

  test('when a role gives up later, with its reason', async () => {
    const run = start({ BEHAVIOUR_INGESTER: 'gives up' });
    expect(await run.ended()).toBe(2);
    expect(run.output()).toContain('ingester cannot go on: it ended with 78: the client was deleted');
    expect(run.notes().filter((note) => note === 'ingester started')).toHaveLength(1);
  });

  test('when a port is taken, before anything is started', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = String(typeof address === 'object' ? address?.port : 0);
    const run = start({ THROUGHLINE_EMULATOR_PORT: port });
    expect(await run.ended()).toBe(1);
    expect(run.output()).toContain(`Port ${port} on 127.0.0.1 is taken; the Genesys Cloud emulator needs it.`);
    expect(run.notes()).toEqual([]);
    server.close();
  });

  test('when the configuration is broken', async () => {
    const run = start({ THROUGHLINE_API_PORT: 'x' });
    expect(await run.ended()).toBe(2);
    expect(run.output()).toContain('THROUGHLINE_API_PORT: "x" must be a whole number');
  });

  test('when Redis cannot be reached, with what the network said and not the password', async () => {
    const run = start({ REDIS_URL: 'redis://:hunter22@127.0.0.1:1' });
    expect(await run.ended()).toBe(1);
    expect(run.output()).toContain('Redis (REDIS_URL) cannot be used: connect ECONNREFUSED 127.0.0.1:1');
    expect(run.output()).not.toContain('hunter22');
  });

  test('when its data folder cannot be made', async () => {
    const run = start({}, join(roles, 'inside-a-file'));
    expect(await run.ended()).toBe(1);
    expect(run.output()).toMatch(/The data folder .* cannot be made \(ENOTDIR\)\. Set THROUGHLINE_DATA_DIR/);
  });
});
