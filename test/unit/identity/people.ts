// A small world of made-up people, for the tests of the resolver. Invariant: the comment beside each says what it is for.
import type { Sighting } from '../../../src/domain/identity/candidates.ts';
import { bandsOf } from '../../../src/domain/identity/bands.ts';
import { featuresOf } from '../../../src/domain/identity/features.ts';
import { populationOf } from '../../../src/domain/identity/population.ts';
import { identityRecordSchema } from '../../../src/domain/identity/record.ts';
import { resolve, type Resolution, type ResolveOptions } from '../../../src/domain/identity/resolve.ts';

export interface Person {
  readonly id: string;
  readonly person: string;
  readonly [field: string]: unknown;
}

const crm = (value: string) => ({ externalIds: [{ source: 'crm', value }] });
const cookie = (value: string) => ({ externalIds: [{ source: 'cookie', value }] });

export const PEOPLE: readonly Person[] = [
  // One woman on four channels
  { id: 'a1', person: 'ada', name: 'Ada Quillfeather', email: 'ada.quillfeather@gmail.com' },
  { id: 'a2', person: 'ada', name: 'Guest_4411', email: 'AdaQuillfeather+shop@googlemail.com', ...cookie('k1') },
  { id: 'a3', person: 'ada', name: 'QUILLFEATHER AD', phone: 'tel:+442079460018', ...crm('C-1') },
  { id: 'a4', person: 'ada', name: 'ada', phone: '020 7946 0018', region: 'GB', ...cookie('k1') },
  { id: 'a5', person: 'ada', phone: 'anonymous', ...crm('C-1') },
  // A household: one telephone, two people
  { id: 'h1', person: 'otto', name: 'Otto Brandvold', phone: '+4722123456' },
  { id: 'h2', person: 'otto', name: 'BRANDVOLD OTTO', phone: 'sip:+4722123456@carrier.example.net' },
  { id: 'h3', person: 'runa', name: 'Runa Brandvold', phone: '+4722123456' },
  // A father and his son
  { id: 'j1', person: 'elder', name: 'Tomas Vicario', phone: '+34911234567' },
  { id: 'j2', person: 'younger', name: 'Tomas Vicario Jr', phone: '+34911234567' },
  // An office
  { id: 'o1', person: 'mira', name: 'Mira Falkenrath', email: 'info@falkenrath-legal.example' },
  { id: 'o2', person: 'piet', name: 'Piet Oosterdam', email: 'info@falkenrath-legal.example' },
  // Namesakes
  { id: 'n1', person: 'north', name: 'Ines Corvalan', email: 'ines.corvalan@mail.example', ...crm('C-7') },
  { id: 'n2', person: 'south', name: 'Ines Corvalan', email: 'icorvalan77@post.example', ...crm('C-8') },
  // Nobody: withheld numbers, placeholders and guests
  { id: 'x1', person: 'x1', name: 'WIRELESS CALLER', phone: '+266696687' },
  { id: 'x2', person: 'x2', name: 'WIRELESS CALLER', phone: '+266696687' },
  { id: 'x3', person: 'x3', name: 'Anonymous', phone: 'anonymous' },
  { id: 'x4', person: 'x4', name: 'Guest_8842' },
  { id: 'x5', person: 'x5', name: 'Guest_8843' },
  { id: 'x6', person: 'x6' },
  // A form, filled in badly twice
  {
    id: 'f1',
    person: 'ewa',
    given: 'Ewa',
    surname: 'Lindqvist',
    dob: '1981-07-19',
    city: 'Uppsala',
    street: '12 Elm Row',
  },
  { id: 'f2', person: 'ewa', given: 'Lindqvist', surname: 'Ewa', dob: '1981-07-19', city: 'Upsala' },
  {
    id: 'f3',
    person: 'ewa',
    given: 'Ewa',
    surname: 'Lindqvsit',
    dob: '1981-07-91',
    city: 'Uppsala',
    street: '12 Elm Row',
  },
];

export const sighting = (record: object): Sighting => {
  const read = identityRecordSchema.parse(record);
  return { id: read.id, features: featuresOf(read) };
};

export function resolved(records: readonly object[], options: Partial<ResolveOptions> = {}): Resolution {
  const sightings = records.map(sighting);
  const population = populationOf(sightings.map(({ features }) => features));
  return resolve(sightings, population, { bands: bandsOf(), ...options });
}

/** Profiles as text, in an order of their own. */
export const partition = ({ profiles }: Resolution): string[] => profiles.map(({ ids }) => ids.join(' ')).toSorted();
