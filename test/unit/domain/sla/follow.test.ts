// Promises through a conversation's life: kept, at risk, missed once, void; and the one timer that makes time count.
import { describe, expect, it } from 'vitest';
import { assess } from '../../../../src/domain/sla/judge.ts';
import { DEFAULT_SLA_RULES } from '../../../../src/domain/sla/rules.ts';
import { agent, at, connected, customer, ended, snapshot } from '../build.ts';
import { acd, Life, lifeUnder, message, thread } from './life.ts';

const voice = { objective: 'voiceAnswer', withinSeconds: 20 };
const response = { objective: 'firstResponse', withinSeconds: 60 };

describe('a message', () => {
  it('whose receipts never come is a breach at each deadline, told once', () => {
    const life = new Life();
    life.tell(thread(0, message('sent')));
    life.until(10_000);
    expect(life.said()).toEqual([
      'at-risk messageDelivery @240',
      'breached messageDelivery @300.001 by 0.001',
      'at-risk messageRead @1440',
      'breached messageRead @1800.001 by 0.001',
    ]);
    expect(life.timers.size).toBe(0);
  });

  it('whose receipts come in time is met, and leaves no timer', () => {
    const life = new Life();
    life.tell(thread(0, message('sent')));
    life.tell(thread(5, message('delivery-success')));
    life.tell(thread(30, message('read')));
    life.until(10_000);
    expect(life.said()).toEqual(['met messageDelivery @5', 'met messageRead @30']);
    expect(life.timers.size).toBe(0);
    expect(life.state?.sla).toEqual({ deadlines: [], outcomes: { messageDelivery: 'met', messageRead: 'met' } });
  });

  it('is late by its receipt too, where that comes before the timer is heard', () => {
    const life = new Life();
    life.tell(thread(0, message('sent')));
    life.tell(thread(310, message('delivery-success')));
    life.until(400);
    expect(life.said('messageDelivery')).toHaveLength(1);
    expect(life.said('messageDelivery')[0]).toMatch(/^breached messageDelivery .* by 10$/);
    life.ring(320);
    expect(life.said('messageDelivery')).toHaveLength(1);
  });

  it('is not awaited to be read where nobody ever says so', () => {
    for (const [channel, media] of [
      ['sms', 'message'],
      ['whatsapp', 'email'],
      ['whatsapp', 'chat'],
    ] as const) {
      const life = new Life();
      life.tell(
        snapshot(
          0,
          agent({ media, activity: 'connected', connectedAt: at(0), messages: [message('sent', { channel })] }),
        ),
      );
      life.tell(
        snapshot(
          1,
          agent({
            media,
            activity: 'connected',
            connectedAt: at(0),
            messages: [message('delivery-success', { channel })],
          }),
        ),
      );
      life.until(10_000);
      expect(life.said('messageRead'), `${channel} ${media}`).toEqual([]);
    }
    const inbound = new Life();
    inbound.tell(thread(0, message('received', { direction: 'inbound' })));
    inbound.until(10_000);
    expect(inbound.said()).toEqual(['met messageDelivery @0']);
  });

  it('one of several that is late breaches once; each late message is told', () => {
    const life = new Life();
    life.tell(thread(0, message('sent', { id: 'm1' }), message('sent', { id: 'm2', sent: 10 })));
    life.until(10_000);
    expect(life.said().filter((text) => text.startsWith('breached'))).toHaveLength(2);
    const late = life.events.flatMap((event) =>
      event.kind === 'message.late' ? [`${event.messageId} ${event.objective}`] : [],
    );
    expect(late).toEqual(['m1 messageDelivery', 'm2 messageDelivery', 'm1 messageRead', 'm2 messageRead']);
  });
});

describe('a voice answer', () => {
  const waiting = (second: number) => snapshot(second, customer(connected(0)), acd(0));

  it('is met by the first agent on the line', () => {
    const life = lifeUnder({ rules: [voice] });
    life.tell(waiting(0));
    expect(life.state?.sla?.outcomes).toEqual({ voiceAnswer: 'pending' });
    life.tell(snapshot(12, customer(connected(0)), acd(0), agent(connected(12))));
    life.until(1000);
    expect(life.said()).toEqual(['met voiceAnswer @12']);
  });

  it('is a breach when nobody came, and says by how much once somebody has', () => {
    const life = lifeUnder({ rules: [voice] });
    life.tell(waiting(0));
    life.until(25);
    expect(life.said()).toEqual(['at-risk voiceAnswer @16', 'breached voiceAnswer @20.001 by 0.001']);
    life.tell(snapshot(50, customer(connected(0)), acd(0), agent(connected(50))));
    expect(life.said()).toHaveLength(2);
    expect(life.state && assess(life.state, DEFAULT_SLA_RULES).voiceAnswer).toEqual({
      outcome: 'breach',
      dueAt: at(20),
      bySeconds: 30,
    });
  });

  it('is void for who hangs up in time, a breach for who waited longer', () => {
    for (const [left, said] of [
      [15, []],
      [35, ['breached voiceAnswer @35 by 15']],
    ] as const) {
      const life = lifeUnder({ rules: [voice] });
      life.tell(waiting(0));
      life.tell(snapshot(left, customer(ended(0, left)), acd(0, { activity: 'ended', endedAt: at(left) })));
      life.until(1000);
      expect(life.said()).toEqual(said);
      expect(life.timers.size).toBe(0);
    }
  });

  it('holds where its rule fits: queue, media, priority, the first rule that does', () => {
    const rules = [
      { objective: 'voiceAnswer', minPriority: 10, withinSeconds: 5 },
      { objective: 'voiceAnswer', queues: ['22222222-2222-4222-8222-222222222222'], withinSeconds: null },
      {
        objective: 'voiceAnswer',
        queues: ['11111111-1111-4111-8111-111111111111'],
        media: ['voice'],
        withinSeconds: 30,
      },
    ];
    const dueOf = (facts: Parameters<typeof acd>[1]): number | undefined => {
      const life = lifeUnder({ rules });
      life.tell(snapshot(0, customer(connected(0)), acd(0, facts)));
      const due = life.state?.sla?.deadlines[0]?.dueAt;
      return due === undefined ? undefined : (due - at(0)) / 1000;
    };
    expect(dueOf({})).toBe(30);
    expect(dueOf({ priority: 10 })).toBe(5);
    expect(dueOf({ queueId: '22222222-2222-4222-8222-222222222222' })).toBeUndefined();
    expect(dueOf({ queueId: '33333333-3333-4333-8333-333333333333' })).toBeUndefined();
  });

  it('counts opening hours only', () => {
    const hours = { day: { timeZone: 'America/New_York', week: { mon: ['09:00-09:10'], tue: ['09:00-17:00'] } } };
    const life = lifeUnder({ hours, rules: [{ ...voice, withinSeconds: 900, hours: 'day' }] });
    // T0 is Monday 2026-03-02 09:00 in New York: ten minutes on Monday, five on Tuesday
    life.tell(waiting(0));
    expect(life.state?.sla?.deadlines[0]?.dueAt).toBe(at(24 * 3600 + 300));
  });
});

describe('a first response', () => {
  it('is waited for anew by who went away unanswered and comes back', () => {
    const life = lifeUnder({ rules: [response] });
    const mail = { media: 'email' } as const;
    life.tell(snapshot(0, customer({ ...connected(0), ...mail }), acd(0, mail)));
    life.tell(
      snapshot(30, customer({ ...ended(0, 30), ...mail }), acd(0, { ...mail, activity: 'ended', endedAt: at(30) })),
    );
    expect(life.state?.sla?.outcomes).toEqual({});
    life.tell(snapshot(5000, customer({ ...ended(0, 30), ...mail }), { ...acd(5000, mail), participantId: 'queue-2' }));
    expect(life.state?.phase).toBe('open');
    expect(life.state?.sla?.deadlines).toMatchObject([{ objective: 'firstResponse', dueAt: at(5060) }]);
  });

  it('is the first message of an agent after the customer’s', () => {
    const life = lifeUnder({ rules: [response] });
    const wrote = message('received', { id: 'c1', direction: 'inbound' });
    const guest = customer({ ...connected(0), media: 'message', messages: [wrote] });
    life.tell(snapshot(0, guest));
    life.tell(snapshot(20, guest, agent({ ...connected(20), media: 'message' })));
    expect(life.said('firstResponse')).toEqual([]);
    life.tell(
      snapshot(40, guest, agent({ ...connected(20), media: 'message', messages: [message('sent', { sent: 40 })] })),
    );
    expect(life.said('firstResponse')).toHaveLength(1);
    expect(life.said('firstResponse')[0]).toMatch(/^met/);
  });

  it('of a medium without messages is the connection', () => {
    const life = lifeUnder({ rules: [response] });
    const mail = { media: 'email' } as const;
    life.tell(snapshot(0, customer({ ...connected(0), ...mail }), acd(0, mail)));
    life.tell(snapshot(90, customer({ ...connected(0), ...mail }), acd(0, mail), agent({ ...connected(90), ...mail })));
    expect(life.said()[0]).toMatch(/^breached firstResponse .* by 30$/);
  });
});
