// The 30 sample frames, and short ways to build one. Each line's body follows the platform's own schemas.
import { readFileSync } from 'node:fs';

export const frames: readonly string[] = readFileSync(
  new URL('../../fixtures/genesys-frames.jsonl', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n');

export const USER_TOPIC = 'v2.users.8d2e389e-f4ec-5581-a0e7-699002524bf0.conversations';
export const QUEUE_TOPIC = 'v2.routing.queues.78f3f5b3-dfcf-527b-aec5-526cad814d66.conversations';
export const CONVERSATION = 'fa3bf94e-81ec-51c3-aa2f-aa0d347357d6';

export const frame = (topicName: unknown, eventBody: unknown): string =>
  JSON.stringify({ topicName, version: '2', eventBody, metadata: { CorrelationId: 'x' } });

const asAgent = (one: object): object => ({ id: 'p1', purpose: 'agent', ...one });

export const snapshotOf = (...participants: object[]): string =>
  frame(USER_TOPIC, {
    id: CONVERSATION,
    participants: participants.map(asAgent),
  });
