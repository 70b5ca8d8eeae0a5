// What each detector finds and what it leaves, one line a case: the text as it should be marked.
import { describe, expect, test } from 'vitest';
import { marked, unmarked } from './found.ts';

const CASES: Readonly<Record<string, readonly string[]>> = {
  'e-mail addresses, written': [
    'write to ⟦EMAIL_ADDRESS:jane.doe+shop@mail.example.co.uk⟧.',
    '<⟦EMAIL_ADDRESS:o.brien@example.org⟧>, user=⟦EMAIL_ADDRESS:x_1@example.io⟧;',
    'mailto:⟦EMAIL_ADDRESS:jürgen@müller.example⟧',
    '👋⟦EMAIL_ADDRESS:a@b.co⟧👋 and "⟦EMAIL_ADDRESS:b@c.org⟧"',
    'https://shop.example/?q=1&for=⟦EMAIL_ADDRESS:jane%40example.org⟧&x=2',
    'follow @janedoe or mail nobody@localhost, 3 @ 5.00 each',
  ],
  'e-mail addresses, hidden and spoken': [
    'jane is at ⟦EMAIL_ADDRESS:jane (at) example (dot) org⟧',
    'reach ⟦EMAIL_ADDRESS:jane.doe[at]example[dot]com⟧ or ⟦EMAIL_ADDRESS:jane AT example DOT com⟧',
    'my email is ⟦EMAIL_ADDRESS:jane dot doe at example dot co dot uk⟧ and i wait',
    'it is ⟦EMAIL_ADDRESS:jane underscore doe at web dot de⟧ thanks',
    'send it to ⟦EMAIL_ADDRESS:j o h n at example dot net⟧ please',
    'correo ⟦EMAIL_ADDRESS:maria arroba example punto es⟧ gracias',
    'it is ⟦EMAIL_ADDRESS:said double three at example dot com⟧',
    'it is ⟦EMAIL_ADDRESS:jane.doe at gmail.com⟧ or ⟦EMAIL_ADDRESS:jane period doe at g mail dot com⟧',
    'so ⟦EMAIL_ADDRESS:jane_at_example_dot_org⟧ or ⟦EMAIL_ADDRESS:jane -at- example -dot- org⟧',
    'we meet at noon, look at example.com, dot your i at once',
  ],
  cards: [
    'card ⟦CREDIT_CARD:4111 1111 1111 1111⟧ exp 04/28',
    '⟦CREDIT_CARD:4111111111111111⟧ ⟦CREDIT_CARD:5555 5555 5555 4444⟧',
    '⟦CREDIT_CARD:378282246310005⟧, ⟦CREDIT_CARD:5555-5555-5555-4444⟧',
    'the number is ⟦CREDIT_CARD:four one one one one one one one one one one one one one one one⟧ expiry oh four twenty eight',
    'my card is ⟦CREDIT_CARD:double five double five five five five five five five five five four triple four⟧ ok',
    'cvv ⟦CREDIT_CARD:123⟧, security code: ⟦CREDIT_CARD:9876⟧',
    'my visa ⟦CREDIT_CARD:4111 1111 1111 1112⟧ was mistyped',
    'tracking 4111111111111112, order 4111-111-1111111111',
  ],
  IBANs: [
    'pay to ⟦IBAN_CODE:DE89 3704 0044 0532 0130 00⟧ now',
    '⟦IBAN_CODE:GB82WEST12345698765432⟧; ⟦IBAN_CODE:nl91 abna 0417 1643 00⟧',
    'IBAN ⟦IBAN_CODE:GB83WEST12345698765432⟧ (mistyped)',
    'part DE89370400440532013001 of the list',
  ],
  'national ids': [
    'my ssn is ⟦US_SSN:123-45-6789⟧ or ⟦US_SSN:123 45 6789⟧, social ⟦US_SSN:123456789⟧',
    'CPF ⟦NATIONAL_ID:529.982.247-25⟧, DNI ⟦NATIONAL_ID:12345678Z⟧, NIE ⟦NATIONAL_ID:X1234567L⟧',
    'NINO ⟦NATIONAL_ID:QQ 12 34 56 C⟧'.replace('QQ', 'AB'),
    'bsn ⟦NATIONAL_ID:111222333⟧ and pesel ⟦NATIONAL_ID:44051401359⟧',
    'hetu ⟦NATIONAL_ID:131052-308T⟧, rijksregister ⟦NATIONAL_ID:85.07.30-033.28⟧',
    'codice fiscale ⟦NATIONAL_ID:RSSMRA85T10A562S⟧',
    'passport number ⟦NATIONAL_ID:X1234567⟧ please',
    'numéro ⟦NATIONAL_ID:2 55 08 14 168 025 38⟧, AHV ⟦NATIONAL_ID:756.9217.0769.85⟧',
    'my social is ⟦US_SSN:one two three four five six seven eight nine⟧ ok',
    'ticket 123-45-6789, part 000-12-3456',
  ],
  'addresses of machines': [
    'from ⟦IP_ADDRESS:203.0.113.7⟧:8080 and ⟦IP_ADDRESS:2001:db8::ff00:42:8329⟧',
    'mac ⟦MAC_ADDRESS:00:1A:2b:3C:4d:5E⟧ or ⟦MAC_ADDRESS:00-1a-2b-3c-4d-5e⟧',
    'version 1.2.3.4, v10.0.0.1, 127.0.0.1, 300.1.1.1, 1.2.3.4.5',
    'at 12:30:00, std::vector, 1:2:3',
  ],
  'phone numbers anywhere': [
    'call ⟦PHONE_NUMBER:+31 6 12345678⟧ or ⟦PHONE_NUMBER:(201) 555-0123⟧ x12'.replace('⟧ x12', ' x12⟧'),
    'mobile: ⟦PHONE_NUMBER:07700 900123⟧',
    '⟦PHONE_NUMBER:0044 20 7946 0958⟧ is mine',
    'Phone:\n⟦PHONE_NUMBER:467 3395⟧',
    'my number is ⟦PHONE_NUMBER:seven zero zero nine double zero one two three⟧ ok',
    'sure ⟦PHONE_NUMBER:sechs eins zwei drei vier fünf sechs sieben acht⟧ danke',
    'oui ⟦PHONE_NUMBER:zéro six douze trente-quatre cinquante-six vingt⟧ merci',
    'sure ⟦PHONE_NUMBER:six twelve thirty four fifty six seventy eight⟧ ok',
    '⟦PHONE_NUMBER:(311)905-4466x8827⟧-Fax, ref ⟦PHONE_NUMBER:+31612345678⟧',
    'order 0612345678, ticket #0612345678, ref CS0612345678, code 470478',
    'on 2025-02-11 at 12:30, $2103.53, 584-4085788-2198994, 9.14.5 build 6074',
    'i waited forty five minutes for one hundred and twenty three dollars',
    '7f9bdd83-a5a2-4316-8721-612345678901 and 1Z415AA6374210944',
  ],
  'dates of birth': [
    'born on ⟦DATE_OF_BIRTH:4 May 1980⟧; dob: ⟦DATE_OF_BIRTH:11/3/1995⟧; birthday is ⟦DATE_OF_BIRTH:May 4th, 1980⟧',
    'my date of birth is ⟦DATE_OF_BIRTH:the fourth of may nineteen eighty⟧ thanks',
    'geboren am ⟦DATE_OF_BIRTH:04.05.1980⟧, dob="⟦DATE_OF_BIRTH:1976-12-20⟧"',
    'my dob: ⟦DATE_OF_BIRTH:twelve five nineteen eighty⟧ ok',
    'charged on 11/3/1995, delivered 4 May 1980',
  ],
  URLs: [
    'https://⟦URL:jane:secret⟧@example.org/x?page=2&token=⟦URL:abc.def⟧#top',
    'https://example.org/x?page=2&size=10',
  ],
  addresses: [
    'update my address to ⟦ADDRESS:Main Road 12, 1012 AB Amsterdam⟧',
    'Regards\n⟦ADDRESS:Calle Mayor 5, 28013 Madrid⟧',
    'at ⟦ADDRESS:742 Evergreen Terrace, Springfield, OR 97477⟧.',
    'i bought 12 items, total 1428 Euro',
  ],
  names: [
    'my name is ⟦NAME:Jane van der Berg⟧, thanks Dave',
    'Name: ⟦NAME:Jane Doe⟧\nStatus: Open',
    'Kind regards,\n⟦NAME:Jane Doe⟧\nBerlin',
    'This is Unacceptable, Dear Team, Hello Sarah',
  ],
  tables: [
    'name,email,dob\n⟦NAME:Jane Doe⟧,⟦EMAIL_ADDRESS:jane@example.org⟧,⟦DATE_OF_BIRTH:1980-05-04⟧',
    '| Name | SSN |\n|---|---|\n| ⟦NAME:Jane Doe⟧ | ⟦US_SSN:123-45-6789⟧ |',
    '{"dob": "⟦DATE_OF_BIRTH:1980-05-04⟧", "insurance_id": "⟦NATIONAL_ID:NID-900190799⟧", "state": "on"}',
    '<p ssn="⟦US_SSN:912-34-5678⟧" kind="Blue-12"/>',
    'item,price\nchair,12',
  ],
};

describe.each(Object.entries(CASES))('%s', (_, cases) => {
  test.each(cases.map((text) => [text]))('%s', (text) => {
    expect(marked(unmarked(text))).toBe(text);
  });
});

describe('phone numbers of a region', () => {
  test.each([
    ['NL', 'its me, ⟦PHONE_NUMBER:06 12345678⟧'],
    ['CY', 'try ⟦PHONE_NUMBER:96 596435⟧'],
    ['GL', 'try ⟦PHONE_NUMBER:22 27 82⟧'],
    ['US', 'try ⟦PHONE_NUMBER:2015550123⟧'],
    ['NL', 'try ⟦PHONE_NUMBER:six one two three four five six seven eight⟧'],
    ['GB', 'its ⟦PHONE_NUMBER:07700900123⟧ thx'],
    ['NL', 'serial 0612345678'],
    ['US', 'score 12345-67890, years 1998 1999 2000 2001, sold 12345678, meter 0012345678'],
    ['nowhere', 'try 96 596435'],
  ])('%s: %s', (region, text) => {
    expect(marked(unmarked(text), { region })).toBe(text);
  });
});

describe('other scripts and widths', () => {
  test.each([
    ['call ⟦PHONE_NUMBER:＋３１ ６ １２３４５６７８⟧'],
    ['call ⟦PHONE_NUMBER:٠٦١٢٣٤٥٦٧٨⟧'],
    ['card ⟦CREDIT_CARD:4111\u00a01111\u20111111\u20091111⟧'],
    ['card ⟦CREDIT_CARD:4\u200b111111111111111⟧'],
    ['mail ⟦EMAIL_ADDRESS:jane\u200b@example\u00ad.org⟧ 👩‍👩‍👧'],
    ['⟦EMAIL_ADDRESS:иван@пример.рф⟧ и ⟦EMAIL_ADDRESS:jane＠example.org⟧'],
    ['𝟎𝟔: call ⟦PHONE_NUMBER:𝟎𝟔𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖⟧'],
  ])('%s', (text) => {
    expect(marked(unmarked(text))).toBe(text);
  });
});
