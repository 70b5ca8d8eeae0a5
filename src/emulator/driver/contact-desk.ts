// Changes external contacts and tells it to the topics of all that changed: on request, and now and then after a
// conversation. Invariant: who changes is drawn per conversation, so that no other dice are moved.
import { ContactBook, type Contact, type MergeRefusal, type Names } from '../centre/contact-book.ts';
import type { ContactCentre } from '../centre/centre.ts';
import type { LiveConversation } from '../conversation/live-conversation.ts';
import { createRandom, seedOf } from '../random.ts';
import type { Teller } from './teller.ts';

export interface ContactDesk extends Pick<ContactBook, 'find' | 'lookUp' | 'meet' | 'claim' | 'release'> {
  /** An agent corrects it; false when there is none of that id. */
  change(contactId: string): boolean;
  /** The new contact that stands for all, or why the platform would refuse. */
  merge(contactIds: readonly string[], names?: Names): Contact | MergeRefusal;
  /** What becomes of the customer's contact after a conversation. */
  afterwards(conversation: LiveConversation): void;
}

/** How often an agent corrects the contact after a conversation. */
const CORRECTED = 0.1;

export function createContactDesk(centre: ContactCentre, teller: Teller, now: () => string): ContactDesk {
  const book = new ContactBook(centre, now);
  const tell = (contactId: string): void =>
    teller.send(`v2.externalcontacts.contacts.${contactId}`, () => book.told(contactId));
  const change = (contactId: string): boolean => {
    const isKnown = book.correct(contactId);
    if (isKnown) tell(contactId);
    return isKnown;
  };
  return {
    find: (id) => book.find(id),
    lookUp: (identifier) => book.lookUp(identifier),
    meet: (identifier, name) => book.meet(identifier, name),
    claim: (contact, identifier) => book.claim(contact, identifier),
    release: (contact, identifier) => book.release(contact, identifier),
    change,
    merge: (contactIds, names = {}) => {
      const merged = book.merge(contactIds, names);
      if (typeof merged !== 'string') merged.mergeSet.forEach(tell);
      return merged;
    },
    afterwards: ({ id, snapshot }) => {
      const customer = snapshot.participants.find(({ purpose }) => purpose === 'customer');
      if (createRandom(seedOf('contact', id)).chance(CORRECTED)) change(customer?.externalContactId ?? '');
    },
  };
}
