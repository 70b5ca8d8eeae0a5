// Ingesters beside each other, and one that leaves the platform out. Invariant: each is shown by itself while it lives, and
// one that starts says at once what together they do wrong.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { readProcesses } from '../../src/api/sampling/processes.ts';
import { streamOf } from '../../src/api/sampling/streams.ts';
import { layFoundation, type Foundation } from '../../workers/roles/foundation.ts';
import { startIngester } from '../../workers/roles/ingester.role.ts';
import { eventually } from '../support/eventually.ts';
import { gapRig, type GapRig } from '../support/gap-rig.ts';

let rig: GapRig;
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
  await rig.product.close();
});

/** As a process of its own has it; what it answers stops the one that was started last. */
async function ingester(told: string[]): Promise<() => Promise<unknown>> {
  const own = await layFoundation('ingester', rig.product.config);
  const warn = (_details: object, text: string): unknown => told.push(text);
  const base: Foundation = { ...own, log: Object.assign(Object.create(own.log), { warn }) };
  stops.push(() => own.stop());
  const running = await startIngester(base, (failure) => told.push(String(failure)));
  stops.push(() => running.stop());
  return async () => {
    for (const stop of stops.splice(-2).toReversed()) await stop();
  };
}

const stream = async () => {
  const { redis, keys, clock } = rig.product.base;
  return streamOf(await readProcesses(redis, keys, clock.now()), clock.now());
};

describe('two ingesters', () => {
  it('are each shown with their own figures, and warned of when they may open more channels than there are', async () => {
    rig = await gapRig();
    const [toldFirst, toldSecond]: [string[], string[]] = [[], []];
    await ingester(toldFirst);
    await eventually('the first', stream, ({ connected, channels }) => connected && channels === 1);
    expect([toldFirst, (await stream()).trouble]).toEqual([[], null]);
    const stopSecond = await ingester(toldSecond);
    const trouble = '2 ingesters may open 40 notification channels';
    expect(toldSecond).toEqual([expect.stringContaining(trouble)]);
    const both = await eventually('both', stream, (seen) => seen.channels === 2 && seen.ingesters.every((one) => one.connected)); // prettier-ignore
    const { queues, users } = rig.product.platform.center;
    const topics = queues.length + users.length;
    expect(both.ingesters.map((one) => [one.topics, one.channels])).toEqual([[topics, 1], [topics, 1]]); // prettier-ignore
    expect(both).toMatchObject({ topics, trouble: expect.stringContaining(trouble) });
    const heard = async () => [...(await rig.ledger.listeners()).keys()].toSorted();
    const names = await eventually('both have reported', heard, ({ length }) => length === 2);
    expect(both.ingesters.map(({ id }) => id)).toEqual(names);
    await stopSecond();
    expect(await stream()).toMatchObject({ connected: true, channels: 1, trouble: null, ingesters: [{ topics }] });
  });
});

const NO_CLIENT = { THROUGHLINE_GENESYS_CLIENT_ID: '', THROUGHLINE_GENESYS_CLIENT_SECRET: '', THROUGHLINE_GENESYS_GATEWAY_URL: '' }; // prettier-ignore

describe('an ingester without an OAuth client', () => {
  it('takes envelopes when the platform’s stream is switched off, and notes no gap', async () => {
    const peer = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    stops.push(async () => peer.close());
    await once(peer, 'listening');
    const url = `ws://127.0.0.1:${(peer.address() as AddressInfo).port}`;
    const env = { ...NO_CLIENT, THROUGHLINE_GENESYS_STREAM: 'off', THROUGHLINE_ENVELOPES_URL: url };
    rig = await gapRig({ env });
    await rig.product.start('worker');
    const connected = once(peer, 'connection');
    const told: string[] = [];
    await ingester(told);
    const [socket] = await connected;
    const payload = { participantId: 'p', version: 1 };
    socket.send(JSON.stringify({ eventType: 'participant:joined', conversationId: 'c', payload }));
    await rig.applied(1);
    await eventually('said so', stream, ({ native }) => !native);
    expect(await rig.gaps()).toEqual([]);
    expect(told).toEqual([]);
  });

  it('says what to set when it is not', async () => {
    rig = await gapRig({ env: NO_CLIENT });
    await expect(ingester([])).rejects.toThrow(/CLIENT_ID is not set: .*THROUGHLINE_GENESYS_STREAM=off/);
  });
});
