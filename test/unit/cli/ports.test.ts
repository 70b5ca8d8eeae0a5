// Ports that cannot be had are named with who needs them and what to change.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { freePort, portProblems } from '../../../src/cli/up/ports.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function takenPort(host = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, host);
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
const need = { host: '127.0.0.1', who: 'the console', variable: 'THROUGHLINE_API_PORT' };

test('a free port is no problem, and free afterwards', async () => {
  const port = await freePort('127.0.0.1');
  expect(await portProblems([{ ...need, port }])).toEqual([]);
  expect(await portProblems([{ ...need, port }])).toEqual([]);
});

test('each taken port is named, with its setting and a free one', async () => {
  const [first, second] = [await takenPort(), await takenPort()];
  const other = { host: '127.0.0.1', who: 'the emulated CRM', variable: 'THROUGHLINE_CRM_EMULATOR_PORT' };
  const problems = await portProblems([
    { ...need, port: first },
    { ...other, port: second },
  ]);
  expect(problems).toHaveLength(2);
  expect(problems[0]).toMatch(
    new RegExp(
      `^Port ${first} on 127\\.0\\.0\\.1 is taken; the console needs it\\. ` +
        'Stop what uses it, or set THROUGHLINE_API_PORT to a free port such as \\d+\\.$',
    ),
  );
  expect(problems[1]).toContain(`Port ${second} on 127.0.0.1 is taken; the emulated CRM needs it.`);
});

test('a port that is taken on every address is taken on loopback', async () => {
  const port = await takenPort('0.0.0.0');
  expect(await portProblems([{ ...need, port }])).toEqual([expect.stringContaining('is taken')]);
});

test('an address that this machine does not have is named', async () => {
  expect(await portProblems([{ ...need, host: '203.0.113.7', port: 7700 }])).toEqual([
    'the console cannot listen on 203.0.113.7:7700 (EADDRNOTAVAIL). Change THROUGHLINE_API_PORT, or the address it listens on.',
  ]);
});
