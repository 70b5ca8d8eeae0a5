// A conversation told event by event to the conversations stage, as its partition would.
import type { ConversationState } from '../../../src/domain/conversation/state.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { conversationsStage } from '../../../workers/stages/conversations.stage.ts';

export const T0 = Date.parse('2026-03-02T14:00:00.000Z');
const settings = { stateOpenTtlHours: 1, stateEndedTtlMinutes: 1, slaRules: '{}' };

export type Told = readonly [receivedSeconds: number, event: object];

/** The stage's own decode and apply; the state at the end. */
export function play(events: readonly Told[]): ConversationState {
  const { handler } = conversationsStage(settings, createMetrics());
  let state: ConversationState | undefined;
  for (const [seconds, event] of events) {
    const decoded = handler.decode({ id: '1-0-0', raw: JSON.stringify(event), receivedAt: T0 + seconds * 1000 });
    if (decoded.kind === 'set-aside') throw new Error(decoded.why.code);
    ({ state } = handler.apply(state, decoded.event));
  }
  if (state === undefined) throw new Error('nothing was told');
  return state;
}
