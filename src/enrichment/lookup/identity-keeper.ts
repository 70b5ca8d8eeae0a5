// Keeps, sealed, by what a conversation's customer can be found. Invariants: a state never carries it in clear; nothing is
// sealed or unsealed for an event that tells nothing new of the customer, but for the first one this process sees of the
// conversation; what is remembered here is used only where the state holds that very seal.
import { LRUCache } from 'lru-cache';
import type { ConversationState } from '../../domain/conversation/state.ts';
import type { Reduction } from '../../domain/conversation/reduce.ts';
import type { Observation } from '../../domain/observation.ts';
import { identitySchema, identityWith, isEmptyIdentity, tellsNothing, type CustomerIdentity } from '../../domain/enrichment/identity.ts'; // prettier-ignore
import { Failure } from '../../runtime/errors.ts';
import type { Seal } from '../../runtime/seal.ts';

/** Conversations in hand at one worker; about 500 bytes each. One more costs a few microseconds an event. */
const REMEMBERED = 20_000;

interface Remembered {
  readonly sealed: string;
  readonly identity: CustomerIdentity;
}

const NOBODY: CustomerIdentity = {};

/** The reduction with a state that knows what the observation told of the customer. */
export type IdentityKeeper = (reduction: Reduction, observation: Observation) => Reduction;

export function identityKeeper(seal: Seal, attributeNames: readonly string[]): IdentityKeeper {
  const remembered = new LRUCache<string, Remembered>({ max: REMEMBERED });
  const known = ({ conversationId, identity: sealed }: ConversationState): CustomerIdentity => {
    if (sealed === undefined) return NOBODY;
    const last = remembered.get(conversationId);
    if (last?.sealed === sealed) return last.identity;
    const identity = unsealIdentity(seal, sealed) ?? NOBODY;
    remembered.set(conversationId, { sealed, identity });
    return identity;
  };
  return (reduction, { participants: told }) => {
    if (tellsNothing(told)) return reduction;
    const { state, changed } = reduction;
    const before = known(state);
    const identity = identityWith(before, told, state.participants, attributeNames);
    if (identity === before || isEmptyIdentity(identity)) return reduction;
    const sealed = seal.seal(JSON.stringify(identity));
    remembered.set(state.conversationId, { sealed, identity });
    const version = changed ? state.version : state.version + 1;
    return { ...reduction, changed: true, state: { ...state, identity: sealed, version } };
  };
}

/** Undefined where it was sealed with another key, or by a later release: the customer is then told anew. */
export function unsealIdentity(seal: Seal, sealed: string): CustomerIdentity | undefined {
  try {
    return identitySchema.safeParse(JSON.parse(seal.unseal(sealed))).data;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
