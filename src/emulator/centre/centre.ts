// The invented contact centre: organisation, queues, agents, customers. Invariant: a pure function of its seed, so that
// queue and user ids are the same after a restart (subscriptions and configuration name them).
import { idOf } from '../ids.ts';
import { createRandom, seedOf, type Random } from '../random.ts';
import { createAttributesSchema, createFlows, type AttributesSchema, type Flow } from './flows.ts';
import { AREA_CODES, CITIES, GIVEN_NAMES, QUEUE_NAMES, SKILLS, SURNAMES, TIERS, WRAP_UP_CODES } from './words.ts';

export interface NamedEntity {
  readonly id: string;
  readonly name: string;
}

export interface Queue extends NamedEntity {
  readonly skillId: string;
  readonly description: string;
}

export interface User extends NamedEntity {
  readonly email: string;
  readonly department: string;
  /** Queues the user serves. */
  readonly queueIds: readonly string[];
}

export interface Customer {
  readonly externalContactId: string;
  readonly name: string;
  readonly email: string;
  /** E.164. */
  readonly phone: string;
  readonly city: string;
  readonly accountId: string;
  readonly tier: string;
}

export interface ContactCentre {
  readonly organizationId: string;
  readonly division: NamedEntity;
  readonly language: NamedEntity;
  readonly scriptId: string;
  readonly messagingAddressId: string;
  /** The open messaging integration that takes messages from outside. */
  readonly openIntegrationId: string;
  readonly queues: readonly Queue[];
  readonly users: readonly User[];
  readonly customers: readonly Customer[];
  readonly wrapUpCodes: readonly NamedEntity[];
  readonly flows: readonly Flow[];
  /** Of conversations' custom attributes. */
  readonly attributesSchema: AttributesSchema;
}

export const DEFAULT_USERS = 64;
/** Fewer than the 800 numbers there are, so that each customer has one of their own. */
const CUSTOMERS = 600;

/** More queues than have names of their own are numbered. */
export function createCentre(
  seed: number,
  userCount = DEFAULT_USERS,
  queueCount: number = QUEUE_NAMES.length,
): ContactCentre {
  const random = createRandom(seedOf('centre', seed));
  const id = (kind: string, number = 0): string => idOf('centre', seed, kind, number);
  const queues = Array.from({ length: queueCount }, (_, n) => {
    const name = queueName(n);
    const skill = SKILLS[n % QUEUE_NAMES.length] ?? SKILLS[0];
    return { id: id('queue', n), name, skillId: id('skill', n), description: `${name}, skill ${skill}` };
  });
  return {
    organizationId: id('organization'),
    division: { id: id('division'), name: 'Home' },
    language: { id: id('language'), name: 'English - Spoken' },
    scriptId: id('script'),
    messagingAddressId: id('messaging-address'),
    openIntegrationId: id('open-integration'),
    queues,
    users: Array.from({ length: userCount }, (_, n) => createUser(n, id('user', n), random, queues)),
    customers: Array.from({ length: CUSTOMERS }, (_, n) => createCustomer(n, id('contact', n), random)),
    wrapUpCodes: WRAP_UP_CODES.map((name, n) => ({ id: id('wrap-up-code', n), name })),
    flows: createFlows(seed),
    attributesSchema: createAttributesSchema(seed),
  };
}

function queueName(n: number): string {
  const round = Math.floor(n / QUEUE_NAMES.length);
  const name = QUEUE_NAMES[n % QUEUE_NAMES.length] ?? QUEUE_NAMES[0];
  return round === 0 ? name : `${name} ${round + 1}`;
}

/** Each user serves a home queue (in turn, so that none is empty) and one more. */
function createUser(number: number, id: string, random: Random, queues: readonly Queue[]): User {
  const { name, mailbox } = createPerson(number, random);
  const home = queues[number % queues.length] ?? random.pick(queues);
  const second = random.pick(queues);
  return {
    id,
    name,
    email: `${mailbox}@agents.example.com`,
    department: home.name,
    queueIds: [...new Set([home.id, second.id])],
  };
}

function createCustomer(number: number, externalContactId: string, random: Random): Customer {
  const { name, mailbox } = createPerson(number, random);
  const areaCode = AREA_CODES[number % AREA_CODES.length] ?? AREA_CODES[0];
  const line = String(Math.floor(number / AREA_CODES.length)).padStart(2, '0');
  return {
    externalContactId,
    name,
    email: `${mailbox}@example.com`,
    phone: `+1${areaCode}55501${line}`,
    city: CITIES[areaCode],
    accountId: `ACC-${10_000 + number}`,
    tier: random.pick(TIERS),
  };
}

/** Names repeat, as they do; mailboxes carry the number and do not. */
function createPerson(number: number, random: Random): { name: string; mailbox: string } {
  const given = random.pick(GIVEN_NAMES);
  const surname = random.pick(SURNAMES);
  return { name: `${given} ${surname}`, mailbox: `${given}.${surname}${number}`.toLowerCase() };
}
