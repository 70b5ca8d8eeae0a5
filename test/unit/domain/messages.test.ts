// Messages of a participant: status only advances, receipts keep their first time, memory is bounded.
import { describe, expect, it } from 'vitest';
import type { MessageFact, MessageStatus } from '../../../src/domain/observation.ts';
import { reduce } from '../../../src/domain/conversation/reduce.ts';
import { MESSAGE_LIMIT } from '../../../src/domain/conversation/state.ts';
import { agent, at, connected, customer, detail, snapshot, tell, tellFrom } from './build.ts';

const message = (status: MessageStatus, sentSeconds = 10, messageId = 'message-1'): MessageFact => ({
  messageId,
  direction: 'outbound',
  status,
  sentAt: at(sentSeconds),
  attachments: 0,
});
const sends = (receivedSeconds: number, ...messages: MessageFact[]) =>
  snapshot(receivedSeconds, agent({ ...connected(1), media: 'message', messages }));
const remembered = (told: ReturnType<typeof tell>) => told.state.participants['agent-1']?.messages ?? {};

describe('message status', () => {
  it('advances, and each receipt has the time at which we learnt of it', () => {
    const told = tell(sends(11, message('sent')), sends(15, message('delivery-success')), sends(40, message('read')));
    expect(remembered(told)['message-1']).toMatchObject({ status: 'read', deliveredAt: at(15), readAt: at(40) });
    expect(told.events.filter((event) => event.kind.startsWith('message.')).map(({ kind }) => kind)).toEqual([
      'message.observed',
      'message.status',
      'message.status',
    ]);
  });

  it('never goes back', () => {
    const told = tell(sends(15, message('read')), sends(16, message('sent')));
    expect(remembered(told)['message-1']?.status).toBe('read');
    expect(told.changed).toBe(false);
  });

  it('takes a delivery after a failure: the provider tried again', () => {
    const told = tell(sends(11, message('delivery-failed')), sends(15, message('delivery-success')));
    expect(remembered(told)['message-1']?.status).toBe('delivery-success');
  });

  it('knows what is read to be delivered, and what the customer sent to be received when sent', () => {
    expect(remembered(tell(sends(20, message('read'))))['message-1']).toMatchObject({ deliveredAt: at(20) });
    const inbound = { ...message('received'), direction: 'inbound' } as const;
    const told = tell(snapshot(20, customer({ ...connected(1), messages: [inbound] })));
    expect(told.state.participants['customer-1']?.messages?.['message-1']?.deliveredAt).toBe(at(10));
  });

  it('does not put a receipt before its message', () => {
    expect(remembered(tell(sends(9, message('delivery-success'))))['message-1']?.deliveredAt).toBe(at(10));
  });

  it('counts an attachment that shows later', () => {
    const told = tell(sends(11, message('sent')), sends(12, { ...message('sent'), attachments: 2 }));
    expect(remembered(told)['message-1']?.attachments).toBe(2);
  });

  it('lands even when its participant’s claim is refused', () => {
    const over = snapshot(60, agent({ activity: 'ended', connectedAt: at(1), endedAt: at(50) }));
    const told = tell(over, sends(61, message('delivery-success', 40)));
    expect(remembered(told)['message-1']?.status).toBe('delivery-success');
  });

  it('is remembered from a side medium too', () => {
    const told = tell(snapshot(5, customer({ ...connected(0), media: 'callback' })), {
      ...detail(20, agent({ media: 'message', messages: [message('sent')] })),
      source: 'media-snapshot',
    });
    expect(Object.keys(remembered(told))).toEqual(['message-1']);
  });
});

describe('memory', () => {
  const all = Array.from({ length: MESSAGE_LIMIT + 50 }, (_, index) => message('sent', index, `message-${index}`));
  const newest = all.slice(50).map(({ messageId }) => messageId);

  it('holds the newest, whatever their order', () => {
    expect(Object.keys(remembered(tell(sends(999, ...all))))).toEqual(newest);
    const backwards = Object.keys(remembered(tell(sends(999, ...all.toReversed()))));
    expect(backwards.sort()).toEqual([...newest].sort());
  });

  it('finds nothing new in a snapshot that lists the forgotten again', () => {
    const told = tell(sends(999, ...all));
    expect(told.events.filter(({ kind }) => kind === 'message.observed')).toHaveLength(all.length);
    expect(reduce(told.state, sends(1000, ...all))).toMatchObject({ changed: false, events: [] });
  });

  it('makes room for the next', () => {
    const told = tellFrom(tell(sends(999, ...all)).state, sends(1000, message('sent', 998, 'next')));
    expect(Object.keys(remembered(told))).toHaveLength(MESSAGE_LIMIT);
    expect(remembered(told)['next']).toBeDefined();
  });
});
