// Holds found spans against labelled ones. Invariants: a labelled span counts as found only when every letter and digit of
// it is covered; a span found is right when at least half of its letters and digits are labelled, as whatever type.
import { fold } from './folding.ts';
import { PII_TYPES, type PiiType, type Profile, type Span } from './pii.ts';

export interface LabelledSpan {
  readonly start: number;
  readonly end: number;
  readonly type: string;
}

export interface Judged {
  readonly text: string;
  readonly profile: Profile | undefined;
  readonly gold: readonly LabelledSpan[];
  readonly found: readonly Span[];
}

export interface TypeScore {
  readonly type: string;
  readonly gold: number;
  readonly recalled: number;
  readonly found: number;
  readonly right: number;
  readonly recall: number | null;
  readonly precision: number | null;
  readonly f1: number | null;
}

export interface Evaluation {
  readonly messages: number;
  /** Over the types that are promised: see README.md for the names and addresses that are not. */
  readonly recall: number | null;
  readonly precision: number | null;
  readonly f1: number | null;
  /** The share of the text's other letters and digits that went too. */
  readonly destroyed: number;
  readonly types: readonly TypeScore[];
  /** Labelled, but not promised: third persons' names, free addresses, whatever has no detector. */
  readonly beyond: readonly TypeScore[];
}

const ALIASES: Readonly<Record<string, PiiType>> = {
  PERSON: 'NAME',
  PERSON_NAME: 'NAME',
  EMAIL: 'EMAIL_ADDRESS',
  PHONE: 'PHONE_NUMBER',
  IBAN: 'IBAN_CODE',
  SOCIAL_SECURITY_NUMBER: 'US_SSN',
  NATIONAL_ID_NUMBER: 'NATIONAL_ID',
  STREET_ADDRESS: 'ADDRESS',
};
const KNOWN: ReadonlySet<string> = new Set(PII_TYPES);
const CONTENT = /[\p{L}\p{N}]/u;

interface Count {
  gold: number;
  recalled: number;
  found: number;
  right: number;
}

/** Counts message by message, so that a set may be larger than the memory. */
export function evaluation(): { add(message: Judged): void; result(): Evaluation } {
  const promised = new Map<string, Count>();
  const beyond = new Map<string, Count>();
  const characters = { other: 0, destroyed: 0 };
  let messages = 0;
  return {
    add: (message) => {
      messages += 1;
      countGold(message, promised, beyond);
      countFound(message, promised, characters);
    },
    result: () => ({
      messages,
      ...ratios(total(promised)),
      destroyed: round(characters.destroyed / Math.max(1, characters.other)) ?? 0,
      types: scores(promised),
      beyond: scores(beyond),
    }),
  };
}

function countGold(message: Judged, promised: Map<string, Count>, beyond: Map<string, Count>): void {
  const isFound = covered(message.text, message.found);
  for (const span of message.gold) {
    const type = ALIASES[span.type] ?? span.type;
    const counts = countOf(isPromised(type, span, message) ? promised : beyond, type);
    counts.gold += 1;
    if (shareOf(message.text, span, isFound) === 1) counts.recalled += 1;
  }
}

function countFound(
  message: Judged,
  promised: Map<string, Count>,
  characters: { other: number; destroyed: number },
): void {
  const { text, found, gold } = message;
  const isGold = covered(text, gold);
  const isFound = covered(text, found);
  for (const span of found) {
    const counts = countOf(promised, span.type);
    counts.found += 1;
    if (shareOf(text, span, isGold) >= 0.5) counts.right += 1;
  }
  for (let at = 0; at < text.length; at += 1) {
    if (isGold[at] === 1 || !CONTENT.test(text.charAt(at))) continue;
    characters.other += 1;
    if (isFound[at] === 1) characters.destroyed += 1;
  }
}

/** Names count where they are the known person's; addresses never do. */
function isPromised(type: string, { start, end }: LabelledSpan, { text, profile }: Judged): boolean {
  if (!KNOWN.has(type) || type === 'ADDRESS' || type === 'URL') return false;
  if (type !== 'NAME') return true;
  const known = fold((profile?.names ?? []).join(' ')).split(/[^\p{L}\p{N}]+/u);
  return fold(text.slice(start, end))
    .split(/[^\p{L}\p{N}]+/u)
    .every((part) => known.includes(part));
}

function covered(text: string, spans: readonly LabelledSpan[]): Uint8Array {
  const cover = new Uint8Array(text.length);
  for (const { start, end } of spans) cover.fill(1, start, end);
  return cover;
}

function shareOf(text: string, { start, end }: LabelledSpan, cover: Uint8Array): number {
  let [all, under] = [0, 0];
  for (let at = start; at < end; at += 1) {
    if (!CONTENT.test(text.charAt(at))) continue;
    all += 1;
    under += cover[at] ?? 0;
  }
  return all === 0 ? 1 : under / all;
}

function countOf(counts: Map<string, Count>, type: string): Count {
  const known = counts.get(type) ?? { gold: 0, recalled: 0, found: 0, right: 0 };
  counts.set(type, known);
  return known;
}

function total(counts: ReadonlyMap<string, Count>): Count {
  const sum = { gold: 0, recalled: 0, found: 0, right: 0 };
  for (const one of counts.values()) {
    sum.gold += one.gold;
    sum.recalled += one.recalled;
    sum.found += one.found;
    sum.right += one.right;
  }
  return sum;
}

function ratios({ gold, recalled, found, right }: Count): Pick<TypeScore, 'recall' | 'precision' | 'f1'> {
  const recall = gold === 0 ? null : recalled / gold;
  const precision = found === 0 ? null : right / found;
  const both = recall === null || precision === null ? null : recall + precision;
  const f1 = both === null ? null : both === 0 ? 0 : (2 * (recall ?? 0) * (precision ?? 0)) / both;
  return { recall: round(recall), precision: round(precision), f1: round(f1) };
}

const scores = (counts: ReadonlyMap<string, Count>): TypeScore[] =>
  [...counts]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([type, count]) => ({ type, ...count, ...ratios(count) }));

const round = (share: number | null): number | null => (share === null ? null : Math.round(share * 10_000) / 10_000);
