// The table of moves, row by row and pair by pair: what is not listed here is illegal.
import { describe, expect, it } from 'vitest';
import { hasEnded, isLegalAfterCallWork, isLegalMove, isLive } from '../../../src/domain/conversation/moves.ts';
import { PARTICIPANT_STATES } from '../../../src/domain/conversation/state.ts';

const LEGAL = new Set([
  'pending -> joined',
  'pending -> active',
  'pending -> failed',
  'joined -> active',
  'joined -> failed',
  'active -> held',
  'active -> left',
  'held -> active',
  'held -> left',
  'failed -> left',
]);

const pairs = PARTICIPANT_STATES.flatMap((from) => PARTICIPANT_STATES.map((to) => [from, to] as const));

describe('participant moves', () => {
  it.each(pairs)('%s -> %s', (from, to) => {
    expect(isLegalMove(from, to)).toBe(LEGAL.has(`${from} -> ${to}`));
  });

  it('tells who is live and who has ended', () => {
    expect(PARTICIPANT_STATES.filter(isLive)).toEqual(['joined', 'active', 'held']);
    expect(PARTICIPANT_STATES.filter(hasEnded)).toEqual(['left', 'failed']);
  });
});

describe('after-call work', () => {
  it.each([
    [undefined, 'pending', true],
    [undefined, 'complete', true],
    ['pending', 'pending', false],
    ['pending', 'complete', true],
    ['complete', 'pending', false],
    ['complete', 'complete', false],
  ] as const)('%s -> %s: %s', (from, to, legal) => {
    expect(isLegalAfterCallWork(from, to)).toBe(legal);
  });
});
