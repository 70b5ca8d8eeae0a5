// What the CRM is told of a reduction, and which of two waiting versions it is told.
import { describe, expect, it } from 'vitest';
import type { MessageFact } from '../../../src/domain/observation.ts';
import { reduce } from '../../../src/domain/conversation/reduce.ts';
import { crmRecords, crmRecordSchema } from '../../../src/domain/crm-record.ts';
import { DEFAULT_SLA_RULES } from '../../../src/domain/sla/rules.ts';
import { agent, at, connected, customer, ended, held, snapshot, tell } from './build.ts';

const message: MessageFact = {
  messageId: 'message-1',
  direction: 'outbound',
  status: 'sent',
  sentAt: at(10),
  attachments: 2,
};

describe('crmRecords', () => {
  it('counts on when a conversation was forgotten and came back: its late tail is newer than all before', () => {
    const first = tell(snapshot(5, customer(connected(0))));
    const [before] = crmRecords(first, DEFAULT_SLA_RULES);
    const later = reduce(
      undefined,
      snapshot(4000, customer({ ...connected(0), activity: 'ended', endedAt: at(3999) })),
    );
    const [after] = crmRecords(later, DEFAULT_SLA_RULES);
    expect(after?.version ?? 0).toBeGreaterThan(before?.version ?? Number.POSITIVE_INFINITY);
  });

  it('tells a conversation that changed', () => {
    const told = tell(
      snapshot(5, customer({ ...connected(0), direction: 'inbound' }), agent({ ...connected(4), queueId: 'queue-1' })),
    );
    expect(crmRecords(told, DEFAULT_SLA_RULES)).toEqual([
      {
        recordId: 'conversation-1',
        kind: 'conversation',
        conversationId: 'conversation-1',
        version: at(5) + 1,
        messageId: null,
        media: 'voice',
        direction: 'inbound',
        status: 'open',
        participantState: 'active',
        queueId: 'queue-1',
        startedAt: '2026-03-02T14:00:00.000Z',
        endedAt: null,
        handleSeconds: null,
        holdSeconds: null,
        slaStatus: null,
        sla: {},
        attachmentsCount: 0,
      },
    ]);
  });

  it('tells each message that was observed or moved, and sums them up', () => {
    const told = tell(snapshot(20, agent({ ...connected(4), media: 'message', messages: [message] })));
    const [conversation, ...messages] = crmRecords(told, DEFAULT_SLA_RULES);
    expect(conversation).toMatchObject({ slaStatus: 'missing_receipt', attachmentsCount: 2 });
    expect(messages).toEqual([
      {
        recordId: 'conversation-1/message-1',
        kind: 'message',
        conversationId: 'conversation-1',
        version: at(20) + 1,
        messageId: 'message-1',
        media: 'message',
        direction: 'outbound',
        status: 'sent',
        sentAt: '2026-03-02T14:00:10.000Z',
        deliveredAt: null,
        readAt: null,
        slaStatus: 'missing_receipt',
        sla: {
          status: 'missing_receipt',
          deliveryBreach: false,
          readBreach: false,
          metrics: { deliverySeconds: null, readSeconds: null },
          lateBy: { deliverySeconds: null, readSeconds: null },
        },
        attachmentsCount: 2,
      },
    ]);
  });

  it('tells nothing when nothing changed', () => {
    const first = tell(snapshot(5, customer(connected(0))));
    expect(crmRecords(reduce(first.state, snapshot(6, customer(connected(0)))), DEFAULT_SLA_RULES)).toEqual([]);
  });

  it('adds up what the agents did once it is over', () => {
    const work = { phase: 'complete', startedAt: at(60), endedAt: at(80) } as const;
    const told = tell(
      snapshot(21, customer(connected(0)), agent(held(10, 20))),
      snapshot(
        61,
        customer(ended(0, 60)),
        agent({ ...ended(10, 60), afterCallWork: work }),
        agent(ended(undefined, 9), 'agent-0'),
      ),
    );
    expect(crmRecords(told, DEFAULT_SLA_RULES)[0]).toMatchObject({
      status: 'ended',
      endedAt: '2026-03-02T14:01:00.000Z',
      participantState: 'left',
      handleSeconds: 70,
      holdSeconds: 40,
    });
  });

  it.each([
    [[agent({ activity: 'alerting' }), agent(connected(2), 'agent-2')], 'active'],
    [[agent({ activity: 'alerting' }), agent(ended(1, 2), 'agent-2')], 'joined'],
    [[customer(connected(0))], 'active'],
    [[{ participantId: 'queue', purpose: 'acd', activity: 'connected' } as const], null],
  ])('shows the state of whoever is most involved (%#)', (participants, state) => {
    expect(crmRecords(tell(snapshot(5, ...participants)), DEFAULT_SLA_RULES)[0]).toMatchObject({
      participantState: state,
    });
  });

  it('passes its own schema', () => {
    const told = tell(snapshot(20, agent({ ...connected(4), messages: [message] })));
    for (const record of crmRecords(told, DEFAULT_SLA_RULES)) expect(crmRecordSchema.parse(record)).toEqual(record);
  });
});
