// What is known of one person: the normalised values of one record, or of all records of a profile. Invariants: values
// are sets in a fixed order, so that merging is commutative, associative and changes nothing when repeated.
import { birthDateFrom } from './birth-date.ts';
import { emailFrom, type Email } from './email.ts';
import { externalIdFrom, type ExternalId } from './external-id.ts';
import { nameFrom, nameFromParts, type PersonName } from './name.ts';
import { phoneFrom, type Phone } from './phone.ts';
import { placeFrom, type Place } from './place.ts';
import type { IdentityRecord } from './record.ts';

export interface Features {
  readonly names: readonly PersonName[];
  readonly emails: readonly Email[];
  readonly phones: readonly Phone[];
  readonly ids: readonly ExternalId[];
  readonly births: readonly string[];
  readonly places: readonly Place[];
}

export function featuresOf(record: IdentityRecord): Features {
  const parts = record.given ?? record.surname;
  const name = parts === undefined ? optional(record.name, nameFrom) : nameFromParts(record.given, record.surname);
  const declared = record.ext === undefined ? [] : [{ source: 'ext', value: record.ext }];
  return {
    names: present([name]),
    emails: byKey(present([record.email, ...record.emails].map((text) => optional(text, emailFrom))), emailKey),
    phones: byKey(
      present([record.phone, ...record.phones].map((text) => optional(text, (it) => phoneFrom(it, record.region)))),
      keyOf,
    ),
    ids: byKey(present([...record.externalIds, ...declared].map((id) => externalIdFrom(id.source, id.value))), keyOf),
    births: present([optional(record.dob, birthDateFrom)]),
    places: present([placeFrom(record)]),
  };
}

export function merged(one: Features, other: Features): Features {
  return {
    names: byKey([...one.names, ...other.names], keyOf),
    emails: byKey([...one.emails, ...other.emails], emailKey),
    phones: byKey([...one.phones, ...other.phones], keyOf),
    ids: byKey([...one.ids, ...other.ids], keyOf),
    births: byKey([...one.births, ...other.births], (birth) => birth),
    places: byKey([...one.places, ...other.places], keyOf),
  };
}

const keyOf = (value: { readonly key: string }): string => value.key;
const emailKey = (email: Email): string => email.address;

const present = <T>(values: readonly (T | undefined)[]): T[] => values.filter((value) => value !== undefined);

const optional = <T>(text: string | undefined, read: (text: string) => T | undefined): T | undefined =>
  text === undefined ? undefined : read(text);

function byKey<T>(values: readonly T[], key: (value: T) => string): T[] {
  if (values.length < 2) return [...values];
  const kept = new Map(values.map((value) => [key(value), value]));
  return [...kept].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => value);
}
