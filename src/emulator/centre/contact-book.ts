// External contacts: the customers of the centre, those who wrote in from outside, and what merging makes of them.
// Invariant: an identifier points to one contact; an ancestor of a merge is an alias of the canonical contact for ever.
import { idOf } from '../ids.ts';
import type { ContactCentre, Customer } from './centre.ts';

export interface Identifier {
  readonly type: string;
  readonly value: string;
  readonly externalSource?: { readonly id: string } | undefined;
}

export interface Contact {
  readonly id: string;
  readonly type: 'Curated' | 'Identified' | 'Ephemeral';
  readonly customer: Customer;
  readonly firstName: string;
  readonly lastName: string;
  readonly identifiers: readonly Identifier[];
  readonly createDate: string;
  readonly modifyDate: string;
  /** Ancestors, and the canonical contact itself; empty when never merged. */
  readonly mergeSet: readonly string[];
  readonly mergedFrom: readonly string[];
  /** What became of it directly. */
  readonly mergedTo?: string;
}

/** What the platform's merge takes at once. */
export const MAX_MERGED = 25;

export type MergeRefusal = 'unknown' | 'same' | 'too_many';

export interface Names {
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
}

/** The platform's default bound of a merge set. */
const MAX_MERGE_SET = 52;
/** People who wrote in; the oldest are forgotten first. */
const MAX_MET = 20_000;

export class ContactBook {
  readonly #centre: ContactCentre;
  readonly #now: () => string;
  readonly #contacts = new Map<string, Contact>();
  /** Identifier to the contact that has it. */
  readonly #owners = new Map<string, string>();
  /** Ancestor to canonical contact. */
  readonly #canonical = new Map<string, string>();
  readonly #met: string[] = [];

  constructor(centre: ContactCentre, now: () => string) {
    this.#centre = centre;
    this.#now = now;
    for (const customer of centre.customers) this.#put(curated(customer));
  }

  /** An ancestor's id gives the canonical contact. */
  find(id: string): Contact | undefined {
    return this.#contacts.get(this.#canonical.get(id) ?? id);
  }

  /** The contact of this very id, an ancestor too, as topics carry it. */
  told(id: string): object {
    const contact = this.#contacts.get(id);
    return contact === undefined ? {} : toldContact(contact, this.find(id) ?? contact, this.#centre.division.id);
  }

  /** Corrects something; false when there is no such contact. */
  correct(id: string): boolean {
    const contact = this.find(id);
    if (contact !== undefined) this.#amend(contact, contact.identifiers);
    return contact !== undefined;
  }

  lookUp(identifier: Identifier): Contact | undefined {
    return this.find(this.#owners.get(keyOf(identifier)) ?? '');
  }

  /** The contact an identifier points to; a new one when it points to none. */
  meet(identifier: Identifier, name: string): Contact {
    const known = this.lookUp(identifier);
    if (known !== undefined) return known;
    const id = idOf(this.#centre.organizationId, 'contact', keyOf(identifier));
    this.#met.push(id);
    const forgotten = this.#met.length > MAX_MET ? this.#met.shift() : undefined;
    if (forgotten !== undefined) this.#forget(forgotten);
    return this.#put(stranger(id, identifier, name, this.#now()));
  }

  /** Makes a new canonical contact of several; they become its aliases. */
  merge(ids: readonly string[], names: Names): Contact | MergeRefusal {
    const sources = [...new Set(ids.map((id) => this.find(id)))];
    const known = sources.filter((one) => one !== undefined);
    const [first] = known;
    if (first === undefined || known.length < sources.length) return 'unknown';
    if (known.length === 1) return 'same';
    const id = idOf(this.#centre.organizationId, 'merge', ...known.map((one) => one.id));
    const mergeSet = [...new Set(known.flatMap((one) => [...one.mergeSet, one.id])), id];
    if (mergeSet.length > MAX_MERGE_SET) return 'too_many';
    const now = this.#now();
    for (const alias of mergeSet) this.#canonical.set(alias, id);
    for (const source of known) this.#contacts.set(source.id, { ...source, mergedTo: id, modifyDate: now });
    return this.#put({
      ...mergedOf(first, known, names),
      id,
      mergeSet,
      createDate: now,
      modifyDate: now,
    });
  }

  /** False when another contact has it. */
  claim(contact: Contact, identifier: Identifier): boolean {
    const owner = this.lookUp(identifier);
    if (owner === undefined) this.#amend(contact, [...contact.identifiers, identifier]);
    return owner === undefined || owner.id === contact.id;
  }

  release(contact: Contact, identifier: Identifier): void {
    const key = keyOf(identifier);
    if (this.lookUp(identifier)?.id !== contact.id) return;
    this.#owners.delete(key);
    const kept = contact.identifiers.filter((one) => keyOf(one) !== key);
    this.#amend(contact, kept);
  }

  #amend(contact: Contact, identifiers: readonly Identifier[]): void {
    this.#put({ ...contact, identifiers, modifyDate: this.#now() });
  }

  #put(contact: Contact): Contact {
    this.#contacts.set(contact.id, contact);
    for (const identifier of contact.identifiers) this.#owners.set(keyOf(identifier), contact.id);
    return contact;
  }

  #forget(id: string): void {
    for (const identifier of this.#contacts.get(id)?.identifiers ?? []) this.#owners.delete(keyOf(identifier));
    this.#contacts.delete(id);
  }
}

function mergedOf(first: Contact, sources: readonly Contact[], names: Names): Contact {
  return {
    ...first,
    type: 'Curated',
    firstName: names.firstName ?? first.firstName,
    lastName: names.lastName ?? first.lastName,
    identifiers: sources.flatMap(({ identifiers }) => identifiers),
    mergedFrom: sources.map(({ id }) => id),
  };
}

const keyOf = ({ type, value, externalSource }: Identifier): string =>
  `${type}:${externalSource?.id ?? ''}:${type === 'Email' ? value.toLowerCase() : value}`;

/** The contact centre knew its customers before it was opened. */
const SINCE = '2025-11-20T09:00:00.000Z';

function curated(customer: Customer): Contact {
  const [firstName = '', lastName = ''] = customer.name.split(' ');
  return {
    id: customer.externalContactId,
    type: 'Curated',
    customer,
    firstName,
    lastName,
    identifiers: [{ type: 'Email', value: customer.email }, { type: 'Phone', value: customer.phone }],
    createDate: SINCE,
    modifyDate: SINCE,
    mergeSet: [],
    mergedFrom: [],
  };
} // prettier-ignore

function stranger(id: string, identifier: Identifier, name: string, now: string): Contact {
  const [firstName = '', ...rest] = name.split(' ');
  const { type, value } = identifier;
  return {
    id,
    type: 'Identified',
    customer: {
      externalContactId: id,
      name,
      email: type === 'Email' ? value : '',
      phone: type === 'Phone' ? value : '',
      city: '',
      accountId: `ACC-${id.slice(0, 8)}`,
      tier: 'bronze',
    },
    firstName,
    lastName: rest.join(' '),
    identifiers: [identifier],
    createDate: now,
    modifyDate: now,
    mergeSet: [],
    mergedFrom: [],
  };
}

export const valueOf = (identifiers: readonly Identifier[], type: string): string | undefined =>
  identifiers.find((one) => one.type === type)?.value;

function toldContact(contact: Contact, canonical: Contact, divisionId: string): object {
  const { id, type, firstName, lastName, identifiers, createDate, modifyDate, mergedFrom, mergedTo } = contact;
  const { mergeSet } = canonical;
  const phone = valueOf(identifiers, 'Phone');
  return {
    id,
    division: { id: divisionId },
    type,
    firstName,
    lastName,
    cellPhone: phone === undefined ? undefined : { display: phone, e164: phone },
    workEmail: valueOf(identifiers, 'Email'),
    canonicalContactId: canonical.id,
    ...(mergeSet.length > 0 ? { mergeSet } : {}),
    ...(mergedFrom.length > 0 ? { mergedFrom } : {}),
    ...(mergedTo === undefined ? {} : { mergedTo }),
    createDate,
    modifyDate,
  };
}
