// Eight writers on one conversation: whatever they say of their own keys and of a shared one, nothing of it is lost, at
// either target. The control does the same at a target that does not look at versions.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { merge, type Fields } from '../../../src/domain/merge.ts';
import { fieldsIn } from '../../../src/sinks/conversation/stamped-values.ts';
import { updateConversation, type ConversationTarget } from '../../../src/sinks/conversation/target.ts';
import type { VersionedStores } from '../../support/versioned-stores.ts';
import { STAMPS, TARGETS } from './conversation-targets.ts';

const WRITERS = 8;
const ROUNDS = 5;
const writers = Array.from({ length: WRITERS }, (_, n) => n);

let stores: VersionedStores;
afterEach(() => stores.close());

const held = (): Fields => fieldsIn(stores.valuesOf(stores.id), STAMPS);

const write = (target: ConversationTarget, fields: Fields): Promise<unknown> =>
  updateConversation(
    { target, maxConflicts: 100, onConflict: () => undefined },
    stores.id,
    fields,
    AbortSignal.timeout(20_000),
  );

/** What writer `n` says in a round: of its own key, and of the one that all write, at times that do not follow order. */
const saidBy = (n: number, round: number): Fields => {
  const source = `writer-${n}`;
  const at = 1 + ((n * 7919 + round * 104_729) % 1000);
  return {
    [`own-${n}`]: { value: `round ${round}`, at: 1 + round, source },
    shared: { value: `${n} in round ${round}`, at, source },
  };
};

const allSaid = (): Fields => {
  let all: Fields = {};
  for (const n of writers) for (let round = 0; round < ROUNDS; round += 1) all = merge(all, saidBy(n, round));
  return all;
};

describe.each(TARGETS)('$name', ({ start, targetAt }) => {
  beforeEach(async () => {
    stores = await start();
  });

  const hammer = async (): Promise<void> => {
    const one = async (n: number): Promise<void> => {
      const target = targetAt(stores.url);
      for (let round = 0; round < ROUNDS; round += 1) await write(target, saidBy(n, round));
    };
    await Promise.all(writers.map(one));
  };

  it('loses none of what eight writers say at once', async () => {
    await hammer();
    expect(held()).toEqual(allSaid());
    expect(stores.conflicts).toBeGreaterThan(0);
  });

  /** All have read the same before any of them writes; the newest is written first. */
  const meet = async (): Promise<void> => {
    stores.gather(WRITERS, (sent) => -Number(sent['shared']));
    const said = (n: number): Fields => ({
      [`own-${n}`]: { value: 'here', at: 1, source: `writer-${n}` },
      shared: { value: n, at: 1 + n, source: `writer-${n}` },
    });
    await Promise.all(writers.map((n) => write(targetAt(stores.url), said(n))));
  };
  const newest = { value: WRITERS - 1, at: WRITERS, source: `writer-${WRITERS - 1}` };

  it('ends with the newest of eight that have all read the same', async () => {
    await meet();
    expect(held()['shared']).toEqual(newest);
    expect(writers.map((n) => held()[`own-${n}`]?.at)).toEqual(writers.map(() => 1));
    expect(stores.conflicts).toBeGreaterThanOrEqual(WRITERS - 1);
  });

  it('control: without the version check, updates are lost', async () => {
    stores.checks = false;
    await meet();
    expect(held()['shared']).not.toEqual(newest);
    expect(writers.every((n) => held()[`own-${n}`]?.at === 1)).toBe(false);
  });
});
