// The words before a number that say what it is. Invariant: bounded: at most six words of the same line are looked at.

export type Cue = 'phone' | 'card' | 'ssn' | 'id' | 'birth' | 'iban' | 'email' | 'other';

const WORDS: Readonly<Record<Cue, string>> = {
  phone:
    'phone phones telephone tel call calls ring dial mobile cell cellphone text sms whatsapp fax reach callback contact ' +
    'telefon telefonnummer handy handynummer rufnummer mobil anrufen teléfono telefono móvil movil llamar llámame celular ' +
    'cellulare chiamare chiamami téléphone portable appeler appelez telefone telemóvel ligar ligue telefoon bellen ' +
    'puhelin puhelinnumero soita ring telefoni telefonszám hívjon número-de-teléfono landline hotline',
  card: 'card cards visa mastercard amex maestro discover pan debit credit karte kreditkarte tarjeta carte carta cartão kaart kort karta kártya',
  ssn: 'ssn social security itin',
  id:
    'passport nino nif nie dni cpf bsn pesel sin tfn nhs aadhaar steuer-id steueridentifikationsnummer personnummer cpr ' +
    'personalausweis ausweisnummer reisepass pasaporte passeport passaporto paspoort codice fiscale rodné national licence ' +
    'license taxpayer insurance sozialversicherungsnummer ahv burgerservicenummer isikukood hetu henkilötunnus',
  birth:
    'dob born birth birthday birthdate birthdays geboren geburtsdatum geburtstag né née naissance nacimiento nací nato nata ' +
    'nascita nascimento nasci geboortedatum geboren född födelsedatum født fødselsdato syntynyt urodzenia urodzony',
  iban: 'iban',
  email: 'email e-mail mail correo courriel mailadresse emailadresse adresse-mail',
  other:
    'order orders ref reference ticket tracking track tracked parcel shipment serial sku imei invoice inv code codes otp pin version ' +
    'build item items case claim policy confirmation booking conversation session transaction txn amount total product ' +
    'part model firmware release id isbn ean upc quantity qty error pedido factura bestellung bestellnummer auftrag ' +
    'auftragsnummer rechnung rechnungsnummer sendung sendungsnummer commande facture colis suivi ordine fattura spedizione ' +
    'encomenda fatura zamówienie faktura bestelling factuur beställning ordernummer tilaus rendelés',
};
export const wordsOf = (cue: Cue): readonly string[] => WORDS[cue].split(' ');

const CUES: ReadonlyMap<string, Cue> = new Map(
  (Object.entries(WORDS) as [Cue, string][]).flatMap(([cue, words]) =>
    words.split(' ').map((word) => [word, cue] as const),
  ),
);
const WORD = /[\p{L}\p{M}\d][\p{L}\p{M}\d'-]*/gu;
const LOOKED_AT = 64;
const MOST_WORDS = 6;
/** "the order I asked about was never sent, so 555 …": farther away it says nothing of the number. */
const REACH_OF_OTHER = 3;

/** A label may stand on a line of its own: "Phone:", and the number below. */
function lineStart(before: string): number {
  const end = before.trimEnd();
  return (end.endsWith(':') ? end.lastIndexOf('\n') : before.lastIndexOf('\n')) + 1;
}

/** What a mark took the place of, it spoke of: its own letters are no cue for what follows. */
function markEnd(before: string): number {
  const mark = before.lastIndexOf('REDACTED_');
  return mark < 0 ? 0 : mark + (/^\w+/.exec(before.slice(mark))?.[0].length ?? 0);
}

/** The nearest cue before `start`, on the same line. */
export function cueBefore(text: string, start: number): Cue | undefined {
  const before = text.slice(Math.max(0, start - LOOKED_AT), start);
  const line = before.slice(Math.max(lineStart(before), markEnd(before)));
  const words = (line.match(WORD) ?? []).slice(-MOST_WORDS).reverse();
  for (const [distance, word] of words.entries()) {
    const cue = CUES.get(word.toLowerCase());
    if (cue === 'other' && distance >= REACH_OF_OTHER) return undefined;
    if (cue !== undefined) return cue;
    // the cue before another number was said of that one, except where that is part of this
    if (/\d/.test(word) && word.length > 3) return undefined;
  }
  return undefined;
}
