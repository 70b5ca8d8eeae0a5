// External contacts as they change during a run: corrected by agents, merged into new ones. Invariant: a merged contact
// never comes back; it points to the contact that stands for its whole merge set.
import { idOf } from '../ids.ts';
import type { ContactCentre, Customer } from './centre.ts';

/** What the platform's merge takes at once, and what a merge set may hold. */
export const MAX_MERGED = 25;
const MAX_MERGE_SET = 52;

interface Contact {
  readonly id: string;
  readonly customer: Customer;
  modifyDate: string;
  canonicalContactId: string;
  mergeSet: readonly string[];
  mergedFrom?: readonly string[];
  mergedTo?: string;
}

export interface Contacts {
  /** Corrects something; false when there is no such contact. */
  change(contactId: string, at: string): boolean;
  /** Merges contacts into a new one: the ids of all that changed, the new one last; none when that is not possible. */
  merge(contactIds: readonly string[], at: string): readonly string[];
  /** As topics carry it. */
  body(contactId: string): object;
}

export function createContacts(centre: ContactCentre): Contacts {
  const created = '2025-11-20T09:00:00.000Z';
  const contacts = new Map<string, Contact>();
  for (const customer of centre.customers) {
    const id = customer.externalContactId;
    contacts.set(id, { id, customer, modifyDate: created, canonicalContactId: id, mergeSet: [id] });
  }

  const canonicalOf = (contactId: string): Contact | undefined => {
    const contact = contacts.get(contactId);
    return contact === undefined ? undefined : contacts.get(contact.canonicalContactId);
  };

  const absorb = (parents: readonly Contact[], at: string): readonly string[] => {
    const [first] = parents;
    const sets = parents.flatMap((parent) => parent.mergeSet);
    if (first === undefined || parents.length < 2 || sets.length >= MAX_MERGE_SET) return [];
    const id = idOf('merged-contact', ...sets);
    const mergeSet = [...sets, id];
    const mergedFrom = parents.map((parent) => parent.id);
    contacts.set(id, { id, customer: first.customer, modifyDate: at, canonicalContactId: id, mergeSet, mergedFrom });
    for (const parent of parents) parent.mergedTo = id;
    for (const ancestor of sets) Object.assign(contacts.get(ancestor) ?? {}, { canonicalContactId: id, mergeSet });
    for (const ancestor of sets) Object.assign(contacts.get(ancestor) ?? {}, { modifyDate: at });
    return mergeSet;
  };

  return {
    change: (contactId, at) => {
      const contact = canonicalOf(contactId);
      if (contact !== undefined) contact.modifyDate = at;
      return contact !== undefined;
    },
    merge: (contactIds, at) => {
      const found = contactIds.map(canonicalOf);
      const parents = found.filter((contact) => contact !== undefined);
      return parents.length < found.length ? [] : absorb([...new Set(parents)], at);
    },
    body: (contactId) => bodyOf(contacts.get(contactId), centre.division.id, created),
  };
}

function bodyOf(contact: Contact | undefined, divisionId: string, createDate: string): object {
  if (contact === undefined) return {};
  const { id, customer, modifyDate, canonicalContactId, mergeSet, mergedFrom, mergedTo } = contact;
  const [firstName, lastName] = customer.name.split(' ');
  return {
    id,
    division: { id: divisionId },
    type: 'Curated',
    firstName,
    lastName,
    cellPhone: { display: customer.phone, e164: customer.phone, countryCode: 'US' },
    workEmail: customer.email,
    canonicalContactId,
    ...(mergeSet.length > 1 ? { mergeSet } : {}),
    ...(mergedFrom === undefined ? {} : { mergedFrom }),
    ...(mergedTo === undefined ? {} : { mergedTo }),
    createDate,
    modifyDate,
  };
}
