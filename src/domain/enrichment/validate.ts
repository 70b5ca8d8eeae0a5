// The CRM's data against what is declared (row by row in README.md). Pure. Invariants: each declared key ends in exactly
// one of values, problems and missing, each key of the data in values, problems, extra or, being null, missing; one bad
// value never holds back the rest; a problem tells the kind of what was got, never what it was.
import type { InjectionContent, InjectedValues } from './values.ts';
import { describeExpected, type AttributeSchema, type DeclaredAttribute } from './attribute-schema.ts';
import { convert, isAlready } from './convert.ts';
import { refused, taken, type Converted, type Refusal } from './converted.ts';

export interface Bounds {
  /** Values sent for one conversation; the emulated platform's bound on a participant, the real one is not published. */
  readonly mostValues: number;
  /** Of one value, as JSON. */
  readonly largestValueBytes: number;
  /** Of all values with their keys, as JSON. */
  readonly largestTotalBytes: number;
}

export const BOUNDS: Bounds = { mostValues: 200, largestValueBytes: 4096, largestTotalBytes: 65_536 };

export type Got = 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object';

export interface AttributeProblem {
  readonly attribute: string;
  readonly expected: string;
  readonly got: Got;
  readonly refusal: Refusal;
  /** For people: what is wrong, without what it was. */
  readonly hint: string;
}

export interface Validation {
  /** In the order of the schema. */
  readonly values: InjectedValues;
  /** Keys whose value was made another to fit. */
  readonly converted: readonly string[];
  readonly problems: readonly AttributeProblem[];
  /** Keys that nobody declares: left out. */
  readonly extra: readonly string[];
  /** Declared, and not there, or null where null is not taken. */
  readonly missing: readonly string[];
}

export type Data = Readonly<Record<string, unknown>>;

export function validate({ attributes }: AttributeSchema, data: Data, bounds: Bounds = BOUNDS): Validation {
  const claim = claimRoom(bounds);
  const verdicts = new Map<string, Converted | undefined>();
  for (const attribute of requiredFirst(attributes)) verdicts.set(attribute.key, judge(attribute, data, claim));
  const values: [string, unknown][] = [];
  const problems: AttributeProblem[] = [];
  const missing: string[] = [];
  for (const attribute of attributes) {
    const { key } = attribute;
    const verdict = verdicts.get(key);
    if (verdict === undefined) missing.push(key);
    else if (verdict.ok) values.push([key, verdict.value]);
    else problems.push(problemOf(attribute, data[key], verdict.refusal));
  }
  const converted = values.filter(([key, value]) => value !== data[key]).map(([key]) => key);
  const extra = Object.keys(data).filter((key) => !verdicts.has(key));
  // they came as JSON, and conversion makes nothing else
  return { values: Object.fromEntries(values) as InjectedValues, converted, problems, extra, missing };
}

/** What passed, and where those go that have a place of their own. */
export function contentOf({ attributes }: AttributeSchema, { values }: Pick<Validation, 'values'>): InjectionContent {
  const placed = attributes.flatMap(({ key, target }) =>
    target !== undefined && Object.hasOwn(values, key) ? [[key, target] as const] : [],
  );
  return { values, targets: Object.fromEntries(placed) };
}

/** Where not all have room, these have. */
const requiredFirst = (attributes: readonly DeclaredAttribute[]): DeclaredAttribute[] =>
  attributes.toSorted((one, other) => Number(other.required) - Number(one.required));

/** Undefined: there is nothing to send. */
function judge(attribute: DeclaredAttribute, data: Data, claim: Claim): Converted | undefined {
  const value = Object.hasOwn(data, attribute.key) ? data[attribute.key] : undefined;
  if (value === undefined || (value === null && !attribute.nullable)) return undefined;
  const fitted = fit(value, attribute);
  if (!fitted.ok) return fitted;
  const refusal = claim(attribute.key, fitted.value);
  return refusal === undefined ? fitted : refused(refusal);
}

/** As it stands where it is of a type already, else by the first type that can take it. */
function fit(value: unknown, attribute: DeclaredAttribute): Converted {
  if (value === null) return taken(null);
  const { types } = attribute;
  const asItStands = types.some((type) => isAlready(value, type)) ? [taken(value)] : [];
  const tried = [...asItStands, ...types.map((type) => convert(value, type))].map((one) => limited(one, attribute));
  return tried.find(({ ok }) => ok) ?? tried[0] ?? refused('other_type');
}

function limited(converted: Converted, { allowed, ...limits }: DeclaredAttribute): Converted {
  if (!converted.ok) return converted;
  const { value } = converted;
  if (allowed?.some((one) => one === value) === false) return refused('not_allowed');
  const { minLength = 0, maxLength = Infinity, minimum = -Infinity, maximum = Infinity } = limits;
  if (typeof value === 'string') return within(Array.from(value).length, minLength, maxLength) ? converted : refused('outside_limits'); // prettier-ignore
  if (typeof value === 'number') return within(value, minimum, maximum) ? converted : refused('outside_limits');
  return converted;
}

const within = (value: number, least: number, most: number): boolean => value >= least && value <= most;

type Claim = (key: string, value: unknown) => Refusal | undefined;

function claimRoom({ mostValues, largestValueBytes, largestTotalBytes }: Bounds): Claim {
  let values = mostValues;
  let bytes = largestTotalBytes;
  return (key, value) => {
    if (values === 0) return 'too_many';
    const size = jsonBytes(value);
    // quotes, colon and comma stand around a key
    const needed = size + jsonBytes(key) + 2;
    if (size > largestValueBytes || needed > bytes) return 'too_large';
    values -= 1;
    bytes -= needed;
    return undefined;
  };
}

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '');

function problemOf(attribute: DeclaredAttribute, value: unknown, refusal: Refusal): AttributeProblem {
  const length = typeof value === 'string' ? `text of ${value.length}: ` : '';
  const hint = `${length}${HINTS[refusal]}`;
  return { attribute: attribute.key, expected: describeExpected(attribute), got: gotOf(value), refusal, hint };
}

export function gotOf(value: unknown): Got {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object';
}

const HINTS: Readonly<Record<Refusal, string>> = {
  other_type: 'of another type',
  empty: 'empty, or nothing but spaces',
  no_decimal_number: 'no decimal number',
  no_whole_number: 'no whole number',
  too_many_digits: 'more digits than a number keeps',
  no_yes_or_no: 'none of true, 1, yes, false, 0, no',
  no_iso_date: 'no ISO 8601 date',
  no_such_day: 'a day that no calendar has',
  no_offset: 'no hour, or one without Z or an offset',
  has_a_time: 'a moment where a day is wanted',
  not_allowed: 'none of the values allowed',
  outside_limits: 'outside the declared limits',
  too_large: 'too large to be sent',
  too_many: 'one more than can be sent',
};
