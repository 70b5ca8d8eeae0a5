// The contact centre is the same for the same seed and names nobody real; the roster does not share out busy agents.
import { describe, expect, it } from 'vitest';
import { createCentre } from '../../../src/emulator/centre/centre.ts';
import { createRoster } from '../../../src/emulator/centre/roster.ts';
import { createIds, idOf } from '../../../src/emulator/ids.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('contact centre', () => {
  it('is a function of its seed', () => {
    expect(createCentre(7)).toEqual(createCentre(7));
    expect(createCentre(8).queues[0]?.id).not.toBe(createCentre(7).queues[0]?.id);
  });

  it('uses reserved domains and numbers only, and no customer shares one', () => {
    const { customers, users } = createCentre(1);
    for (const { phone } of customers) expect(phone).toMatch(/^\+1\d{3}55501\d{2}$/);
    for (const { email } of [...customers, ...users]) expect(email).toMatch(/@(agents\.)?example\.com$/);
    expect(new Set(customers.map(({ phone }) => phone)).size).toBe(customers.length);
    expect(new Set(customers.map(({ email }) => email)).size).toBe(customers.length);
  });

  it('staffs every queue', () => {
    const { queues, users } = createCentre(1);
    for (const { id } of queues)
      expect(users.filter(({ queueIds }) => queueIds.includes(id)).length).toBeGreaterThan(4);
  });
});

describe('ids', () => {
  it('look like UUIDs and differ by namespace', () => {
    const ids = createIds('run', 1);
    const made = Array.from({ length: 1000 }, () => ids());
    for (const id of made) expect(id).toMatch(UUID);
    expect(new Set(made).size).toBe(1000);
    expect(createIds('run', 1)()).toBe(made[0]);
    expect(idOf('run', 2, 1)).not.toBe(made[0]);
  });
});

describe('roster', () => {
  const centre = createCentre(1);
  const [queue] = centre.queues;
  if (queue === undefined) throw new Error('no queue');
  const members = centre.users.filter(({ queueIds }) => queueIds.includes(queue.id));

  it('gives an agent one call at a time', () => {
    const roster = createRoster(centre);
    const claimed = members.map(() => roster.claim(queue, 'voice')?.id);
    expect(new Set(claimed).size).toBe(members.length);
    expect(roster.claim(queue, 'voice')).toBeUndefined();
    const [first] = members;
    if (first !== undefined) roster.release(first, 'voice');
    expect(roster.claim(queue, 'voice')?.id).toBe(first?.id);
  });

  it('gives an agent four messages, more only on insistence, and never the one left out', () => {
    const roster = createRoster(centre);
    const claimed = members.flatMap(() => [1, 2, 3, 4].map(() => roster.claim(queue, 'message')));
    expect(claimed).not.toContain(undefined);
    expect(roster.claim(queue, 'message')).toBeUndefined();
    const [first] = members;
    const insisted = roster.claim(queue, 'message', { insist: true, except: first?.id });
    expect(insisted).toBeDefined();
    expect(insisted?.id).not.toBe(first?.id);
  });
});
