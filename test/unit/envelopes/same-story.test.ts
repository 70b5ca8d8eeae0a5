// One story, told by native frames and by envelopes, through the same stage: the same state.
import { describe, expect, it } from 'vitest';
import type { ConversationState } from '../../../src/domain/conversation/state.ts';
import type { Reduction } from '../../../src/domain/conversation/reduce.ts';
import { reduce } from '../../../src/domain/conversation/reduce.ts';
import { eventDecoder } from '../../../src/envelopes/event.ts';
import { play, T0 } from './play.ts';
import { snapshots } from '../../../bench/workloads/snapshots.ts';

const at = (seconds: number): number => T0 + seconds * 1000;
const iso = (seconds: number): string => new Date(at(seconds)).toISOString();

/** All that a source can tell of a conversation: the rest counts observations, or is the source's own number. */
function tellable({ participants, ...state }: ConversationState) {
  const bare = Object.entries(participants).map(([id, participant]) => [id, { ...participant, toldVersion: 0 }]);
  const counted = { version: 0, bornAt: 0, asOf: 0, toldVersion: 0, envelopesOnly: true };
  return { ...state, ...counted, participants: Object.fromEntries(bare) as Record<string, object> };
}

const snapshot = (...participants: object[]) => ({
  topicName: 'v2.users.4b1c1d5e-0000-4000-8000-7a1f5a6c2f10.conversations',
  eventBody: { id: 'c1', participants },
});
const envelope = (eventType: string, seconds: number, payload: object) => ({
  eventType,
  conversationId: 'c1',
  timestamp: iso(seconds),
  payload,
});

describe('the same conversation by envelopes and by native frames', () => {
  it('a call: answered by an agent after another had let it ring', () => {
    const call = (state: string, times: object) => ({ direction: 'inbound', state, ...times });
    const customer = (times: object, state = 'connected') => ({
      id: 'customer-1',
      purpose: 'customer',
      calls: [call(state, { connectedTime: iso(0), ...times })],
    });
    const agent = (id: string, state: string, times: object) => ({
      id,
      purpose: 'agent',
      userId: `user-${id}`,
      queueId: 'queue-1',
      calls: [call(state, times)],
    });
    const declined = agent('agent-1', 'disconnected', { disconnectedTime: iso(20) });
    const left = { connectedTime: iso(25), disconnectedTime: iso(90) };
    const native = play([
      [0, snapshot(customer({}))],
      [10, snapshot(customer({}), agent('agent-1', 'alerting', {}))],
      [20, snapshot(customer({}), declined)],
      [22, snapshot(customer({}), declined, agent('agent-2', 'alerting', {}))],
      [25, snapshot(customer({}), declined, agent('agent-2', 'connected', { connectedTime: iso(25) }))],
      [
        90,
        snapshot(
          customer({ disconnectedTime: iso(90) }, 'disconnected'),
          declined,
          agent('agent-2', 'disconnected', left),
        ),
      ],
    ]);
    const who = (participantId: string) =>
      participantId === 'customer-1'
        ? { participantId, purpose: 'customer', media: 'voice', direction: 'inbound' }
        : { participantId, purpose: 'agent', media: 'voice', userId: `user-${participantId}`, queueId: 'queue-1' };
    const version = (n: number) => ({ version: n });
    const byEnvelopes = play([
      [0, envelope('participant:connected', 0, { ...who('customer-1'), ...version(1) })],
      [10, envelope('participant:added', 10, { ...who('agent-1'), ...version(2) })],
      [20, envelope('participant:failed', 20, { ...who('agent-1'), ...version(3) })],
      [22, envelope('participant:joined', 22, { ...who('agent-2'), ...version(4) })],
      [25, envelope('participant:connected', 25, { ...who('agent-2'), ...version(5) })],
      [90, envelope('participant:left', 90, { ...who('customer-1'), ...version(6) })],
      [90, envelope('participant:removed', 90, { ...who('agent-2'), ...version(7) })],
    ]);
    const withoutAlerting = (state: ReturnType<typeof tellable>) => ({
      ...state,
      // when an agent began to ring is in the envelopes and not in a snapshot of the platform
      participants: Object.fromEntries(Object.entries(state.participants).map(([id, who_]) => [id, { ...who_, joinedAt: 0 }])), // prettier-ignore
    });
    expect(withoutAlerting(tellable(byEnvelopes))).toEqual(withoutAlerting(tellable(native)));
    expect(tellable(byEnvelopes)).toMatchObject({
      phase: 'ended',
      endedAt: at(90),
      queueId: 'queue-1',
      direction: 'inbound',
    });
    expect(byEnvelopes.participants['agent-1']?.state).toBe('failed');
  });

  it('a message thread with receipts', () => {
    const leg = (list: object[]) => ({
      state: 'connected',
      direction: 'inbound',
      connectedTime: iso(0),
      messages: list,
    });
    const customer = (...list: object[]) => ({ id: 'customer-1', purpose: 'customer', messages: [leg(list)] });
    const agent = (...list: object[]) => ({ id: 'agent-1', purpose: 'agent', messages: [leg(list)] });
    const sent = (messageId: string, seconds: number, messageStatus: string, media: object[] = []) => ({
      messageId,
      messageTime: iso(seconds),
      messageStatus,
      media,
    });
    const question = sent('m1', 1, 'received', [{ url: 'https://files.example/a' }]);
    const native = play([
      [1, snapshot(customer(question), agent())],
      [5, snapshot(customer(question), agent(sent('m2', 5, 'sent')))],
      [8, snapshot(customer(question), agent(sent('m2', 5, 'delivery-success')))],
      [40, snapshot(customer(question), agent(sent('m2', 5, 'read')))],
    ]);
    const from = (participantId: string, purpose: string) => ({ participantId, purpose, media: 'message', direction: 'inbound' }); // prettier-ignore
    const answer = { id: 'm2', body: 'text', createdTime: iso(5) };
    const tell = (verb: string, seconds: number, message: object) =>
      envelope(`message:${verb}`, seconds, { ...from('agent-1', 'agent'), messages: [message] });
    const attachments = [{ url: 'https://files.example/a', fileName: 'a', contentType: 'x', sizeBytes: 1 }];
    const asked = { id: 'm1', createdTime: iso(1), attachments, deliveryReceipt: { deliveredTime: iso(1) } };
    const byEnvelopes = play([
      [0, envelope('participant:connected', 0, from('customer-1', 'customer'))],
      [0, envelope('participant:connected', 0, from('agent-1', 'agent'))],
      [1, envelope('message:received', 1, { ...from('customer-1', 'customer'), messages: [asked] })],
      [5, tell('sent', 5, answer)],
      [8, tell('delivered', 8, { ...answer, deliveryReceipt: { deliveredTime: iso(8) } })],
      [40, tell('read', 40, { ...answer, deliveryReceipt: { deliveredTime: iso(8), readTime: iso(40) } })],
    ]);
    expect(tellable(byEnvelopes)).toEqual(tellable(native));
    expect(byEnvelopes.participants['agent-1']?.messages?.['m2']).toMatchObject({ deliveredAt: at(8), readAt: at(40) });
  });

  it('hundreds of conversations of the practice platform, retold', () => {
    const decode = eventDecoder();
    const native = new Map<string, ConversationState>();
    const byEnvelopes = new Map<string, ConversationState>();
    for (const { raw, receivedAt } of snapshots.generate(6000, { seed: 7 })) {
      const decoded = decode(raw, receivedAt);
      if (decoded.kind !== 'observation') continue;
      const reduction = reduce(native.get(decoded.observation.conversationId), decoded.observation);
      native.set(reduction.state.conversationId, reduction.state);
      for (const [index, event] of retold(reduction).entries()) {
        const again = decode(JSON.stringify(event), receivedAt + index);
        if (again.kind !== 'observation') throw new Error('an envelope is an observation');
        const id = reduction.state.conversationId;
        byEnvelopes.set(id, reduce(byEnvelopes.get(id), again.observation).state);
      }
    }
    expect(native.size).toBeGreaterThan(100);
    const course = ({ participants, phase }: ConversationState) => ({
      phase,
      participants: Object.fromEntries(
        Object.entries(participants)
          .filter(([, { state }]) => state !== 'pending')
          .map(([id, { purpose, state, endedAt, messages }]) => [
            id,
            // envelopes know no hold
            { purpose, state: state === 'held' ? 'active' : state, endedAt, messages },
          ]),
      ),
    });
    for (const [id, state] of native) {
      const again = byEnvelopes.get(id);
      // a call-back that is only scheduled: nothing has moved, so there was nothing to tell
      if (again === undefined && Object.keys(course(state).participants).length === 0) continue;
      expect(again && course(again), id).toEqual(course(state));
    }
  });
});

const EVENT_OF = { joined: 'joined', active: 'connected', left: 'left', failed: 'failed' } as const;

/** What a sender of envelopes would say of the same changes. */
function retold({ state, events }: Reduction): object[] {
  return events.flatMap((event): object[] => {
    if (event.kind === 'participant.moved') {
      if (event.to === 'held' || event.to === 'pending' || (event.from === 'held' && event.to === 'active')) return [];
      const { participantId, purpose, to } = event;
      return [{ eventType: `participant:${EVENT_OF[to]}`, conversationId: state.conversationId, timestamp: event.at, payload: { participantId, purpose, version: state.version } }]; // prettier-ignore
    }
    if (event.kind !== 'message.observed' && event.kind !== 'message.status') return [];
    const { participantId, messageId, message } = event;
    const { direction, status, sentAt, deliveredAt, readAt } = message;
    const attachments = Array.from({ length: message.attachments }, (_, i) => ({ url: `https://files.example/${i}` }));
    const deliveryReceipt = { deliveredTime: deliveredAt, readTime: readAt };
    const messages = [{ id: messageId, createdTime: sentAt, direction, status, attachments, deliveryReceipt }];
    return [{ eventType: 'message:changed', conversationId: state.conversationId, payload: { participantId, purpose: state.participants[participantId]?.purpose, messages } }]; // prettier-ignore
  });
}
