// When what the CRM knows of a customer is looked up: as soon as the customer can be found by something, and on the moves
// of agents that the settings name. Pure. Invariant: at most one request a reduction, and each cause once a conversation,
// remembered in the state that the same commit writes.
import { z } from 'zod';
import { isAgent } from '../conversation/lifecycle.ts';
import type { Reduction } from '../conversation/reduce.ts';
import { PARTICIPANT_STATES, type ConversationState } from '../conversation/state.ts';
import { isWaiting } from '../conversation/customer.ts';

/** `start`: the customer is first known by something; a state: an agent reaches it. */
export const ENRICHMENT_CAUSES = ['start', ...PARTICIPANT_STATES.filter((state) => state !== 'pending')] as const;
export type EnrichmentCause = (typeof ENRICHMENT_CAUSES)[number];

/** Of a list that was given to a command: it gives way to conversations that go on by themselves. */
export const BULK_CAUSE = 'bulk';

/** The output of a commit: ids only; who the customer is stands in the state. */
export const enrichmentRequestSchema = z.object({
  conversationId: z.string().min(1).max(64),
  /** With the version it tells one request from every other, of an earlier life of the conversation too. */
  bornAt: z.number(),
  version: z.number().int(),
  cause: z.string().max(32),
  /** Nobody talks to the customer yet: such conversations come first. */
  waiting: z.boolean(),
});
export type EnrichmentRequest = Readonly<z.infer<typeof enrichmentRequestSchema>>;

export interface Requesting {
  readonly state: ConversationState;
  readonly request: EnrichmentRequest | undefined;
}

/** From the text of the setting: `start,active`. */
export function enrichmentCauses(moves: string): readonly EnrichmentCause[] {
  const named = moves.split(',');
  return ENRICHMENT_CAUSES.filter((cause) => named.includes(cause));
}

export function requestEnrichment(causes: readonly EnrichmentCause[], reduction: Reduction): Requesting {
  const { state } = reduction;
  if (state.identity === undefined || state.phase === 'ended') return { state, request: undefined };
  const asked = state.enrichment ?? [];
  if (asked.length >= causes.length) return { state, request: undefined };
  const now = causesNow(causes, reduction).filter((cause) => !asked.includes(cause));
  const [cause] = now;
  if (cause === undefined) return { state, request: undefined };
  const { conversationId, bornAt, version } = state;
  return {
    state: { ...state, enrichment: [...asked, ...now] },
    request: { conversationId, bornAt, version, cause, waiting: isWaiting(state) },
  };
}

function causesNow(causes: readonly EnrichmentCause[], { events }: Reduction): readonly EnrichmentCause[] {
  const reached = new Set<EnrichmentCause>(['start']);
  for (const event of events) {
    if (event.kind === 'participant.moved' && isAgent(event.purpose) && event.to !== 'pending') reached.add(event.to);
  }
  return causes.filter((cause) => reached.has(cause));
}
