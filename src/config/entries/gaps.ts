// How what no socket heard is found again.
import { entry, integer, oneOf } from './entry.ts';

export const gapEntries = {
  gapRepair: entry({
    env: 'THROUGHLINE_GAP_REPAIR',
    group: 'Gaps',
    schema: oneOf(['on', 'off']),
    default: 'on',
    description: 'Whether workers repair gaps of the live stream; off: gaps are recorded and wait.',
    example: 'off',
  }),
  gapOverlapSeconds: entry({
    env: 'THROUGHLINE_GAP_OVERLAP_SECONDS',
    group: 'Gaps',
    schema: integer(0, 86_400),
    default: '120',
    description: 'How far before a gap its repair begins to look, for tails (after-call work) and clocks that differ.',
    example: '600',
  }),
  gapSettleSeconds: entry({
    env: 'THROUGHLINE_GAP_SETTLE_SECONDS',
    group: 'Gaps',
    schema: integer(0, 86_400),
    default: '60',
    description: 'How far the platform’s analytics is behind at worst; a gap is asked for again once this has passed.',
    example: '120',
  }),
  gapEarlierDays: entry({
    env: 'THROUGHLINE_GAP_EARLIER_DAYS',
    group: 'Gaps',
    schema: integer(0, 31),
    default: '30',
    description:
      'Days before a gap on which a conversation may have begun that nothing was heard of until then; ' +
      'the platform’s analytics finds conversations by the day they began. 0 = only those of the gap’s own days.',
    example: '7',
  }),
  gapLookBackMinutes: entry({
    env: 'THROUGHLINE_GAP_LOOK_BACK_MINUTES',
    group: 'Gaps',
    schema: integer(0, 43_200),
    default: '60',
    description: 'How far back the very first start looks for conversations that are already under way.',
    example: '240',
  }),
} as const;
