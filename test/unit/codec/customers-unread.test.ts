// Frames read without what they tell of a customer personally: for a deployment that asks nobody who the customer is.
import { expect, it } from 'vitest';
import { tellStory } from '../../../bench/workloads/snapshots.ts';
import type { ParticipantFacts } from '../../../src/domain/observation.ts';
import { frameDecoder } from '../../../src/genesys/codec/decode.ts';

const impersonal = ({ addresses: _addresses, attributes: _attributes, ...facts }: ParticipantFacts): ParticipantFacts =>
  facts;

it('say all the rest, and nothing of addresses and attributes', () => {
  const whole = frameDecoder();
  const unread = frameDecoder({ customers: false });
  let personal = 0;
  for (const { raw, receivedAt } of tellStory(1500, { seed: 3, start: Date.UTC(2026, 0, 5, 8), hears: () => true })) {
    const [one, other] = [whole(raw, receivedAt), unread(raw, receivedAt)];
    if (one.kind !== 'observation' || other.kind !== 'observation') {
      expect(other).toEqual(one);
      continue;
    }
    const { participants } = one.observation;
    personal += participants.filter(({ addresses, attributes }) => addresses ?? attributes).length;
    expect(other.observation).toEqual({ ...one.observation, participants: participants.map(impersonal) });
    for (const facts of other.observation.participants) {
      expect(facts.addresses).toBeUndefined();
      expect(facts.attributes).toBeUndefined();
    }
  }
  // the control: there was something to leave unread
  expect(personal).toBeGreaterThan(500);
});
