// What must hold of the reducer for any input: idempotence, order tolerance of facts, legal moves only, valid state.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/domain/observation.ts';
import { isLegalMove } from '../../../src/domain/conversation/moves.ts';
import { reduce } from '../../../src/domain/conversation/reduce.ts';
import { conversationStateSchema } from '../../../src/domain/conversation/state.ts';
import type { ConversationState } from '../../../src/domain/conversation/state.ts';
import { crmRecords, crmRecordSchema } from '../../../src/domain/crm-record.ts';
import { DEFAULT_SLA_RULES } from '../../../src/domain/sla/rules.ts';
import { tell } from './build.ts';
import { check } from './property.ts';
import { nonsense, story } from './stories.ts';

const someNonsense = fc.array(nonsense, { minLength: 1, maxLength: 12 });

/** In front of each item, any number of repeats of those that came before it or of itself. */
const withRepeats = (observations: Observation[], picks: readonly (readonly [number, number])[]): Observation[] => {
  const result = [...observations];
  for (const [what, where] of picks) {
    const index = what % observations.length;
    const original = observations[index];
    const earliest = original === undefined ? 0 : result.indexOf(original) + 1;
    if (original) result.splice(earliest + (where % (result.length - earliest + 1)), 0, { ...original });
  }
  return result;
};

const picks = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 20 });

/** What does not depend on the order of arrival: all but `held` against `active`, and times nobody told. */
function settledFacts({ phase, startedAt, endedAt, media, participants }: ConversationState) {
  const people: Record<string, object> = {};
  for (const [id, { state, ...facts }] of Object.entries(participants)) {
    people[id] = { ...facts, state: state === 'held' ? 'active' : state, since: undefined, heldMs: undefined };
  }
  return { phase, startedAt, endedAt, media, people };
}

describe('whatever is observed', () => {
  it('moves only along the table, each move from where the last one ended', () => {
    const property = fc.property(someNonsense, (observations) => {
      const places = new Map<string, string>();
      for (const event of tell(...observations).events) {
        if (event.kind !== 'participant.moved') continue;
        expect(isLegalMove(event.from, event.to), `${event.from} -> ${event.to}`).toBe(true);
        expect(places.get(event.participantId) ?? 'pending').toBe(event.from);
        places.set(event.participantId, event.to);
      }
    });
    check('legal moves', property, 2000);
  });

  it('keeps a valid state, and says what it says in valid records', () => {
    const property = fc.property(someNonsense, (observations) => {
      let state: ConversationState | undefined;
      for (const observation of observations) {
        const reduction = reduce(state, observation);
        const version = (state?.version ?? 0) + (reduction.changed ? 1 : 0);
        expect(reduction.state.version).toBe(version);
        if (!reduction.changed) expect(reduction.state).toBe(state);
        for (const record of crmRecords(reduction, DEFAULT_SLA_RULES)) crmRecordSchema.parse(record);
        state = reduction.state;
        expect(conversationStateSchema.parse(state)).toStrictEqual(state);
      }
    });
    check('valid state', property, 1000);
  });

  it('is idempotent: the same observation twice is as good as once', () => {
    const property = fc.property(someNonsense, (observations) => {
      let state: ConversationState | undefined;
      for (const observation of observations) {
        const once = reduce(state, observation);
        const twice = reduce(once.state, observation);
        expect(twice.state).toBe(once.state);
        expect(twice).toMatchObject({ changed: false, events: [] });
        expect(twice.refusals.length).toBeGreaterThan(0);
        state = once.state;
      }
    });
    check('idempotence', property, 1000);
  });

  it('gives the same from a state that was stored and read back', () => {
    const property = fc.property(someNonsense, (observations) => {
      let state: ConversationState | undefined;
      for (const observation of observations) {
        const stored: unknown = state === undefined ? undefined : JSON.parse(JSON.stringify(state));
        const readBack = stored === undefined ? undefined : conversationStateSchema.parse(stored);
        const reduction = reduce(state, observation);
        expect(reduce(readBack, observation)).toStrictEqual(reduction);
        state = reduction.state;
      }
    });
    check('stored state', property, 500);
  });
});

describe('a story told by a platform', () => {
  it('refuses nothing when told in order', () => {
    const property = fc.property(story({ holds: true }), (snapshots) => {
      expect(tell(...snapshots).refusals.filter(({ reason }) => reason !== 'duplicate')).toEqual([]);
    });
    check('in order', property);
  });

  it('ends the same with repeats that come at once, holds and all', () => {
    const property = fc.property(story({ holds: true }), fc.array(fc.nat(3)), (snapshots, counts) => {
      const repeated = snapshots.flatMap((one, index) => Array<Observation>((counts[index] ?? 0) + 1).fill(one));
      expect(tell(...repeated).state).toStrictEqual(tell(...snapshots).state);
    });
    check('repeats at once', property);
  });

  it('ends the same with repeats that come at any later time', () => {
    const property = fc.property(story({ holds: false }), picks, (snapshots, repeats) => {
      const told = tell(...withRepeats(snapshots, repeats));
      expect(told.state).toStrictEqual(tell(...snapshots).state);
    });
    check('repeats later', property);
  });

  it('ends with the same facts in any order', () => {
    const shuffled = story({ holds: true }).chain((snapshots) =>
      fc.record({
        snapshots: fc.constant(snapshots),
        order: fc.shuffledSubarray(snapshots, { minLength: snapshots.length }),
      }),
    );
    const property = fc.property(shuffled, ({ snapshots, order }) => {
      expect(settledFacts(tell(...order).state)).toEqual(settledFacts(tell(...snapshots).state));
    });
    check('any order', property, 1000);
  });
});
