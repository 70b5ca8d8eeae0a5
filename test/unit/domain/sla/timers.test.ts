// The one timer of a conversation: set, moved and taken away as its promises move, and what it may ring for.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversationStateSchema } from '../../../../src/domain/conversation/state.ts';
import { at } from '../build.ts';
import { check } from '../property.ts';
import { Life, message, thread } from './life.ts';

describe('timers', () => {
  it('a clock that tells of an unknown conversation begins none', () => {
    const life = new Life();
    expect(life.ring(5).changed).toBe(false);
    expect(life.state).toBeUndefined();
  });

  it('a deadline that has passed before it was told is set all the same, and rings at once', () => {
    const life = new Life();
    life.tell(thread(5000, message('sent', { sent: -4000 })));
    expect([...life.timers.values()]).toEqual([at(-4000 + 240)]);
    // one ring at the hour it really is settles both
    life.ring(5000);
    expect(life.said().filter((text) => text.startsWith('breached'))).toHaveLength(2);
  });

  it('there is one at most: moved to earlier at once, to later by an idle ring, taken away when nothing is waited for', () => {
    const life = new Life();
    const due = (): number[] => [...life.timers.values()].map((time) => (time - at(0)) / 1000);
    life.tell(thread(0, message('sent')));
    expect(due()).toEqual([240]);
    life.tell(thread(5, message('delivery-success')));
    expect(due()).toEqual([240]);
    life.until(300);
    expect(due()).toEqual([1440]);
    expect(life.said()).toEqual(['met messageDelivery @5']);
    life.tell(thread(400, message('delivery-success'), message('sent', { id: 'm2', sent: 400 })));
    expect(due()).toEqual([640]);
    life.tell(thread(410, message('read'), message('read', { id: 'm2', sent: 400 })));
    expect(due()).toEqual([]);
  });

  it('one that was lost is set again by the next change long after its hour', () => {
    const life = new Life();
    life.tell(thread(0, message('sent')));
    life.timers.clear();
    life.tell(thread(500, message('sent'), message('sent', { id: 'm2', sent: 499 })));
    expect(life.timers.size).toBe(0);
    life.tell(
      thread(600, message('sent'), message('sent', { id: 'm2', sent: 499 }), message('sent', { id: 'm3', sent: 599 })),
    );
    expect([...life.timers.values()]).toEqual([at(240)]);
    life.ring(601);
    expect(life.said('messageDelivery')).toEqual(['breached messageDelivery @601 by 301']);
  });

  interface Step {
    readonly second: number;
    readonly do: 'send' | 'deliver' | 'read' | 'ring' | 'repeat';
    readonly which: number;
  }
  const steps = fc.array(
    fc.record({
      second: fc.integer({ min: 0, max: 4000 }),
      do: fc.constantFrom('send', 'deliver', 'read', 'ring', 'repeat'),
      which: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 30 },
  );

  function play(life: Life, all: readonly Step[]): void {
    const sent = new Map<number, { sent: number; status: 'sent' | 'delivery-success' | 'read' }>();
    let clock = 0;
    let last = thread(0);
    for (const { second, do: what, which } of all.toSorted((a, b) => a.second - b.second)) {
      life.until(second);
      clock = second;
      const known = sent.get(which);
      if (what === 'ring') life.ring(clock);
      else if (what === 'repeat') life.tell(last);
      else {
        if (known === undefined) sent.set(which, { sent: clock, status: 'sent' });
        else if (what === 'deliver' && known.status === 'sent') known.status = 'delivery-success';
        else if (what === 'read') known.status = 'read';
        last = thread(
          clock,
          ...[...sent].map(([id, { sent: sentAt, status }]) => message(status, { id: `m${id}`, sent: sentAt })),
        );
        life.tell(last);
      }
    }
    life.until(1_000_000);
  }

  it('whatever comes and rings: every deadline is settled, at most one breach an objective, one timer at a time', () => {
    const property = fc.property(steps, (all) => {
      const life = new Life();
      play(life, all);
      for (const objective of ['messageDelivery', 'messageRead'] as const) {
        expect(life.said(objective).filter((text) => text.startsWith('breached')).length).toBeLessThanOrEqual(1);
        const late = Object.values(life.state?.participants ?? {}).flatMap(({ messages = {} }) =>
          Object.values(messages).filter(({ sentAt, deliveredAt, readAt }) =>
            objective === 'messageRead'
              ? (readAt ?? Number.POSITIVE_INFINITY) > sentAt + 1_800_000
              : (deliveredAt ?? Number.POSITIVE_INFINITY) > sentAt + 300_000,
          ),
        );
        expect(life.state?.sla?.outcomes[objective] === 'breach').toBe(late.length > 0);
      }
      expect(life.timers.size).toBe(0);
      expect(new Set(life.used).size).toBe(life.used.length);
      if (life.state) expect(conversationStateSchema.parse(life.state)).toStrictEqual(life.state);
      if (life.state) expect(life.ring(2_000_000).changed).toBe(false);
    });
    check('promises', property, 1000);
  });
});
