// Who of a conversation’s participants the customer is, and whether they wait. Pure.
import { isAgent, isCustomer } from './lifecycle.ts';
import { hasEnded } from './moves.ts';
import type { ConversationState } from './state.ts';

type Participants = ConversationState['participants'];

/** The customer who is there, else the first that was. */
export function customerIn(participants: Participants): string | undefined {
  const customers = Object.entries(participants).filter(([, { purpose }]) => isCustomer(purpose));
  return (customers.find(([, { state }]) => !hasEnded(state)) ?? customers[0])?.[0];
}

/** Nobody talks to the customer yet: what is known of them decides where they go. */
export const isWaiting = ({ participants }: ConversationState): boolean =>
  !Object.values(participants).some(
    ({ purpose, state }) => isAgent(purpose) && (state === 'active' || state === 'held'),
  );
