// `throughline emulator`: what it says is true, what it is given holds, and Ctrl-C ends it.
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { emulate, type EmulatorFlags } from '../../../src/cli/emulator/emulate.ts';
import { main } from '../../../src/cli/main.ts';
import { listenForStop } from '../../../src/cli/up/stop-signal.ts';
import { eventually } from '../../support/eventually.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { platformClient } from '../emulator/platform-client.ts';
import { createCapturedTerminal } from './captured-terminal.ts';
import { spawnModule } from './spawn-module.ts';

const saved = { ...process.env };
beforeEach(() => {
  for (const name of Object.keys(process.env).filter((one) => one.startsWith('THROUGHLINE_'))) delete process.env[name];
});
afterEach(() => Object.assign(process.env, saved));

const DEFAULTS: EmulatorFlags = {
  port: 0,
  agents: 64,
  tokenSeconds: 86_400,
  drop: 0,
  duplicate: 0,
  reorder: 0,
  delay: 0,
  delayMs: 1000,
  breakWith: 'cut',
  skewMs: 0,
};

async function started(flags: Partial<EmulatorFlags> = {}) {
  const terminal = createCapturedTerminal();
  const source = new EventEmitter();
  const stop = listenForStop(createFakeClock(), () => undefined, source);
  const ended = emulate({ ...DEFAULTS, ...flags }, terminal, stop);
  const out = await eventually('the welcome', () => terminal.written.out, (text) => text.includes('Ctrl-C')); // prettier-ignore
  const url = /emulator on (\S+)/.exec(out)?.[1] ?? '';
  return { out, url, ended, end: () => source.emit('SIGINT', 'SIGINT') };
}

describe('throughline emulator', () => {
  test('says how to use it, and what it says works', async () => {
    const { out, url, ended, end } = await started({ seed: 42, rate: 0, agents: 1500, tokenSeconds: 60 });
    const id = /Client id\s+(\S+)/.exec(out)?.[1] ?? '';
    const secret = /Secret\s+(\S+)/.exec(out)?.[1] ?? '';
    const client = await platformClient(url, { id, secret });
    expect((await client.call('GET', '/api/v2/users')).body).toMatchObject({ total: 1500 });
    expect(out).toContain('seed 42, 8 queues, 1500 agents');
    expect(out).toContain('0 conversations a minute, 10 times as fast as life');
    const token = await fetch(`${url}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    expect(await token.json()).toMatchObject({ expires_in: 60 });
    end();
    expect(await ended).toBe(0);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  test('starts with the faults asked for', async () => {
    const { url, ended, end } = await started({
      drop: 0.5,
      duplicate: 0.25,
      seed: 9,
      breakEvery: 0.05,
      skewMs: -7_200_000,
    });
    const shown = (await (await fetch(`${url}/emulator/frames/faults`)).json()) as object;
    expect(shown).toMatchObject({ plan: { drop: 0.5, duplicate: 0.25, reorder: 0, seed: 9 } });
    const listener = await (await platformClient(url)).listen([]);
    await eventually('the break', () => listener.closedWith(), (code) => code === 1006); // prettier-ignore
    const date = (await fetch(`${url}/emulator/status`)).headers.get('date') ?? '';
    expect(Math.round((Date.parse(date) - Date.now()) / 60_000)).toBe(-120);
    end();
    await ended;
  });

  test('names a port that is taken, and another', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const terminal = createCapturedTerminal();
    expect(await main(['emulator', '--port', String(port)], terminal)).toBe(1);
    expect(terminal.written.error).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(terminal.written.error).toMatch(/set --port to a free port such as \d+/);
    server.close();
  });

  test.each([
    [['--rate', 'many'], 'Give a number from 0 to 600000'],
    [['--port', '1.5'], 'Give a whole number from 0 to 65535'],
    [['--drop', '1.01'], 'Give a number from 0 to 1'],
    [['--delay-ms', ''], 'Give a whole number from 1 to 600000'],
    [['--break-with', 'magic'], 'Allowed choices are close, cut, refuse, half-open'],
    [['--drop', '0.6', '--delay', '0.6'], 'together they are at most 1'],
  ])('%j is refused with what would do', async (args, sentence) => {
    const terminal = createCapturedTerminal();
    expect(await main(['emulator', ...args], terminal)).toBe(2);
    expect(terminal.written.error).toContain(sentence);
  });

  test('is ended by Ctrl-C, a real one', async () => {
    const spawned = spawnModule(`
      const { main } = await load('/src/cli/main.ts');
      process.exitCode = await main(['emulator', '--port', '0', '--rate', '60']);
      process.disconnect();
      await vite.close();
    `);
    await eventually('the welcome', () => spawned.output(), (text) => text.includes('Ctrl-C')); // prettier-ignore
    spawned.child.kill('SIGINT');
    expect(await spawned.ended()).toBe(0);
    expect(spawned.output()).toContain('Stopped.');
  });
});
