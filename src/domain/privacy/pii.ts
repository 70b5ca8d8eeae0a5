// What kinds of personal data there are, and where one lies in a text. Invariants: offsets are UTF-16, as strings of
// JavaScript count; the marks are names that users' queries rely on, so they never change.

export const PII_TYPES = [
  'EMAIL_ADDRESS',
  'IBAN_CODE',
  'CREDIT_CARD',
  'US_SSN',
  'NATIONAL_ID',
  'IP_ADDRESS',
  'MAC_ADDRESS',
  'PHONE_NUMBER',
  'DATE_OF_BIRTH',
  'URL',
  'ADDRESS',
  'NAME',
] as const;
export type PiiType = (typeof PII_TYPES)[number];

/** `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly type: PiiType;
}

export const MARKS: Readonly<Record<PiiType, string>> = {
  EMAIL_ADDRESS: 'REDACTED_EMAIL',
  IBAN_CODE: 'REDACTED_IBAN',
  CREDIT_CARD: 'REDACTED_CARD',
  US_SSN: 'REDACTED_NATIONAL_ID',
  NATIONAL_ID: 'REDACTED_NATIONAL_ID',
  IP_ADDRESS: 'REDACTED_IP',
  MAC_ADDRESS: 'REDACTED_MAC',
  PHONE_NUMBER: 'REDACTED_PHONE',
  DATE_OF_BIRTH: 'REDACTED_BIRTH_DATE',
  URL: 'REDACTED_URL',
  ADDRESS: 'REDACTED_ADDRESS',
  NAME: 'REDACTED_NAME',
};

/** What is known of the person whose conversation it is. Empty values are left out of the search. */
export interface Profile {
  readonly names?: readonly string[];
  readonly emails?: readonly string[];
  readonly phones?: readonly string[];
  readonly addresses?: readonly string[];
  /** Numbers of customers, contracts, national ids. */
  readonly ids?: readonly string[];
}

export interface TextContext {
  /** ISO 3166 alpha-2: how a phone number without a country code is read. */
  readonly region?: string;
  readonly profile?: Profile;
}
