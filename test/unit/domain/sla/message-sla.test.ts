// The contract's result of one message, at and around its limits.
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../../src/domain/sla/facts.ts';
import { messageSla, worstStatus } from '../../../../src/domain/sla/message-sla.ts';
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
