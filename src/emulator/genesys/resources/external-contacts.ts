// External contacts: read, looked up by identifier, merged, identifiers claimed and released. Invariant: an ancestor's
// path answers the canonical contact; a lookup finds exactly one contact or none (404).
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ContactCentre, NamedEntity } from '../../centre/centre.ts';
import { MAX_MERGED, valueOf, type Contact, type MergeRefusal } from '../../centre/contact-book.ts';
import type { ContactDesk } from '../../driver/contact-desk.ts';
import { conflict, notFound, parse, PlatformError } from '../error-body.ts';
import { needs } from '../permissions.ts';

const IDENTIFIER_TYPES = [
  'SocialLine', 'SocialFacebook', 'SocialTwitter', 'SocialWhatsapp', 'SocialInstagram', 'AppleOpaqueId', 'Email',
  'Phone', 'Cookie', 'ExternalId',
] as const; // prettier-ignore
const E164 = /^\+[1-9]\d{6,14}$/;

const identifierSchema = z
  .object({
    type: z.enum(IDENTIFIER_TYPES),
    value: z.string().min(1).max(500),
    externalSource: z.object({ id: z.string().max(100) }).optional(),
  })
  .refine(({ type, value }) => type !== 'Phone' || E164.test(value), 'a phone needs + and its country code');
const mergeSchema = z.object({
  contactIds: z.array(z.string().max(100)).min(2).max(MAX_MERGED),
  valueOverride: z
    .object({ firstName: z.string().max(200).optional(), lastName: z.string().max(200).optional() })
    .default({}),
});
const claimSchema = z.object({ operation: z.enum(['CLAIM', 'RELEASE']), identifier: identifierSchema });
const paramsSchema = z.object({ contactId: z.string() });

export interface ExternalContactContext {
  readonly centre: ContactCentre;
  readonly contacts: ContactDesk;
}

export function externalContactRoutes(app: FastifyInstance, context: ExternalContactContext): void {
  const { contacts } = context;
  const show = (contact: Contact): Record<string, unknown> => contactResource(contact, context.centre.division);
  const contactOf = (params: unknown): Contact => {
    const contact = contacts.find(paramsSchema.parse(params).contactId);
    if (contact === undefined) throw notFound('contact');
    return contact;
  };
  const view = needs('externalContacts:contact:view', 'relate:contact:view');

  app.get('/externalcontacts/contacts/:contactId', view, (request) => show(contactOf(request.params)));
  app.post('/externalcontacts/identifierlookup/contacts', needs('externalContacts:contact:view'), (request) => {
    const contact = contacts.lookUp(parse(identifierSchema, request.body, 'body'));
    if (contact === undefined) throw notFound('contact');
    return show(contact);
  });
  app.post('/externalcontacts/contacts/merge', needs('externalContacts:identity:merge'), (request) => {
    const { contactIds, valueOverride } = parse(mergeSchema, request.body, 'body');
    const merged = contacts.merge(contactIds, valueOverride);
    if (typeof merged === 'string') throw mergeError(merged);
    return show(merged);
  });
  app.patch('/externalcontacts/contacts/:contactId/identifiers', needs('externalContacts:contact:edit'), (request) => {
    const contact = contactOf(request.params);
    const { operation, identifier } = parse(claimSchema, request.body, 'body');
    if (operation === 'RELEASE') contacts.release(contact, identifier);
    else if (!contacts.claim(contact, identifier)) throw conflict('The identifier belongs to another contact');
    return identifier;
  });
}

function mergeError(refusal: MergeRefusal): PlatformError {
  if (refusal === 'unknown') return notFound('contact');
  if (refusal === 'same') return conflict('The contacts are one contact already');
  return new PlatformError(400, 'bad.request', 'The merge set would exceed the limit of 52 contacts');
}

const reference = (id: string): { id: string; selfUri: string } => ({
  id,
  selfUri: `/api/v2/externalcontacts/contacts/${id}`,
});

function contactResource(contact: Contact, division: NamedEntity): Record<string, unknown> {
  const { id, type, firstName, lastName, identifiers, createDate, modifyDate, mergeSet, mergedFrom, customer } =
    contact;
  const merged = mergeSet.length > 0;
  const email = valueOf(identifiers, 'Email');
  const phone = valueOf(identifiers, 'Phone');
  return {
    id,
    type,
    division: { id: division.id, name: division.name },
    firstName,
    lastName,
    workEmail: email,
    cellPhone: phone === undefined ? undefined : { display: phone, e164: phone, userInput: phone },
    address: customer.city === '' ? undefined : { city: customer.city },
    identifiers,
    createDate,
    modifyDate,
    surveyOptOut: false,
    canonicalContact: merged ? reference(id) : undefined,
    mergeSet: merged ? mergeSet.map(reference) : undefined,
    mergedFrom: merged ? mergedFrom.map(reference) : undefined,
    selfUri: `/api/v2/externalcontacts/contacts/${id}`,
  };
}
