// Customers at a real organisation: what they send, how they bear with its limits, and what a person is told.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { openMessagingHost, notByMessages } from '../../../src/simulate/open-messaging.ts';
import type { Journey } from '../../../src/emulator/scenarios/journey.ts';
import { eventually } from '../../support/eventually.ts';
import { createCapturedTerminal } from '../cli/captured-terminal.ts';
import { connectRest, startScriptedPlatform, type ScriptedPlatform } from '../genesys/scripted-platform.ts';

const INBOUND = 'POST /api/v2/conversations/messages/integration-1/inbound/open/message';
const ACCEPTED = { status: 202, body: {} };

const journey: Journey = {
  version: 1,
  name: 'short',
  says: 'Two messages and an answer.',
  conversations: [
    {
      media: 'message',
      after: 0,
      steps: [
        { do: 'write', by: 'customer', receipt: 'read', file: false, seconds: 0 },
        { do: 'queue' },
        { do: 'answer', seconds: 0 },
        { do: 'write', by: 'agent', receipt: 'read', file: false, seconds: 0 },
        { do: 'write', by: 'customer', receipt: 'read', file: false, seconds: 0 },
        { do: 'hang-up', by: 'customer' },
      ],
    },
  ],
};

let platform: ScriptedPlatform;
beforeEach(async () => {
  platform = await startScriptedPlatform();
});
afterEach(() => platform.close());

const play = async (...seeds: readonly number[]) => {
  const failures: unknown[] = [];
  const host = openMessagingHost({
    rest: connectRest(platform, systemClock),
    integrationId: 'integration-1',
    clock: systemClock,
    stopping: new AbortController().signal,
    onFailure: (failure) => failures.push(failure),
  });
  await host.begin('run', journey, seeds);
  const tally = await eventually(
    'journeys over',
    () => host.tally('run'),
    ({ started, finished, refused }) => started === finished + refused,
  );
  return { tally, failures };
};
const sent = () => platform.requests.filter(({ route }) => route === INBOUND).map(({ body }) => JSON.parse(body) as { channel: { from: object; time: string }; text: string }); // prettier-ignore

describe('customers at a real organisation', () => {
  it('write what the scenario has them write, under their own invented names', async () => {
    platform.script(INBOUND, ...Array.from({ length: 4 }, () => ACCEPTED));
    const { tally, failures } = await play(7, 8);
    expect(tally).toEqual({ started: 2, finished: 2, refused: 0, conversations: { message: 2 } });
    expect(failures).toEqual([]);
    expect(sent().map(({ text }) => text).toSorted()).toEqual(['Simulated message 1.', 'Simulated message 1.', 'Simulated message 5.', 'Simulated message 5.']); // prettier-ignore
    expect(sent()[0]?.channel.from).toEqual({
      id: 'throughline-simulated-7',
      idType: 'Opaque',
      nickname: 'Simulated customer 7',
    });
    expect(Date.parse(sent()[0]?.channel.time ?? '')).not.toBeNaN();
  });

  it('wait as long as they are asked to', async () => {
    platform.script(INBOUND, { status: 429, headers: { 'retry-after': '0' } }, ACCEPTED, ACCEPTED);
    expect((await play(1)).tally).toMatchObject({ finished: 1, refused: 0 });
    expect(platform.count(INBOUND)).toBe(3);
  });

  it('say which integration or permission is wrong', async () => {
    const [unknown] = (await play(1)).failures;
    expect(unknown).toMatchObject({ message: expect.stringContaining('--open-messaging must be the id') });
    platform.script(INBOUND, { status: 403, body: { code: 'missing.permissions', message: 'needs [conversation:message:receive]' } }); // prettier-ignore
    const { tally, failures } = await play(1);
    expect(tally).toMatchObject({ finished: 0, refused: 1 });
    expect(failures[0]).toMatchObject({ message: expect.stringContaining('Grant conversation:message:receive') });
  });

  it('do not call or send e-mail', () => {
    expect(notByMessages(journey)).toBeUndefined();
    const calls: Journey = { ...journey, conversations: [{ media: 'voice', after: 0, steps: [{ do: 'abandon' }] }] };
    expect(notByMessages(calls)).toContain('short has a voice conversation');
  });
});

describe('on the command line', () => {
  const run = async (...args: readonly string[]) => {
    const terminal = createCapturedTerminal();
    const exitCode = await main(['simulate', '--open-messaging', 'integration-1', ...args], terminal);
    return { exitCode, ...terminal.written };
  };

  it.each([
    [[], 'needs THROUGHLINE_GENESYS_CLIENT_ID and THROUGHLINE_GENESYS_CLIENT_SECRET'],
    [['--scenario', 'abandoned-in-queue'], 'only messages can be simulated'],
    [['--emulator', 'http://127.0.0.1:7710'], 'exclude each other'],
  ])('%j ends with what is wrong', async (args, said) => {
    const { exitCode, error } = await run(...args);
    expect([exitCode, error]).toEqual([2, expect.stringContaining(said)]);
  });
});
