// By what a customer can be found: what the participants of a conversation say of the customer among them. Pure.
// Invariants: bounded; what was told first stays, so that copies and late frames change nothing; kept in a state only
// sealed (src/enrichment/lookup/identity-keeper.ts), for these are the only personal facts that outlive their event.
import { z } from 'zod';
import { isCustomer } from '../conversation/lifecycle.ts';
import type { ConversationState } from '../conversation/state.ts';
import type { ParticipantFacts } from '../observation.ts';
import { LONGEST_ADDRESS, readAddress } from './address.ts';

const LONGEST_ATTRIBUTE = 256;

export const identitySchema = z.object({
  phone: z.string().max(LONGEST_ADDRESS).optional(),
  email: z.string().max(LONGEST_ADDRESS).optional(),
  externalContactId: z.string().max(64).optional(),
  /** Only those that the look-up asks for. */
  attributes: z.record(z.string().max(256), z.string().max(LONGEST_ATTRIBUTE)).optional(),
});
export type CustomerIdentity = Readonly<z.infer<typeof identitySchema>>;

/** `known` itself where nothing is new. */
export function identityWith(
  known: CustomerIdentity,
  told: readonly ParticipantFacts[],
  participants: ConversationState['participants'],
  attributeNames: readonly string[],
): CustomerIdentity {
  let identity = known;
  for (const facts of told) {
    if (!tellsOfCustomer(facts, participants)) continue;
    identity = withContact(identity, facts.externalContactId);
    for (const address of facts.addresses ?? []) identity = withAddress(identity, address);
    if (facts.attributes !== undefined) identity = withAttributes(identity, facts.attributes, attributeNames);
  }
  return identity;
}

/** True for most events: they tell of a customer nothing that could be asked for. */
export const tellsNothing = (told: readonly ParticipantFacts[]): boolean =>
  told.every(
    ({ addresses, externalContactId, attributes }) =>
      externalContactId === undefined &&
      attributes === undefined &&
      (addresses === undefined || addresses.length === 0),
  );

function tellsOfCustomer(
  { participantId, purpose }: ParticipantFacts,
  known: ConversationState['participants'],
): boolean {
  const before = Object.hasOwn(known, participantId) ? known[participantId]?.purpose : undefined;
  return isCustomer(purpose ?? before ?? '');
}

const withContact = (identity: CustomerIdentity, externalContactId: string | undefined): CustomerIdentity =>
  externalContactId === undefined || identity.externalContactId !== undefined
    ? identity
    : { ...identity, externalContactId };

function withAddress(identity: CustomerIdentity, text: string): CustomerIdentity {
  const { phone, email } = identity;
  // nearly every event tells the same address again: that costs no reading
  if (email !== undefined ? phone !== undefined || text === email : phone !== undefined && text.endsWith(phone)) {
    return identity;
  }
  const address = readAddress(text);
  if (address === undefined) return identity;
  const isKnown = 'phone' in address ? phone !== undefined : email !== undefined;
  return isKnown ? identity : { ...identity, ...address };
}

function withAttributes(
  identity: CustomerIdentity,
  told: Readonly<Record<string, unknown>>,
  names: readonly string[],
): CustomerIdentity {
  const known = identity.attributes ?? {};
  const added = names.flatMap((name) => {
    const value = Object.hasOwn(told, name) && !Object.hasOwn(known, name) ? told[name] : undefined;
    return typeof value === 'string' && value !== '' && value.length <= LONGEST_ATTRIBUTE
      ? [[name, value] as const]
      : [];
  });
  return added.length === 0 ? identity : { ...identity, attributes: { ...known, ...Object.fromEntries(added) } };
}

export const isEmptyIdentity = (identity: CustomerIdentity): boolean => Object.keys(identity).length === 0;
