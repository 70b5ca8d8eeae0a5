// An hour of every scenario: each frame has the shape the official SDK declares, snapshots never contradict an earlier
// one, and the same seed and epoch tell the same hour byte for byte.
import { beforeAll, describe, expect, it } from 'vitest';
import type { ConversationSnapshot, Participant } from '../../../src/emulator/conversation/snapshot.ts';
import { declaredBy, frameProblems } from '../../support/event-schemas.ts';
import { EPOCH, playOut, tellStory, type Story, type Told } from './story.ts';

const SEED = 20_260_302;
const HOUR = 3_600_000;

const bodyOf = (frame: string): ConversationSnapshot =>
  (JSON.parse(frame) as { eventBody: ConversationSnapshot }).eventBody;

function anHour(seed: number, epoch = EPOCH): Story {
  const story = tellStory({ seed, epoch, conversationsPerMinute: 24 });
  story.timeline.runUntil(epoch + HOUR);
  story.driver.setRate(0);
  playOut(story);
  return story;
}

describe(`an emulated hour, seed ${SEED}`, () => {
  let story: Story;
  let histories: Map<string, ConversationSnapshot[]>;
  beforeAll(() => {
    story = anHour(SEED);
    histories = new Map();
    for (const { frame } of story.told) {
      const body = bodyOf(frame);
      histories.set(body.id, [...(histories.get(body.id) ?? []), body]);
    }
  });
  const participants = (): Participant[] =>
    [...histories.values()].flatMap((snapshots) => snapshots.at(-1)?.participants ?? []);

  it(`sends frames that ${declaredBy} declares, every one`, () => {
    expect(story.told.length).toBeGreaterThan(10_000);
    const problems = story.told.flatMap(({ frame }) => frameProblems(JSON.parse(frame)));
    expect([...new Set(problems)]).toEqual([]);
  });

  it('plays every scene there is', () => {
    const seen = new Set(participants().flatMap((one) => describeParticipant(one)));
    const stories = [...histories.values()].flat();
    if (stories.some(({ recentTransfers }) => recentTransfers?.[0]?.destination.userId !== undefined))
      seen.add('to agent');
    if (stories.some(({ recentTransfers }) => recentTransfers?.[0]?.destination.address !== undefined))
      seen.add('to queue');
    for (const one of stories.flatMap((snapshot) => snapshot.participants))
      momentsOf(one).forEach((moment) => seen.add(moment));
    expect([...seen].toSorted()).toEqual(EVERYTHING.toSorted());
  });

  it('never contradicts an earlier snapshot', () => {
    for (const snapshots of histories.values()) {
      for (let n = 1; n < snapshots.length; n += 1) expect(contradictions(snapshots[n - 1], snapshots[n])).toEqual([]);
    }
  });

  it('keeps an agent to one call or callback at a time', () => {
    const spells = participants()
      .filter(({ purpose, connectedTime }) => purpose === 'agent' && connectedTime !== undefined)
      .filter(({ calls, callbacks }) => (calls ?? callbacks) !== undefined)
      .map(({ userId, connectedTime, endAcwTime }) => ({ userId, from: connectedTime ?? '', to: endAcwTime ?? '' }))
      .toSorted((a, b) => (a.from < b.from ? -1 : 1));
    const busyUntil = new Map<string | undefined, string>();
    for (const { userId, from, to } of spells) {
      expect(from >= (busyUntil.get(userId) ?? '')).toBe(true);
      busyUntil.set(userId, to);
    }
    expect(spells.length).toBeGreaterThan(300);
  });

  it('sends a change to overlapping topics with the same body and another name and correlation id', () => {
    const byBody = new Map<string, Told[]>();
    for (const one of story.told) {
      const change = `${one.at}|${one.body}`;
      byBody.set(change, (byBody.get(change) ?? []).concat(one));
    }
    const overlapping = [...byBody.values()].filter((copies) => copies.length > 1);
    expect(overlapping.length).toBeGreaterThan(3000);
    for (const copies of overlapping) {
      expect(new Set(copies.map(({ topicName }) => topicName)).size).toBe(copies.length);
      expect(new Set(copies.map(({ frame }) => frame)).size).toBe(copies.length);
    }
  });

  it('settles every conversation and agrees with its ledger', () => {
    const { conversations, forgotten } = story.driver.ledger();
    expect(forgotten).toBe(0);
    expect(conversations.length).toBe(story.driver.status().started);
    expect(story.driver.status()).toMatchObject({ live: 0, busyAgents: 0, settled: conversations.length });
    for (const { conversationId, ended, settled, participants: accounts } of conversations) {
      expect({ ended, settled }).toEqual({ ended: true, settled: true });
      const last = histories.get(conversationId)?.at(-1);
      expect(accounts.map(({ id, endTime }) => ({ id, endTime }))).toEqual(
        last?.participants.map(({ id, endTime }) => ({ id, endTime })),
      );
    }
  });

  it('forgets a conversation after its grace period', () => {
    const [first] = story.driver.ledger().conversations;
    expect(story.driver.find(first?.conversationId ?? '')).toBeUndefined();
  });

  it('keeps snapshots to the size of real ones', () => {
    const sizes = story.told.map(({ body }) => body.length).toSorted((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeGreaterThan(2500);
    expect(sizes.at(-1)).toBeLessThan(40_000);
  });
});

describe('determinism', () => {
  it('tells the same story for the same seed and epoch, byte for byte', () => {
    const frames = (seed: number): string[] => {
      const story = tellStory({ seed, conversationsPerMinute: 60 });
      story.timeline.runUntil(EPOCH + HOUR / 6);
      return story.told.map(({ frame }) => frame);
    };
    expect(frames(5)).toEqual(frames(5));
    expect(frames(6)[0]).not.toBe(frames(5)[0]);
  });

  it('shares no conversation, participant or communication id with a run at another epoch', () => {
    const ids = (epoch: number): Set<string> => {
      const story = tellStory({ seed: 5, epoch, conversationsPerMinute: 60 });
      story.timeline.runUntil(epoch + HOUR / 6);
      const bodies = story.told.map(({ frame }) => bodyOf(frame));
      return new Set(bodies.flatMap(({ id, participants }) => participants.map((one) => one.id).concat(id)));
    };
    const later = ids(EPOCH + 1);
    expect([...ids(EPOCH)].filter((id) => later.has(id))).toEqual([]);
    expect(later.size).toBeGreaterThan(500);
  });
});

describe('the check itself', () => {
  const sample = (): { topicName: string; eventBody: ConversationSnapshot } => {
    const story = tellStory({ seed: 3 });
    story.driver.start(1, 'voice');
    playOut(story);
    return JSON.parse(story.told.at(-1)?.frame ?? '{}') as { topicName: string; eventBody: ConversationSnapshot };
  };
  const corruptions: Readonly<Record<string, (frame: ReturnType<typeof sample>) => void>> = {
    'an unknown field': ({ eventBody }) => Object.assign(eventBody.participants[0] ?? {}, { mood: 'good' }),
    'a number for a string': ({ eventBody }) => Object.assign(eventBody, { id: 7 }),
    'a word outside its enum': ({ eventBody }) =>
      Object.assign(eventBody.participants[0]?.calls?.[0] ?? {}, { state: 'held' }),
    'an object for a list': ({ eventBody }) => Object.assign(eventBody, { participants: {} }),
    'an attribute that is not a string': ({ eventBody }) =>
      Object.assign(eventBody.participants[0]?.attributes ?? {}, { age: 41 }),
    'a time that is not one': ({ eventBody }) => Object.assign(eventBody.participants[0] ?? {}, { endTime: 'later' }),
    'another envelope version': (frame) => Object.assign(frame, { version: 2 }),
    'a topic nobody declared': (frame) => Object.assign(frame, { topicName: 'v2.users.1.weather' }),
  };

  it('accepts the frame it starts from', () => expect(frameProblems(sample())).toEqual([]));
  it.each(Object.entries(corruptions))('finds %s', (_name, corrupt) => {
    const frame = sample();
    corrupt(frame);
    expect(frameProblems(frame)).not.toEqual([]);
  });
});

const EVERYTHING = [
  'call: caller hung up', 'call: agent hung up', 'call: abandoned unheard', 'call: abandoned while it rang', 'to agent', 'to queue',
  'ring: timed out', 'ring: declined', 'call held', 'ivr left', 'after-call work pending', 'after-call work complete',
  'message: sent', 'message: delivery-success', 'message: delivery-failed', 'message: read', 'message: received',
  'message: file', 'email parked', 'email draft attachment', 'callback scheduled', 'callback connected though disconnected',
]; // prettier-ignore

/** What the last snapshot says happened to a participant. */
function describeParticipant({ purpose, calls, connectedTime, ...rest }: Participant): string[] {
  const leg = (calls ?? rest.messages ?? rest.emails ?? rest.callbacks)?.[0];
  const type = leg?.disconnectType;
  if (purpose === 'agent' && connectedTime === undefined) {
    return (
      { timeout: ['ring: timed out'], client: ['ring: declined'], peer: ['call: abandoned while it rang'] }[
        String(type)
      ] ?? []
    );
  }
  if (purpose === 'ivr') return ['ivr left'];
  if (purpose === 'acd' && type === 'peer' && calls !== undefined) return ['call: abandoned unheard'];
  if (purpose !== 'customer' || calls === undefined) return [];
  return type === 'endpoint' ? ['call: caller hung up'] : type === 'peer' ? ['call: agent hung up'] : [];
}

/** What any snapshot on the way shows. */
function momentsOf({ purpose, calls, messages, emails, callbacks }: Participant): string[] {
  const leg = (calls ?? messages ?? emails ?? callbacks)?.[0];
  const details = messages?.[0]?.messages ?? [];
  const quirk = callbacks?.[0]?.state === 'connected' && callbacks[0].disconnectedTime !== undefined;
  return [
    ...(calls?.[0]?.held === true ? ['call held'] : []),
    ...(leg?.afterCallWork === undefined ? [] : [`after-call work ${leg.afterCallWork.state}`]),
    ...details.map(({ messageStatus }) => `message: ${messageStatus}`),
    ...(details.some(({ media }) => media !== undefined) ? ['message: file'] : []),
    ...(emails?.[0]?.state === 'parked' ? ['email parked'] : []),
    ...((emails?.[0]?.draftAttachments.length ?? 0) > 0 ? ['email draft attachment'] : []),
    ...(callbacks?.[0]?.state === 'scheduled' && purpose === 'customer' ? ['callback scheduled'] : []),
    ...(quirk && purpose === 'agent' ? ['callback connected though disconnected'] : []),
  ];
}

const MESSAGE_ORDER = ['sent', 'delivery-success', 'read'];

/** Facts of `before` that `after` takes back. */
function contradictions(before: ConversationSnapshot | undefined, after: ConversationSnapshot | undefined): string[] {
  return (before?.participants ?? []).flatMap((was) => {
    const is = after?.participants.find(({ id }) => id === was.id);
    if (is === undefined) return [`participant ${was.id} is gone`];
    const kept = (['connectedTime', 'endTime', 'startAcwTime', 'endAcwTime', 'userId'] as const).filter(
      (field) => was[field] !== undefined && was[field] !== is[field],
    );
    const rank = (status: string): number => MESSAGE_ORDER.indexOf(status);
    const back = (was.messages?.[0]?.messages ?? []).filter(({ messageStatus }, n) => {
      const now = is.messages?.[0]?.messages[n]?.messageStatus ?? '';
      return now !== messageStatus && now !== 'delivery-failed' && rank(now) < rank(messageStatus);
    });
    return back.map(({ messageId }) => `message ${messageId} went back`).concat(kept);
  });
}
