// What one participant's facts prove: evidence-based moves, monotone times, stale, illegal and unknown claims.
import { describe, expect, it } from 'vitest';
import {
  agent,
  at,
  connected,
  customer,
  detail,
  ended,
  held,
  moves,
  reasons,
  snapshot,
  tell,
  tellFrom,
} from './build.ts';

const on = (facts: Parameters<typeof agent>[0], seconds = 100) => snapshot(seconds, agent(facts));
const ringing = { activity: 'alerting' } as const;

describe('moves follow the evidence', () => {
  it('goes through active when a snapshot shows a call that was connected and is over', () => {
    expect(moves(tell(on(ringing, 5), on(ended(10, 60))))).toEqual([
      'pending -> joined @5',
      'joined -> active @10',
      'active -> left @60',
    ]);
  });

  it('fails without active when it was never connected', () => {
    const told = tell(on(ringing, 5), on(ended(undefined, 30)));
    expect(moves(told)).toEqual(['pending -> joined @5', 'joined -> failed @30']);
  });

  it('says joined only where its time is known', () => {
    expect(moves(tell(on(connected(10))))).toEqual(['pending -> active @10']);
    expect(moves(tell(on({ ...connected(10), joinedAt: at(4) })))).toEqual([
      'pending -> joined @4',
      'joined -> active @10',
    ]);
  });

  it('takes a hold as proof of a connection', () => {
    expect(moves(tell(on({ activity: 'held', heldSince: at(20) })))).toEqual([
      'pending -> active @20',
      'active -> held @20',
    ]);
  });

  it('uses the time of arrival for a change without a time, never before what preceded it', () => {
    const told = tell(on(connected(10), 11), on({ activity: 'ended' }, 9));
    expect(moves(told)).toEqual(['pending -> active @10', 'active -> left @10']);
    expect(told.state.participants['agent-1']?.endedAt).toBeUndefined();
  });

  it('corrects failed to left when the connection becomes known after the end', () => {
    const told = tell(detail(60, agent({ endedAt: at(60) })), on(ended(10, 60)));
    expect(moves(told)).toEqual(['pending -> failed @60', 'failed -> left @60']);
  });

  it('believes facts without a claim, forwards only', () => {
    const told = tell(on(held(10, 20)), detail(5, agent({ joinedAt: at(5), connectedAt: at(10) })));
    expect(told.state.participants['agent-1']?.state).toBe('held');
    expect(told.state.participants['agent-1']?.joinedAt).toBe(at(5));
    expect(reasons(told)).toEqual([]);
  });
});

describe('times are monotone facts', () => {
  it('keeps the earliest report of each, in any order', () => {
    const early = on({ ...ended(10, 60), joinedAt: at(4) });
    const late = on({ ...ended(10.2, 60.3), joinedAt: at(4.1) });
    for (const told of [tell(early, late), tell(late, early)]) {
      expect(told.state.participants['agent-1']).toMatchObject({
        joinedAt: at(4),
        connectedAt: at(10),
        endedAt: at(60),
      });
    }
  });

  it('does not take an end before the connection for the end', () => {
    const told = tell(on(connected(40)), detail(30, agent({ endedAt: at(30), disconnectType: 'timeout' })));
    expect(told.state.participants['agent-1']).toMatchObject({ state: 'active', connectedAt: at(40) });
    expect(told.state.participants['agent-1']?.disconnectType).toBeUndefined();
    expect(told.state.participants['agent-1']?.endedAt).toBeUndefined();
  });

  it('never loses what a later source leaves out', () => {
    const full = on({
      ...ended(10, 60),
      disconnectType: 'peer',
      wrapUpCode: 'sold',
      wrapUpAt: at(80),
      afterCallWork: { phase: 'complete', startedAt: at(60), endedAt: at(80) },
    });
    const told = tell(full, on({ activity: 'ended' }));
    expect(told.changed).toBe(false);
    expect(reasons(told)).toEqual(['duplicate']);
  });

  it('lets the later wrap-up stand, whichever arrives first', () => {
    const first = on({ ...ended(10, 60), wrapUpCode: 'wrong', wrapUpAt: at(70) });
    const corrected = on({ ...ended(10, 60), wrapUpCode: 'right', wrapUpAt: at(90) });
    expect(tell(first, corrected).state.participants['agent-1']?.wrapUpCode).toBe('right');
    expect(tell(corrected, first).state.participants['agent-1']?.wrapUpCode).toBe('right');
  });
});

describe('stale claims change nothing that is not monotone', () => {
  it.each([
    ['alive after its end', on(ended(10, 60)), on(connected(10)), 'left'],
    ['alerting after its connection', on(connected(10)), on(ringing), 'active'],
    ['scheduled after alerting', on(ringing), on({ activity: 'scheduled' }), 'joined'],
    ['alerting after it failed', on(ended(undefined, 30)), on(ringing), 'failed'],
    ['on hold after its end', on(ended(10, 60)), on(held(10, 20)), 'left'],
  ] as const)('%s', (_, now, late, state) => {
    const told = tell(now, late);
    expect(reasons(told)).toEqual(['stale']);
    expect(told.state.participants['agent-1']?.state).toBe(state);
    expect(moves(told)).toEqual(moves(tell(now)));
  });

  it('after-call work pending after complete', () => {
    const complete = on({ ...ended(10, 60), afterCallWork: { phase: 'complete', startedAt: at(60), endedAt: at(80) } });
    const pending = on({ ...ended(10, 60), afterCallWork: { phase: 'pending', startedAt: at(60) } });
    const told = tell(complete, pending);
    expect(reasons(told)).toEqual(['stale']);
    expect(told.state.participants['agent-1']?.afterCallWork).toBe('complete');
  });

  it('still takes a fact that was not known', () => {
    const told = tell(on(ended(10, 60)), on({ ...connected(10), joinedAt: at(4) }));
    expect(told.state.participants['agent-1']).toMatchObject({ state: 'left', joinedAt: at(4) });
    expect(told.changed).toBe(true);
  });
});

describe('holds', () => {
  it('does not take connected, held, connected again for repeats', () => {
    const told = tell(on(connected(10), 11), on(held(10, 20), 21), on(connected(10), 31), on(held(10, 40), 41));
    expect(moves(told)).toEqual([
      'pending -> active @10',
      'active -> held @20',
      'held -> active @31',
      'active -> held @40',
    ]);
    expect(told.state.participants['agent-1']?.heldMs).toBe(11_000);
    expect(reasons(told)).toEqual([]);
  });

  it('refuses a late copy of a hold that was left', () => {
    const told = tell(on(held(10, 20), 21), on(connected(10), 31), on(held(10, 20), 32));
    expect(reasons(told)).toEqual(['stale']);
    expect(told.state.participants['agent-1']?.state).toBe('active');
  });

  it('follows a later hold whose resume was missed, and refuses an earlier one', () => {
    const later = tell(on(held(10, 20)), on(held(10, 40)));
    expect(later.state.participants['agent-1']).toMatchObject({ state: 'held', since: at(40), heldSince: at(40) });
    expect(reasons(tellFrom(later.state, on(held(10, 20))))).toEqual(['stale']);
  });

  it('is not resumed by a snapshot that another participant proves old', () => {
    const now = snapshot(50, agent(held(10, 40)), agent(connected(45), 'agent-2'));
    const old = snapshot(51, agent(connected(10)), agent(ringing, 'agent-2'));
    const told = tell(now, old);
    expect(told.state.participants['agent-1']?.state).toBe('held');
    expect(reasons(told)).toEqual(['stale', 'stale']);
  });
});

describe('illegal and unknown claims', () => {
  it('refuses to revive who has left, even with new evidence', () => {
    const told = tell(on(ended(10, 60)), on({ ...connected(70), joinedAt: at(65), queueId: 'queue-9' }));
    expect(reasons(told)).toEqual(['illegal']);
    expect(told.refusals[0]).toEqual({ reason: 'illegal', participantId: 'agent-1', from: 'left', to: 'active' });
    expect(told.changed).toBe(false);
  });

  it('takes a purpose implied by a topic’s name only until a snapshot states it', () => {
    const implied = detail(5, agent({ joinedAt: at(5), purpose: 'user' }));
    expect(tell(implied, on(connected(10))).state.participants['agent-1']?.purpose).toBe('agent');
    expect(tell(on(connected(10)), implied).state.participants['agent-1']?.purpose).toBe('agent');
  });

  it('says when the platform speaks of a state we do not know', () => {
    const told = tell(on(connected(10)), on({ activity: 'unknown' }));
    expect(told.refusals).toEqual([{ reason: 'unknown_state', participantId: 'agent-1', from: 'active', to: null }]);
    expect(told.changed).toBe(false);
  });

  it('is not confused by an id that Object knows', () => {
    const told = tell(snapshot(1, agent(connected(10), 'constructor')), snapshot(2, customer(connected(0))));
    expect(Object.keys(told.state.participants)).toEqual(['constructor', 'customer-1']);
  });
});
