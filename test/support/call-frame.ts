// A call as its queue's topic tells it: a customer with a number, an agent when one has it.
import type { KeyedEvent } from '../../src/partitions/append.ts';

const QUEUE_ID = '11111111-1111-4111-8111-111111111111';

export interface CallFacts {
  readonly phone: string;
  /** The caller has hung up. */
  readonly end?: boolean;
  readonly agent?: boolean;
}

export function callFrame(id: string, { phone, end = false, agent = false }: CallFacts): KeyedEvent {
  const now = new Date().toISOString();
  const over = end ? { state: 'terminated', disconnectedTime: now } : { state: 'connected' };
  const leg = { ...over, direction: 'inbound', connectedTime: now };
  const caller = { id: 'caller', purpose: 'customer', name: 'Jane Roe', address: `tel:${phone}`, calls: [leg] };
  const agents = agent ? [{ id: 'agent-1', purpose: 'agent', userId: QUEUE_ID, calls: [leg] }] : [];
  const topicName = `v2.routing.queues.${QUEUE_ID}.conversations`;
  const raw = JSON.stringify({ topicName, eventBody: { id, participants: [caller, ...agents] } });
  return { key: id, raw, receivedAt: Date.now() };
}
