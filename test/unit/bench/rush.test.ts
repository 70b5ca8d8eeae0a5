// The judge of a rush: who was waiting at the time, who came before whom, who was over.
import { expect, it } from 'vitest';
import { judgeRush } from '../../../bench/measure/rush.ts';
import type { LedgerEntry } from '../../../src/emulator/driver/ledger.ts';

const at = (second: number): string => new Date(second * 1000).toISOString();

/** A conversation that an agent takes at `served`, and that may be over. */
const entry = (conversationId: string, served?: number, ended = false): LedgerEntry => ({
  conversationId,
  media: 'email',
  startTime: at(0),
  ended,
  settled: ended,
  changes: 1,
  participants: [
    { id: 'c', purpose: 'customer', state: 'connected', held: false, connectedTime: at(0) },
    { id: 'a', purpose: 'agent', state: 'connected', held: false, connectedTime: served === undefined ? undefined : at(served) }, // prettier-ignore
  ],
});
const injected = (conversationId: string, second: number) => ({ conversationId, outcome: 'injected', timestamp: second * 1000 }); // prettier-ignore

it('counts the served ones before the last who waited, and what came of the others', () => {
  const ledger = [entry('waits'), entry('served', 2), entry('late', 3), entry('over', 1, true), entry('lost')];
  const records = [injected('waits', 5), injected('served', 4), injected('late', 6), { ...injected('over', 7), outcome: 'ended' }]; // prettier-ignore
  expect(judgeRush(new Set(ledger.map(({ conversationId }) => conversationId)), records, ledger, 1000)).toEqual({
    injected: 3,
    injectedWaiting: 1,
    servedBeforeLastWaiting: 1,
    waitingDoneSeconds: 4,
    droppedAsEnded: 1,
    left: 1,
  });
});
