// The contract's result of one message, at and around its limits.
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../../src/domain/sla/facts.ts';
import type { Observation } from '../../../../src/domain/observation.ts';
import { crmRecords } from '../../../../src/domain/crm-record.ts';
import { messageSla, worstStatus } from '../../../../src/domain/sla/message-sla.ts';
import { DEFAULT_SLA_RULES } from '../../../../src/domain/sla/rules.ts';
import { at } from '../build.ts';
import { Life, lifeUnder, message, thread } from './life.ts';

function resultOf(life: Life) {
  const { state } = life;
  const found = state && messageOf(state, 'm1');
  if (!state || !found) throw new Error('the message is not known');
  return messageSla(found, 'm1', state.sla);
}

function lived(...steps: readonly ((life: Life) => unknown)[]): Life {
  const life = new Life();
  for (const step of [(one: Life) => one.tell(thread(0, message('sent'))), ...steps]) step(life);
  return life;
}

describe('messageSla', () => {
  it('is missing its receipt until the deadline, a breach after it', () => {
    const metrics = { deliverySeconds: null, readSeconds: null };
    const missing = { status: 'missing_receipt', deliveryBreach: false, readBreach: false, metrics };
    expect(resultOf(lived((life) => life.ring(300)))).toEqual(missing);
    expect(resultOf(lived((life) => life.ring(300.001)))).toEqual({
      ...missing,
      status: 'breach',
      deliveryBreach: true,
    });
  });

  it('judges delivery by its receipt, not by the hour', () => {
    const inTime = lived(
      (life) => life.tell(thread(300, message('delivery-success'))),
      (life) => life.ring(900),
    );
    expect(resultOf(inTime)).toEqual({
      status: 'compliant',
      deliveryBreach: false,
      readBreach: false,
      metrics: { deliverySeconds: 300, readSeconds: null },
    });
    const late = lived((life) => life.tell(thread(301, message('delivery-success'))));
    expect(resultOf(late)).toMatchObject({ status: 'breach', deliveryBreach: true, readBreach: false });
  });

  it('judges reading of what went out', () => {
    const delivered = (life: Life) => life.tell(thread(5, message('delivery-success')));
    expect(resultOf(lived(delivered, (life) => life.tell(thread(1800, message('read'))))).status).toBe('compliant');
    expect(resultOf(lived(delivered, (life) => life.tell(thread(1801, message('read')))))).toMatchObject({
      status: 'breach',
      deliveryBreach: false,
      readBreach: true,
      metrics: { deliverySeconds: 5, readSeconds: 1801 },
    });
    expect(resultOf(lived(delivered, (life) => life.ring(1800))).status).toBe('compliant');
    expect(resultOf(lived(delivered, (life) => life.ring(1801))).readBreach).toBe(true);
  });

  it('takes other rules', () => {
    const life = lifeUnder({ rules: [{ objective: 'messageDelivery', withinSeconds: 10 }] });
    life.tell(thread(0, message('sent')));
    life.ring(11);
    expect(resultOf(life).deliveryBreach).toBe(true);
  });
});

describe('a receipt after its deadline', () => {
  /** What the CRM is told of this step: the message's result, and the conversation's of the objective. */
  const recordsOf = (life: Life, observation: Observation) => {
    const [conversation, ofMessage] = crmRecords(life.tell(observation), DEFAULT_SLA_RULES);
    return { conversation: conversation?.sla, message: ofMessage?.sla };
  };
  /** As an envelope tells it: with its own time. */
  const receipt = (second: number, deliveredAt: number): Observation =>
    thread(second, { ...message('delivery-success'), deliveredAt: at(deliveredAt) });

  it('takes no breach back, and both records then say by how much', () => {
    const life = lived((one) => one.until(400));
    const told = recordsOf(life, thread(420, message('delivery-success')));
    expect(told.message).toEqual({
      status: 'breach',
      deliveryBreach: true,
      readBreach: false,
      metrics: { deliverySeconds: 420, readSeconds: null },
      lateBy: { deliverySeconds: 120, readSeconds: null },
    });
    expect(told.conversation).toMatchObject({ messageDelivery: { outcome: 'breach', bySeconds: 120 } });
  });

  it('is told of by the deadline alone until it comes', () => {
    const life = new Life();
    life.tell(thread(0, message('sent')));
    const told = recordsOf(life, { ...thread(301), source: 'clock', participants: [] });
    expect(told.message).toMatchObject({ status: 'breach', lateBy: { deliverySeconds: null, readSeconds: null } });
    expect(told.conversation).toMatchObject({ messageDelivery: { outcome: 'breach', bySeconds: null } });
  });

  it('that says it was in time after all leaves a breach of no second', () => {
    const life = lived((one) => one.until(400));
    const told = recordsOf(life, receipt(420, 12));
    expect(told.message).toMatchObject({
      deliveryBreach: true,
      metrics: { deliverySeconds: 12 },
      lateBy: { deliverySeconds: 0 },
    });
  });

  it('of a message first heard of now breaks nothing when it does not say when, and does when it says so', () => {
    const learnt = new Life();
    learnt.tell(thread(5000, message('read')));
    learnt.until(20_000);
    expect([learnt.said(), learnt.state?.sla]).toEqual([[], undefined]);
    const told = new Life();
    told.tell(receipt(5000, 400));
    expect(told.said('messageDelivery')).toEqual(['breached messageDelivery @400 by 100']);
    const none = new Life();
    none.tell(thread(5000, message('sent')));
    none.until(5001);
    expect(none.said().filter((text) => text.startsWith('breached'))).toHaveLength(2);
  });
});

describe('worstStatus', () => {
  const of = (...steps: readonly ((life: Life) => unknown)[]): unknown => {
    const { state } = lived(...steps);
    const messages = Object.values(state?.participants ?? {}).flatMap((one) => Object.values(one.messages ?? {}));
    return worstStatus(messages, state?.sla);
  };

  it('is that of the worst message, and null of none', () => {
    expect(worstStatus([], undefined)).toBeNull();
    expect(of()).toBe('missing_receipt');
    expect(of((life) => life.tell(thread(5, message('delivery-success'))))).toBe('compliant');
    expect(of((life) => life.ring(400))).toBe('breach');
  });

  it('counts objectives without messages', () => {
    expect(worstStatus([], { deadlines: [], outcomes: { voiceAnswer: 'met' } })).toBe('compliant');
    expect(worstStatus([], { deadlines: [], outcomes: { voiceAnswer: 'breach' } })).toBe('breach');
    expect(worstStatus([], { deadlines: [], outcomes: { voiceAnswer: 'pending' } })).toBeNull();
  });
});
