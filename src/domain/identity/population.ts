// What is known of everybody, which says how much an agreement is worth. Invariants: counts only, no order: the same
// records give the same population however they come; a key is contested when names or accounts that conflict were seen
// with it.
import type { Features } from './features.ts';
import { identifierKeys } from './blocking.ts';
import { compareNames } from './compare-names.ts';
import { isFull, type PersonName } from './name.ts';

export interface Population {
  /** Live profiles, or an upper bound of them. */
  readonly size: number;
  readonly word: (word: string) => number;
  readonly domain: (domain: string) => number;
  readonly place: (part: string) => number;
  readonly contested: (key: string) => boolean;
}

/** Callers who have not called yet count too: the first hundred profiles are no reason to be lax. */
const SMALLEST = 1_000;
/** Compared pairwise; a key with more names than that is contested without a look. */
const MOST_NAMES = 24;
/** More browsers than one person goes through. */
const MOST_DEVICES = 12;

export function populationOf(all: readonly Features[]): Population {
  const words = new Tally();
  const domains = new Tally();
  const places = new Tally();
  for (const { names, emails, places: lived } of all) {
    words.add(new Set(names.flatMap((name) => name.words)));
    domains.add(new Set(emails.map(({ domain }) => domain)));
    places.add(new Set(lived.flatMap(({ city, state }) => [city, state]).filter((part) => part !== undefined)));
  }
  const contested = contestedKeys(all);
  return {
    size: Math.max(SMALLEST, all.length),
    word: (word) => words.share(word),
    domain: (domain) => domains.share(domain),
    place: (part) => places.share(part),
    contested: (key) => contested.has(key),
  };
}

class Tally {
  private total = 0;
  private readonly counts = new Map<string, number>();

  add(values: ReadonlySet<string>): void {
    if (values.size > 0) this.total += 1;
    for (const value of values) this.counts.set(value, (this.counts.get(value) ?? 0) + 1);
  }

  share(value: string): number {
    return Math.max(1, this.counts.get(value) ?? 0) / Math.max(SMALLEST, this.total);
  }
}

/** All that was seen with one identifier. */
interface Company {
  readonly names: Map<string, PersonName>;
  readonly accounts: Map<string, Set<string>>;
  readonly devices: Set<string>;
}

function contestedKeys(all: readonly Features[]): ReadonlySet<string> {
  const byKey = new Map<string, Company>();
  for (const features of all) {
    for (const key of identifierKeys(features)) {
      const company = byKey.get(key) ?? { names: new Map(), accounts: new Map(), devices: new Set() };
      keep(company, features);
      byKey.set(key, company);
    }
  }
  return new Set([...byKey].filter(([key, company]) => isContested(key, company)).map(([key]) => key));
}

function keep({ names, accounts, devices }: Company, features: Features): void {
  for (const name of features.names) names.set(name.key, name);
  for (const { source, trust, key } of features.ids) {
    if (trust === 'account') accounts.set(source, (accounts.get(source) ?? new Set()).add(key));
    else if (trust === 'device') devices.add(key);
  }
}

function isContested(key: string, { names, accounts, devices }: Company): boolean {
  if (devices.size > MOST_DEVICES || [...accounts.values()].some((held) => held.size > 1)) return true;
  return anyConflict([...names.values()], key.startsWith('tail ') ? differ : strangers);
}

function anyConflict(names: readonly PersonName[], conflict: typeof differ): boolean {
  if (names.length > MOST_NAMES) return true;
  return names.some((one, index) => names.slice(index + 1).some((other) => conflict(one, other, names)));
}

/** Households share a telephone: one word that differs will do. */
function differ(one: PersonName, other: PersonName, names: readonly PersonName[]): boolean {
  if (compatible(one, other)) return false;
  if (isFull(one) || isFull(other)) return true;
  // Miss Holt and Cerys are one where a Cerys Holt is known
  return !names.some((third) => isFull(third) && compatible(one, third) && compatible(other, third));
}

function compatible(one: PersonName, other: PersonName): boolean {
  const { level, generationConflict } = compareNames(one, other, rare);
  return level !== 'conflict' && !generationConflict;
}

/** A mailbox or a browser is one person's, unless whole names that have nothing in common were seen with it. */
const strangers = (one: PersonName, other: PersonName): boolean =>
  isFull(one) && isFull(other) && compareNames(one, other, rare).strangers;

const rare = (): number => 1 / SMALLEST;
