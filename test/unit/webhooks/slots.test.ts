// Slots of a target: so many calls at once, and who waits is told when to look again.
import { expect, it } from 'vitest';
import { DeliverySlots } from '../../../src/sinks/webhooks/slots.ts';

it('lets so many through at a time, and a target’s troubles are its own', () => {
  const slots = new DeliverySlots(2, () => 0);
  const [one, two, three] = [slots.take('slow'), slots.take('slow'), slots.take('slow')];
  expect([one.kind, two.kind, three.kind]).toEqual(['taken', 'taken', 'busy']);
  expect(slots.take('other').kind).toBe('taken');
  if (one.kind === 'taken') one.release();
  expect(slots.take('slow').kind).toBe('taken');
});

it('spreads those that wait over the time their turn will take', () => {
  let now = 0;
  const slots = new DeliverySlots(2, () => now);
  for (let calls = 0; calls < 20; calls += 1) {
    const turn = slots.take('slow');
    now += 5000;
    if (turn.kind === 'taken') turn.release();
  }
  slots.take('slow');
  slots.take('slow');
  const waits = Array.from({ length: 100 }, () => slots.take('slow')).map((turn) =>
    turn.kind === 'busy' ? turn.waitMs : 0,
  );
  // two calls of five seconds at a time: one more every two and a half
  expect(waits[0]).toBeGreaterThan(2400);
  expect(waits[9]).toBeGreaterThan(24_000);
  expect(waits.at(-1)).toBe(60_000);
  // nobody has answered for a minute: whoever waits may wait longer
  now += 60_000;
  const later = slots.take('slow');
  expect(later.kind === 'busy' && later.waitMs > 29_000).toBe(true);
});
