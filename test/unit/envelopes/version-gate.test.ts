// The version gate: what is told late changes facts at most, never the course.
import { describe, expect, it } from 'vitest';
import type { ConversationState } from '../../../src/domain/conversation/state.ts';
import { play, type Told } from './play.ts';

describe('the version gate', () => {
  const who = { participantId: 'agent-1', purpose: 'agent' };
  const customer = { participantId: 'customer-1', purpose: 'customer' };
  const bare = (verb: string, payload: object) => ({ eventType: `participant:${verb}`, conversationId: 'c1', payload });
  const inOrder: readonly Told[] = [
    [1, bare('joined', { ...customer, version: 1 })],
    [2, bare('connected', { ...customer, version: 2 })],
    [3, bare('joined', { ...who, version: 3 })],
    [4, bare('connected', { ...who, version: 4 })],
    [5, bare('left', { ...who, version: 5 })],
    [6, bare('left', { ...customer, version: 6 })],
  ];
  const states = ({ phase, participants }: ConversationState) => [
    phase,
    ...Object.entries(participants).map(([id, { state }]) => `${id} ${state}`).sort(), // prettier-ignore
  ];

  it('keeps a version per participant and per conversation', () => {
    const state = play(inOrder);
    expect(state.toldVersion).toBe(6);
    expect(state.participants['agent-1']?.toldVersion).toBe(5);
  });

  it('ends the same whichever event comes late, even without times', () => {
    for (const [index] of inOrder.entries()) {
      const late = inOrder.filter((_, i) => i !== index);
      const again = inOrder[index]?.[1] ?? {};
      expect(states(play([...late, [60, again]])), `event ${index} late`).toEqual(states(play(inOrder)));
      expect(states(play([...inOrder, [60, again]])), `event ${index} twice`).toEqual(states(play(inOrder)));
    }
  });

  it('control: without versions a late beginning reopens what is over', () => {
    const unversioned = inOrder.map(([seconds, event]): Told => {
      const { payload, ...rest } = event as ReturnType<typeof bare>;
      return [seconds, { ...rest, payload: { ...payload, version: undefined } }];
    });
    const late = [
      ...unversioned.filter((_, i) => i !== 2 && i !== 3 && i !== 4),
      [60, unversioned[2]?.[1] ?? {}],
    ] as const;
    expect(play(late).phase).toBe('open');
    const versioned = [
      ...inOrder.filter((_, i) => i !== 2 && i !== 3 && i !== 4),
      [60, inOrder[2]?.[1] ?? {}],
    ] as const;
    expect(play(versioned).phase).toBe('ended');
  });
});
