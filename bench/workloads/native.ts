// All that a busy hour of the practice platform tells: whole snapshots, those of one medium, detail events and
// transcripts, from its own scenarios; judged with every promise and told to the conversations, or with nothing of that.
// It happens in years to come, so that no deadline rings while it is measured: they are set and taken away as life moves.
import { entries } from '../../src/config/entries.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { conversationsStage } from '../../workers/stages/conversations.stage.ts';
import { snapshots, tellStory } from './snapshots.ts';
import type { Workload } from './workload.ts';

const START = Date.parse('2030-01-07T08:00:00Z');

const rules = (seconds: Readonly<Record<string, number | null>>): string =>
  JSON.stringify({
    rules: Object.entries(seconds).map(([objective, withinSeconds]) => ({ objective, withinSeconds })),
  });

export const ALL_PROMISES = rules({ messageDelivery: 300, messageRead: 1800, voiceAnswer: 20, firstResponse: 60 });
const NO_PROMISES = rules({ messageDelivery: null, messageRead: null });

/** The defaults of the product. */
const STATES = {
  stateOpenTtlHours: Number(entries.stateOpenTtlHours.default),
  stateEndedTtlMinutes: Number(entries.stateEndedTtlMinutes.default),
};
const UPDATES = {
  conversationUpdateTarget: 'http',
  conversationUpdateMoves: entries.conversationUpdateMoves.default,
  conversationUpdateFields: entries.conversationUpdateFields.default,
} as const;

const stage = (settings: Parameters<typeof conversationsStage>[0]) => conversationsStage(settings, createMetrics());
/** What is said of contacts belongs to no conversation. */
const hears = (topicName: string): boolean => !topicName.startsWith('v2.externalcontacts.');
const generate: Workload['generate'] = (count, { seed }) => tellStory(count, { seed, start: START, hears });
const { identify } = snapshots;

export const native: Workload = {
  name: 'native',
  handler: stage({ ...STATES, ...UPDATES, slaRules: ALL_PROMISES }).handler,
  identify,
  generate,
};

/** The same frames, and nobody is promised or told anything. */
export const nativeAlone: Workload = {
  name: 'native alone',
  handler: stage({ ...STATES, slaRules: NO_PROMISES }).handler,
  identify,
  generate,
};
