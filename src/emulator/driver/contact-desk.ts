// Changes external contacts and tells it to the topics of all that changed: on request, and now and then after a
// conversation. Invariant: who changes is drawn per conversation, so that no other dice are moved.
import { createContacts } from '../centre/contacts.ts';
import type { ContactCentre } from '../centre/centre.ts';
import type { LiveConversation } from '../conversation/live-conversation.ts';
import { createRandom, seedOf } from '../random.ts';
import type { Teller } from './teller.ts';

export interface ContactDesk {
  /** An agent corrects it; false when there is none of that id. */
  change(contactId: string): boolean;
  /** The ids of all that changed, the new one last; none when the platform would refuse. */
  merge(contactIds: readonly string[]): readonly string[];
  /** What becomes of the customer's contact after a conversation. */
  afterwards(conversation: LiveConversation): void;
}

/** How often an agent corrects the contact after a conversation. */
const CORRECTED = 0.1;

export function createContactDesk(centre: ContactCentre, teller: Teller, now: () => string): ContactDesk {
  const contacts = createContacts(centre);
  const tell = (contactId: string): void =>
    teller.send(`v2.externalcontacts.contacts.${contactId}`, () => contacts.body(contactId));
  const change = (contactId: string): boolean => {
    const isKnown = contacts.change(contactId, now());
    if (isKnown) tell(contactId);
    return isKnown;
  };
  return {
    change,
    merge: (contactIds) => {
      const changed = contacts.merge(contactIds, now());
      changed.forEach(tell);
      return changed;
    },
    afterwards: ({ id, snapshot }) => {
      const customer = snapshot.participants.find(({ purpose }) => purpose === 'customer');
      if (createRandom(seedOf('contact', id)).chance(CORRECTED)) change(customer?.externalContactId ?? '');
    },
  };
}
