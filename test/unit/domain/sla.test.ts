// Message SLA: the contract's numbers at and around their limits.
import { describe, expect, it } from 'vitest';
import { messageSla, worstStatus } from '../../../src/domain/sla.ts';
import { at } from './build.ts';

const sent = { direction: 'outbound', sentAt: at(0) } as const;

describe('messageSla', () => {
  it('is missing its receipt until the deadline, a breach after it', () => {
    const none = { deliverySeconds: null, readSeconds: null };
    expect(messageSla(sent, at(300))).toEqual({
      status: 'missing_receipt',
      deliveryBreach: false,
      readBreach: false,
      metrics: none,
    });
    expect(messageSla(sent, at(300.001))).toEqual({
      status: 'breach',
      deliveryBreach: true,
      readBreach: false,
      metrics: none,
    });
  });

  it('judges delivery by its receipt, not by now', () => {
    expect(messageSla({ ...sent, deliveredAt: at(300) }, at(900))).toEqual({
      status: 'compliant',
      deliveryBreach: false,
      readBreach: false,
      metrics: { deliverySeconds: 300, readSeconds: null },
    });
    expect(messageSla({ ...sent, deliveredAt: at(301) }, at(301))).toMatchObject({
      status: 'breach',
      deliveryBreach: true,
      readBreach: false,
    });
  });

  it('judges reading of what went out', () => {
    const delivered = { ...sent, deliveredAt: at(5) };
    expect(messageSla({ ...delivered, readAt: at(1800) }, at(9000)).status).toBe('compliant');
    expect(messageSla({ ...delivered, readAt: at(1801) }, at(9000))).toMatchObject({
      status: 'breach',
      readBreach: true,
    });
    expect(messageSla(delivered, at(1800)).status).toBe('compliant');
    expect(messageSla(delivered, at(1801))).toMatchObject({
      status: 'breach',
      deliveryBreach: false,
      readBreach: true,
    });
  });

  it('expects no reading of what came in', () => {
    expect(messageSla({ direction: 'inbound', sentAt: at(0), deliveredAt: at(0) }, at(9000)).status).toBe('compliant');
  });

  it('takes what is read as delivered, and a receipt before its message as immediate', () => {
    expect(messageSla({ ...sent, readAt: at(60) }, at(61)).metrics).toEqual({ deliverySeconds: 60, readSeconds: 60 });
    expect(messageSla({ ...sent, deliveredAt: at(-1) }, at(1)).metrics.deliverySeconds).toBe(0);
  });

  it('takes other rules', () => {
    expect(messageSla(sent, at(11), { deliverySeconds: 10, readSeconds: 20 }).deliveryBreach).toBe(true);
  });
});

describe('worstStatus', () => {
  it.each([
    [[], null],
    [['compliant'], 'compliant'],
    [['missing_receipt', 'compliant'], 'missing_receipt'],
    [['compliant', 'breach', 'missing_receipt'], 'breach'],
  ] as const)('%j: %s', (statuses, worst) => {
    expect(worstStatus(statuses)).toBe(worst);
  });
});
