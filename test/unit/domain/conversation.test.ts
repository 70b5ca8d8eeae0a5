// The conversation as a whole: start, end, late tail, reopening, media, queue, version, and what is left untouched.
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/domain/observation.ts';
import { reduce } from '../../../src/domain/conversation/reduce.ts';
import { PARTICIPANT_LIMIT } from '../../../src/domain/conversation/state.ts';
import { agent, at, connected, customer, detail, ended, reasons, snapshot, tell, tellFrom } from './build.ts';

const kinds = ({ events }: ReturnType<typeof tell>) => events.map(({ kind }) => kind);
const over = snapshot(61, customer(ended(0, 60)), agent(ended(10, 60.5)));
const transcription = (told: NonNullable<Observation['transcription']>): Observation => ({
  ...snapshot(90),
  source: 'transcription',
  eventTime: at(90),
  transcription: told,
});

describe('end of a conversation', () => {
  it('is not the end of an agent', () => {
    expect(tell(snapshot(61, customer(connected(0)), agent(ended(10, 60)))).state.phase).toBe('open');
  });

  it('waits for every customer and for everybody live', () => {
    const second = { ...customer(connected(5)), participantId: 'customer-2', purpose: 'external' };
    expect(tell(snapshot(61, customer(ended(0, 60)), second)).state.phase).toBe('open');
    expect(tell(snapshot(61, customer(ended(0, 60)), agent(connected(10)))).state.phase).toBe('open');
    expect(tell(snapshot(61, customer(ended(0, 60)), agent({ activity: 'alerting' }))).state.phase).toBe('open');
    expect(tell(over).state).toMatchObject({ phase: 'ended', endedAt: at(60.5) });
  });

  it('is told once, at the latest end', () => {
    const told = tell(snapshot(1, customer(connected(0))), over, over);
    expect(told.events.filter(({ kind }) => kind === 'conversation.ended')).toEqual([
      { kind: 'conversation.ended', at: at(60.5) },
    ]);
  });

  it('of agents among themselves shows only in a snapshot, which lists everybody', () => {
    const one = agent({ endedAt: at(60), connectedAt: at(1) });
    expect(tell(detail(60, one)).state.phase).toBe('open');
    expect(tell(snapshot(61, agent(ended(1, 60)))).state.phase).toBe('ended');
  });

  it('lets the late tail land without reopening', () => {
    const work = { phase: 'complete', startedAt: at(60.5), endedAt: at(80) } as const;
    const tail = snapshot(
      81,
      customer(ended(0, 60)),
      agent({ ...ended(10, 60.5), afterCallWork: work, wrapUpCode: 'ok' }),
    );
    const told = tellFrom(tell(over).state, tail, transcription({ lastUtteranceAt: at(59), ended: true }));
    expect(kinds(told)).toEqual([
      'after-call-work.started',
      'after-call-work.completed',
      'wrap-up.set',
      'transcription.ended',
    ]);
    expect(told.state).toMatchObject({ phase: 'ended', endedAt: at(60.5), asOf: at(90) });
  });
});

describe('reopening', () => {
  it('takes somebody live whom we did not know', () => {
    const told = tellFrom(tell(over).state, snapshot(70, agent(connected(69), 'agent-2')));
    expect(told.state.phase).toBe('open');
    expect(told.state.endedAt).toBeUndefined();
    expect(kinds(told)).toEqual(['participant.moved', 'conversation.reopened']);
  });

  it('does not follow from a snapshot that is proven old', () => {
    const old = snapshot(70, customer(connected(0)), agent({ activity: 'alerting' }, 'agent-0'));
    const told = tellFrom(tell(over).state, old);
    expect(told.state.phase).toBe('ended');
    expect(reasons(told)).toEqual(['stale']);
  });

  it('does not follow from somebody pending', () => {
    const later = snapshot(70, { ...customer({ activity: 'scheduled' }), participantId: 'customer-2' });
    expect(tellFrom(tell(over).state, later).state.phase).toBe('ended');
  });
});

describe('media', () => {
  const callback = (facts: Parameters<typeof agent>[0]) => agent({ ...facts, media: 'callback' });

  it('is that of the conversation’s purpose, in any order', () => {
    const call = snapshot(1, customer(connected(0)));
    const purpose = snapshot(2, callback(connected(1)));
    expect(tell(call, purpose).state.media).toBe('callback');
    expect(tell(purpose, call).state.media).toBe('callback');
  });

  it('keeps the end of a callback’s own call from being the end of the agent', () => {
    const call = detail(30, agent({ connectedAt: at(20), endedAt: at(30), queueId: 'queue-1' }));
    const told = tell(snapshot(10, callback(connected(5))), call);
    expect(told.state.participants['agent-1']).toMatchObject({ state: 'active', connectedAt: at(5) });
    expect(told.state.queueId).toBe('queue-1');
  });
});

describe('bookkeeping', () => {
  it('starts at the earliest time known', () => {
    const told = tell(
      snapshot(20, agent(connected(10))),
      snapshot(21, customer({ ...connected(1), joinedAt: at(0.5) })),
    );
    expect(told.state).toMatchObject({ startedAt: at(0.5), asOf: at(10) });
    expect(tell(snapshot(20, customer({ activity: 'scheduled' }))).state.startedAt).toBe(at(20));
  });

  it('counts effective changes and returns the same object for none', () => {
    const first = tell(snapshot(1, customer(connected(0))));
    const again = reduce(first.state, snapshot(2, customer(connected(0))));
    expect(again.state).toBe(first.state);
    expect(again).toMatchObject({ changed: false, events: [] });
    expect(reasons(again)).toEqual(['duplicate']);
    expect(tellFrom(first.state, over).state.version).toBe(2);
  });

  it('leaves untouched participants the same objects', () => {
    const before = tell(snapshot(1, customer(connected(0)), agent({ activity: 'alerting' }))).state;
    const after = reduce(before, snapshot(12, customer(connected(0)), agent(connected(10)))).state;
    expect(after.participants['customer-1']).toBe(before.participants['customer-1']);
    expect(before.participants['agent-1']?.state).toBe('joined');
  });

  it('is in the queue of whoever handled it last', () => {
    const told = tell(
      snapshot(30, customer({ ...connected(0), queueId: 'q0' }), agent({ ...connected(20), queueId: 'q2' }, 'agent-2')),
      snapshot(31, agent({ ...ended(5, 15), queueId: 'q1' })),
    );
    expect(told.state.queueId).toBe('q2');
  });

  it('takes direction from the customer’s leg', () => {
    const told = tell(
      snapshot(1, agent({ ...connected(1), direction: 'outbound' }), customer({ direction: 'inbound' })),
    );
    expect(told.state.direction).toBe('inbound');
  });

  it('takes in no more participants than its limit, and says so', () => {
    const crowd = Array.from({ length: PARTICIPANT_LIMIT }, (_, index) => agent(connected(1), `agent-${index}`));
    const told = tell(snapshot(1, ...crowd), snapshot(2, agent(connected(2), 'one-more')));
    expect(Object.keys(told.state.participants)).toHaveLength(PARTICIPANT_LIMIT);
    expect(reasons(told)).toEqual(['over_limit']);
  });

  it('is begun by a transcription, which is of a voice call', () => {
    const told = tell(transcription({ ended: false }), transcription({ lastUtteranceAt: at(95), ended: false }));
    expect(told.state).toMatchObject({ media: 'voice', startedAt: at(90), asOf: at(95), version: 2 });
  });
});
