// The 30 sample frames, in file order, through route, decode and reduce: exactly what each does, and what is left.
import { describe, expect, it } from 'vitest';
import type { ConversationEvent, Refusal } from '../../../src/domain/conversation/events.ts';
import { reduce } from '../../../src/domain/conversation/reduce.ts';
import { conversationStateSchema } from '../../../src/domain/conversation/state.ts';
import type { ConversationState } from '../../../src/domain/conversation/state.ts';
import { decodeFrame } from '../../../src/genesys/codec/decode.ts';
import { routeFrame } from '../../../src/genesys/codec/route.ts';
import { frames } from './frames.ts';

const VOICE = 'fa3bf94e-81ec-51c3-aa2f-aa0d347357d6';
const MESSAGE = 'ec326512-84d2-5339-a645-fbf897b8e354';
const EMAIL = 'd7e0f410-4326-5077-83a0-5012cdc2d998';
const CALLBACK = 'd2986570-ac26-5cd7-a0d3-c8aefc90c6c5';
const CHAT = '9c15e335-6490-574c-8a99-810f3db2c00b';

/** Names for participants whose purpose does not tell them apart. */
const NAMES = new Map([
  ['6c56c6dc-19c2-5f18-8633-05cdf2552ce8', 'Ben'],
  ['5a0c49bb-5aa3-5803-993f-5a0d92fbed8d', 'Ana'],
  ['afbc29b9-9539-5ef4-8129-f16a2e0e0455', 'first alert'],
  ['ad1aa60d-53c9-5e20-b7c9-53706e4a787b', 'second alert'],
  ['77d2dae3-3838-56ce-a8ee-989db898dca1', 'third alert'],
]);

/** Line n is received at 20:00:n, so that a time of arrival is easily told from a time of the platform. */
const receivedAt = (line: number): number => Date.parse('2026-03-02T20:00:00.000Z') + line * 1000;
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 23);

interface Effect {
  readonly conversation: string;
  readonly version: number;
  readonly says: readonly string[];
}
const effect = (conversation: string, version: number, ...says: string[]): Effect => ({ conversation, version, says });
const DUPLICATE = '! duplicate';

const EXPECTED: readonly (Effect | string)[] = [
  'control',
  'control',
  effect(
    VOICE,
    1,
    'started voice 14:00:00.120',
    'customer pending -> active 14:00:00.120',
    'ivr pending -> active 14:00:00.131',
    'ivr active -> left 14:00:31.004',
    'acd pending -> active 14:00:31.010',
  ),
  effect(VOICE, 2, 'Ben pending -> joined 20:00:04.000'),
  effect(VOICE, 3, 'Ben joined -> failed 14:01:05.412', 'Ana pending -> joined 20:00:05.000'),
  effect(VOICE, 4, 'acd active -> left 14:01:12.300', 'Ana joined -> active 14:01:12.300'),
  // the same change by the queue's topic; then attributes, which move nobody
  effect(VOICE, 4, DUPLICATE),
  effect(VOICE, 4, DUPLICATE),
  effect(
    VOICE,
    5,
    'customer active -> left 14:06:40.755',
    'Ana active -> left 14:06:40.870',
    'Ana after-call-work.started 14:06:40.870',
    'conversation.ended 14:06:40.870',
  ),
  effect(
    VOICE,
    6,
    'Ana after-call-work.completed 14:07:03.100',
    'Ana wrap-up.set 2876a1bd-1c72-597d-a49e-5945116d140c 14:07:03.100',
  ),
  // a hold that comes after the end: stale, but it alone tells when the two joined
  effect(VOICE, 7, '! stale customer left -> active', '! stale Ana left -> held'),
  effect(VOICE, 7, DUPLICATE),
  effect(VOICE, 7, DUPLICATE),
  effect(VOICE, 7, DUPLICATE),
  effect(VOICE, 7, DUPLICATE),
  effect(VOICE, 7, DUPLICATE),
  effect(VOICE, 7, DUPLICATE),
  // customer.end, earlier than the user.end before it
  effect(VOICE, 7, DUPLICATE),
  effect(VOICE, 7, DUPLICATE),
  effect(
    MESSAGE,
    1,
    'started message 15:00:00.005',
    'customer pending -> active 15:00:00.010',
    'customer message.observed received 0 15:00:00.005',
    'customer message.observed received 1 15:00:20.400',
    'agent pending -> active 15:00:42.900',
    'agent message.observed delivery-success 0 15:01:02.000',
  ),
  effect(MESSAGE, 2),
  effect(
    EMAIL,
    1,
    'started email 16:00:00.000',
    'customer pending -> active 16:00:00.000',
    'agent pending -> active 16:04:10.000',
    'agent active -> held 16:10:00.000',
  ),
  effect(CALLBACK, 1, 'started callback 20:00:23.000'),
  effect(
    CALLBACK,
    2,
    'customer pending -> active 17:00:01.131',
    'acd pending -> active 17:00:01.132',
    'acd active -> left 17:03:09.528',
    'first alert pending -> failed 17:00:24.306',
    'second alert pending -> failed 17:00:54.831',
    'third alert pending -> active 17:03:09.528',
    'third alert active -> left 17:04:14.397',
    'third alert after-call-work.started 17:04:14.397',
  ),
  effect(
    CHAT,
    1,
    'started chat 18:00:00.000',
    'customer pending -> active 18:00:00.000',
    'agent pending -> active 18:00:30.000',
    'agent active -> left 18:09:00.000',
    'agent after-call-work.started 18:09:00.000',
  ),
  effect(VOICE, 8),
  effect(VOICE, 9, 'transcription.ended 14:06:41.100'),
  'unknown-topic v2.externalcontacts.contacts.242ba12c-0d34-5aa0-b9ef-c13db9181427',
  'control',
  'control',
];

function sentence(event: ConversationEvent, nameOf: (id: string) => string): string {
  const time = clock(event.at);
  switch (event.kind) {
    case 'conversation.started':
      return `started ${event.media} ${time}`;
    case 'participant.moved':
      return `${nameOf(event.participantId)} ${event.from} -> ${event.to} ${time}`;
    case 'wrap-up.set':
      return `${nameOf(event.participantId)} ${event.kind} ${event.code} ${time}`;
    case 'message.observed':
    case 'message.status':
      return `${nameOf(event.participantId)} ${event.kind} ${event.message.status} ${event.message.attachments} ${time}`;
    case 'after-call-work.started':
    case 'after-call-work.completed':
      return `${nameOf(event.participantId)} ${event.kind} ${time}`;
    default:
      return `${event.kind} ${time}`;
  }
}

const complaint = ({ reason, participantId, from, to }: Refusal, nameOf: (id: string) => string): string =>
  participantId === null ? `! ${reason}` : `! ${reason} ${nameOf(participantId)} ${from} -> ${to}`;

function run(states: Map<string, ConversationState>, raw: string, line: number): Effect | string {
  const route = routeFrame(raw);
  if (route.kind === 'control') return 'control';
  const decoded = decodeFrame(raw, receivedAt(line));
  if (decoded.kind === 'unknown-topic') return `unknown-topic ${decoded.topic}`;
  const { conversationId } = decoded.observation;
  expect(route.key).toBe(conversationId);
  const before = states.get(conversationId);
  const { state, changed, events, refusals } = reduce(before, decoded.observation);
  expect(conversationStateSchema.parse(state)).toStrictEqual(state);
  expect(changed).toBe(state !== before);
  states.set(conversationId, state);
  const nameOf = (id: string): string => NAMES.get(id) ?? state.participants[id]?.purpose ?? id;
  const says = [...events.map((one) => sentence(one, nameOf)), ...refusals.map((one) => complaint(one, nameOf))];
  return effect(conversationId, state.version, ...says);
}

const tellAll = () => {
  const states = new Map<string, ConversationState>();
  const effects = frames.map((raw, index) => run(states, raw, index + 1));
  return { states, effects };
};

describe('the 30 sample frames', () => {
  const { states, effects } = tellAll();

  it.each(EXPECTED.map((expected, index) => [index + 1, expected] as const))('line %i', (line, expected) => {
    expect(effects[line - 1]).toEqual(expected);
  });

  it('are all expected', () => {
    expect(effects).toHaveLength(EXPECTED.length);
  });

  it('leave the voice call ended, with its late tail', () => {
    expect(states.get(VOICE)).toMatchObject({
      phase: 'ended',
      media: 'voice',
      direction: 'inbound',
      queueId: '78f3f5b3-dfcf-527b-aec5-526cad814d66',
      startedAt: Date.parse('2026-03-02T14:00:00.000Z'),
      endedAt: Date.parse('2026-03-02T14:06:40.870Z'),
      asOf: Date.parse('2026-03-02T14:07:03.100Z'),
      transcription: { lastUtteranceAt: Date.parse('2026-03-02T14:01:27.568Z'), ended: true },
    });
    expect(states.get(VOICE)?.participants['5a0c49bb-5aa3-5803-993f-5a0d92fbed8d']).toMatchObject({
      userId: '8d2e389e-f4ec-5581-a0e7-699002524bf0',
      state: 'left',
      joinedAt: Date.parse('2026-03-02T14:01:05.500Z'),
      connectedAt: Date.parse('2026-03-02T14:01:12.300Z'),
      heldSince: Date.parse('2026-03-02T14:03:00.000Z'),
      disconnectType: 'peer',
      afterCallWork: 'complete',
    });
  });

  it('leave the others open, and nothing of the customer’s in any state', () => {
    expect([MESSAGE, EMAIL, CALLBACK, CHAT].map((id) => states.get(id)?.phase)).toEqual(Array(4).fill('open'));
    const stored = JSON.stringify([...states.values()]);
    expect(stored).not.toMatch(/Jane|Roe|example\.com|3175550142|lost my card|SO-7781|ACC-20418|Card re-issued/);
  });

  it('say the same when all come a second time, and change nothing more', () => {
    for (const [index, raw] of frames.entries()) {
      const again = run(new Map(states), raw, index + 100);
      if (typeof again === 'string') expect(again).toBe(EXPECTED[index]);
      else {
        expect(again.version).toBe(states.get(again.conversation)?.version);
        expect(again.says.every((said) => said.startsWith('! '))).toBe(true);
      }
    }
  });
});

describe('detail events alone', () => {
  it('tell the same story as the snapshots, durations standing in for lost beginnings', () => {
    const states = new Map<string, ConversationState>();
    for (const line of [17, 18, 19]) run(states, frames[line - 1] ?? '', line);
    expect(states.get(VOICE)).toMatchObject({ phase: 'ended', endedAt: Date.parse('2026-03-02T14:06:40.870Z') });
    expect(states.get(VOICE)?.participants['5a0c49bb-5aa3-5803-993f-5a0d92fbed8d']).toMatchObject({
      purpose: 'agent',
      state: 'left',
      joinedAt: Date.parse('2026-03-02T14:01:05.500Z'),
      connectedAt: Date.parse('2026-03-02T14:01:12.300Z'),
      afterCallWorkStartedAt: Date.parse('2026-03-02T14:06:40.870Z'),
      afterCallWork: 'complete',
    });
  });
});
