// An e-mail address as it is compared. Invariants: two spellings of one mailbox give one address; text without a local
// part and a domain is none; a normalised address normalises to itself.

export interface Email {
  readonly address: string;
  readonly local: string;
  readonly domain: string;
  /** Read by whoever is on duty: says nothing about a person. */
  readonly role: boolean;
}

const GMAIL = new Set(['gmail.com', 'googlemail.com']);
const ROLES = new Set(
  (
    'info office contact support sales service admin administrator reception accounts accounting billing invoice ' +
    'invoices hello mail email enquiries inquiries help helpdesk team hr jobs careers marketing press orders order ' +
    'shop booking bookings reservations noreply no-reply donotreply postmaster webmaster hostmaster abuse security ' +
    'legal finance purchasing procurement kontakt buero buchhaltung secretary sekretariat frontdesk reply'
  ).split(' '),
);

export function emailFrom(text: string): Email | undefined {
  const plain = text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/^mailto:/, '')
    .replaceAll(/[<>\s]/g, '');
  const at = plain.lastIndexOf('@');
  if (at < 1 || at === plain.length - 1) return undefined;
  const given = plain.slice(at + 1).replace(/\.+$/, '');
  const domain = GMAIL.has(given) ? 'gmail.com' : given;
  const tagless = plain.slice(0, at).replace(/(?<=.)\+.*$/, '');
  const local = domain === 'gmail.com' ? tagless.replaceAll('.', '') : tagless;
  if (local === '' || domain === '') return undefined;
  return { address: `${local}@${domain}`, local, domain, role: ROLES.has(local.replace(/[._-]?\d*$/, '')) };
}
