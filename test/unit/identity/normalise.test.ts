// What each normaliser makes of what channels send. Invariant: each row is one rule, and normalising twice changes nothing.
import { describe, expect, test } from 'vitest';
import { birthDateFrom } from '../../../src/domain/identity/birth-date.ts';
import { emailFrom } from '../../../src/domain/identity/email.ts';
import { externalIdFrom } from '../../../src/domain/identity/external-id.ts';
import { featuresOf } from '../../../src/domain/identity/features.ts';
import { fold } from '../../../src/domain/identity/fold.ts';
import { nameFrom, nameFromParts } from '../../../src/domain/identity/name.ts';
import { phoneFrom } from '../../../src/domain/identity/phone.ts';
import { placeFrom } from '../../../src/domain/identity/place.ts';
import { identityRecordSchema } from '../../../src/domain/identity/record.ts';

describe('a name', () => {
  test.each([
    ['Ada Byron', 'ada byron'],
    ['  ADA   BYRON ', 'ada byron'],
    ['Byron, Ada', 'ada byron'],
    ['Dr. Ada Byron', 'ada byron'],
    ['Frau Ada Byron', 'ada byron'],
    ['Áda Býrøn', 'ada byron'],
    ['Ada🌸 Byron', 'ada byron'],
    ["Siobhán O'Brien", 'siobhan obrien'],
    ['Siobhan O Brien', 'siobhan obrien'],
    ['Ann-Marie Weiß', 'ann marie weiss'],
    ['Ada B.', 'ada b'],
    ['Paul Byron Jr', 'paul byron junior'],
    ['Paul Byron, Jr.', 'paul byron junior'],
    ['Paul Byron Sr.', 'paul byron senior'],
    ['Sr. Pablo Marin', 'pablo marin'],
    ['BYRON-HAMMERSTE', 'byron hammerste …'],
  ])('%s reads %s', (text, key) => {
    expect(nameFrom(text)?.key).toBe(key);
  });

  test.each([
    'Guest_8842',
    'guest 17',
    'WIRELESS CALLER',
    'Anonymous',
    'UNKNOWN',
    'V06251503300011',
    'CHICAGO IL',
    'London',
    '+4479460018',
    '🌸',
    '   ',
    'Toll Free Call',
    'Mr.',
  ])('%s is none', (text) => {
    expect(nameFrom(text)).toBeUndefined();
  });

  test('may be in two fields, one of them empty', () => {
    expect(nameFromParts('Ada', 'Byron')?.key).toBe('ada byron');
    expect(nameFromParts(undefined, 'Byron')?.key).toBe('byron');
  });
});

describe('an e-mail address', () => {
  test.each([
    ['Ada.Byron@Example.COM', 'ada.byron@example.com', false],
    ['mailto:ada@example.com', 'ada@example.com', false],
    [' <ada@example.com> ', 'ada@example.com', false],
    ['ada+shop@example.com', 'ada@example.com', false],
    ['A.d.a+x@gmail.com', 'ada@gmail.com', false],
    ['ada@googlemail.com', 'ada@gmail.com', false],
    ['Info@example.com', 'info@example.com', true],
    ['support2@example.com', 'support2@example.com', true],
    ['ada@example.com.', 'ada@example.com', false],
  ])('%s reads %s', (text, address, role) => {
    expect(emailFrom(text)).toMatchObject({ address, role });
    expect(emailFrom(address)?.address).toBe(address);
  });

  test.each(['', 'ada', '@example.com', 'ada@', '...@gmail.com'])('%s is none', (text) => {
    expect(emailFrom(text)).toBeUndefined();
  });
});

describe('a telephone number', () => {
  test.each([
    ['tel:+442079460018', undefined, '+442079460018'],
    ['sip:+442079460018@carrier.example.net', undefined, '+442079460018'],
    ['sip:+442079460018;npdi@carrier.example.net', undefined, '+442079460018'],
    ['whatsapp:+442079460018', undefined, '+442079460018'],
    ['00442079460018', undefined, '+442079460018'],
    ['020 7946 0018', 'GB', '+442079460018'],
    ['020 7946 0018', 'gb', '+442079460018'],
    ['(208) 486-2732', 'US', '+12084862732'],
    // No country: what is left is its last digits
    ['020 7946 0018', undefined, '2079460018'],
    ['020 7946 0018', 'ZZ', '2079460018'],
  ])('%s in %s reads %s', (text, region, key) => {
    expect(phoneFrom(text, region)?.key).toBe(key);
  });

  test.each([
    'anonymous',
    'sip:anonymous@anonymous.invalid',
    'Restricted',
    // ANONYMOUS on the keypad
    '+266696687',
    '0000000000',
    '12345',
    'sip:reception@example.com',
    '',
  ])('%s is none', (text) => {
    expect(phoneFrom(text, 'US')).toBeUndefined();
  });
});

test.each([
  ['1984-02-29', '19840229'],
  ['19840229', '19840229'],
  ['29.2.1984', '19840229'],
  ['29/02/1984', '19840229'],
  ['1984-02-29T00:00:00Z', '19840229'],
  ['1983-02-29', undefined],
  ['1900-01-01', undefined],
  ['1970-01-01', undefined],
  ['soon', undefined],
])('the date of birth %s reads %s', (text, digits) => {
  expect(birthDateFrom(text)).toBe(digits);
});

test.each([
  ['CRM', ' C-1 ', 'crm:C-1', 'account'],
  ['cookie', 'ck_1', 'cookie:ck_1', 'device'],
  ['ext', '123', 'ext:123', 'declared'],
])('an id of %s is %s', (source, value, key, trust) => {
  expect(externalIdFrom(source, value)).toMatchObject({ key, trust });
});

test('an address keeps what it has', () => {
  expect(placeFrom({ city: 'Newcastle-upon-Tyne', postcode: 'NE1 4ST' })).toMatchObject({
    city: 'newcastle upon tyne',
    postcode: 'ne14st',
    street: undefined,
  });
  expect(placeFrom({ city: ' ' })).toBeUndefined();
});

test('folding is done once', () => {
  for (const text of ['Łukasz Þór', 'İstanbul', 'ﬁne — Straße', 'Ærøskøbing'])
    expect(fold(fold(text))).toBe(fold(text));
});

test('a record may know next to nothing, and fields nobody asked for', () => {
  const record = identityRecordSchema.parse({
    id: 'a',
    email: null,
    name: '',
    channel: 'voice',
    phones: ['+442079460018'],
  });
  expect(featuresOf(record)).toMatchObject({ names: [], emails: [], phones: [{ key: '+442079460018' }] });
  expect(identityRecordSchema.safeParse({ id: 'a', name: 'x'.repeat(321) }).success).toBe(false);
});
