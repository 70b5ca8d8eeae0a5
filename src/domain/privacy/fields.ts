// What the name of a field says its value is. Invariant: one list for records (field-policy.ts) and for tables and lists in
// free text (tables.ts, names.ts); names are compared without case, spaces, dashes and underscores.
import type { PiiType } from './pii.ts';

const NAMES: Readonly<Partial<Record<PiiType, string>>> = {
  NAME:
    'name fullname firstname lastname givenname familyname middlename surname maidenname nickname displayname contactname ' +
    'customername cardholder cardholdername accountholder claimant patientname employeename screenname username vorname ' +
    'nachname nombre apellido apellidos nom prenom cognome naam',
  EMAIL_ADDRESS:
    'email emails emailaddress emailaddresses workemail personalemail otheremail mail replyto fromaddress toaddress',
  PHONE_NUMBER:
    'phone phones phonenumber phonenumbers telephone tel mobile mobilephone cell cellphone workphone homephone otherphone fax ani ' +
    'dnis callerid msisdn sms whatsapp callbacknumber callbacknumbers callednumber callingnumber',
  ADDRESS:
    'address streetaddress street address1 address2 addressline1 addressline2 postaladdress homeaddress billingaddress shippingaddress',
  DATE_OF_BIRTH: 'dob dateofbirth birthdate birthday geburtsdatum',
  US_SSN: 'ssn socialsecuritynumber',
  NATIONAL_ID:
    'nationalid nationalidnumber passport passportnumber drivinglicence driverslicense taxid nin nino bsn pesel cpf dni nif nie insuranceid personnummer',
  CREDIT_CARD: 'card cardnumber creditcard creditcardnumber pan cvv cvc',
  IBAN_CODE: 'iban accountnumber bankaccount',
  IP_ADDRESS: 'ip ipaddress clientip remoteaddress',
  MAC_ADDRESS: 'mac macaddress',
};
const TYPES: ReadonlyMap<string, PiiType> = new Map(
  (Object.entries(NAMES) as [PiiType, string][]).flatMap(([type, names]) =>
    names.split(' ').map((name) => [name, type] as const),
  ),
);

const LONGEST_NAME = 40;

export const fieldType = (name: string): PiiType | undefined =>
  name.length > LONGEST_NAME ? undefined : TYPES.get(name.toLowerCase().replaceAll(/[\s_.-]/g, ''));
