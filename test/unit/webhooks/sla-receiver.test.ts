// Where the commit's news of promises come in: nothing there may stop the relay, and a repeat is the same message.
import { expect, it } from 'vitest';
import { Poison, Retryable } from '../../../src/runtime/errors.ts';
import { slaNewsReceiver } from '../../../src/sinks/webhooks/announce.ts';
import type { WebhookMessage } from '../../../src/sinks/webhooks/message.ts';
import { newEndpoint, newEndpointId, newSecret, type Endpoint } from '../../../src/stores/webhooks/endpoint.ts';

const settings = { name: 'n', url: 'https://x.example/', events: ['sla.met' as const], enabled: true, headers: {}, timeoutMs: 5000 }; // prettier-ignore
const endpoint = newEndpoint(newEndpointId(), settings, newSecret(), 0);
const news = { eventType: 'sla.met', conversationId: 'c-1', objective: 'firstResponse', media: 'voice', queueId: null, priority: null, dueAt: '2026-03-02T09:00:00.000Z', bySeconds: null, at: 5 }; // prettier-ignore
const output = { number: 7, receivedAt: 1, payload: JSON.stringify(news) };

function rig(list: () => Promise<readonly Endpoint[]>) {
  const told: WebhookMessage[] = [];
  const unreadable: Poison[] = [];
  let now = 0;
  const announcer = {
    announce: (message: WebhookMessage) => Promise.resolve(told.push(message)),
    send: () => Promise.resolve(),
    sendAgain: () => Promise.resolve(),
  };
  const onUnreadable = (error: Poison): unknown => unreadable.push(error);
  const receiver = slaNewsReceiver(announcer, { list }, { now: () => now, onUnreadable });
  return { receiver, told, unreadable, later: () => void (now += 2000) };
}

it('makes the same message of an output that is relayed again, another of another', async () => {
  const { receiver, told } = rig(() => Promise.resolve([endpoint]));
  await receiver.accept(0, [output]);
  await receiver.accept(0, [output, { ...output, number: 8 }]);
  expect(told[1]).toEqual(told[0]);
  expect(told[2]?.messageId).not.toBe(told[0]?.messageId);
});

it('lets the relay go on where targets cannot be opened, and says so', async () => {
  const { receiver, told, unreadable } = rig(() => Promise.reject(new Poison('seal_mismatch', 'another key')));
  await receiver.accept(0, [output]);
  expect(told).toEqual([]);
  expect(unreadable).toHaveLength(1);
});

it('fails where Redis does, and asks again', async () => {
  let fails = true;
  const down = new Retryable('redis', 'away');
  const { receiver, told } = rig(() => (fails ? Promise.reject(down) : Promise.resolve([endpoint])));
  await expect(receiver.accept(0, [output])).rejects.toBe(down);
  fails = false;
  await receiver.accept(0, [output]);
  expect(told).toHaveLength(1);
});

it('asks who listens once a second, not at each relay', async () => {
  let asked = 0;
  const { receiver, later } = rig(() => Promise.resolve((asked += 1) > 0 ? [endpoint] : []));
  await receiver.accept(0, [output]);
  await receiver.accept(0, [output]);
  expect(asked).toBe(1);
  later();
  await receiver.accept(0, [output]);
  expect(asked).toBe(2);
});
