// How alike two e-mail addresses are. Invariant: symmetric; a namesake at another provider is only `local`, which is no
// more than the name says again.
import type { Email } from './email.ts';
import { edits, likeness } from './similarity.ts';

export type EmailLevel = 'same' | 'moved' | 'near' | 'alike' | 'local' | 'other';

/** A shared domain that is rarer than this is an organisation's or a family's: mistakes in the local part are likely. */
const RARE_DOMAIN = 1 / 200;

export function compareEmails(one: Email, other: Email, domainFrequency: (domain: string) => number): EmailLevel {
  if (one.address === other.address) return 'same';
  const local = edits(one.local, other.local);
  const domain = edits(one.domain, other.domain);
  const longest = Math.max(one.local.length, other.local.length);
  if (local === 0)
    return domain > 2 || Math.min(one.domain.length, other.domain.length) < 7
      ? 'local'
      : longest > 5 && !one.role
        ? 'moved'
        : 'near';
  const rare = Math.max(domainFrequency(one.domain), domainFrequency(other.domain)) < RARE_DOMAIN;
  if (one.role || other.role) return 'other';
  if (!rare)
    return domain === 0 &&
      local === 1 &&
      longest > 7 &&
      letters(one) !== letters(other) &&
      digits(one) === digits(other)
      ? 'near'
      : 'other';
  if (domain <= 2 && local === 1 && longest > 4) return 'near';
  if (domain <= 3 && local <= 2 && longest > 4) return 'alike';
  return likeness(one.address, other.address) >= 0.8 ? 'alike' : 'other';
}

/** At a large provider a dot or a number more is somebody else. */
const letters = ({ local }: Email): string => local.replaceAll(/[^a-z]/g, '');
const digits = ({ local }: Email): string => local.replaceAll(/\D/g, '');
