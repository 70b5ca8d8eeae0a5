// Onto whom values are put, and who waits. Pure.
import { isAgent, isCustomer } from '../conversation/lifecycle.ts';
import { hasEnded } from '../conversation/moves.ts';
import type { ConversationState } from '../conversation/state.ts';

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
