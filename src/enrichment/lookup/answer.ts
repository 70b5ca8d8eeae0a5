// Reads a customer out of the CRM's answer. Invariants: bounded, whatever the answer holds; what does not fit is left out
// and counted, it never costs the rest; no message quotes a value.
import { Poison } from '../../runtime/errors.ts';
import { asObject } from '../../genesys/codec/json.ts';
import { at, filled, type Template } from '../../sinks/crm/mapping/template.ts';
import { Unmappable } from '../../sinks/crm/mapping/transforms.ts';
import type { Attributes } from './customer.ts';
import type { LookupMapping } from './mapping.ts';

/** What a conversation could take many times over; a CRM's widest tables have about as many columns. */
const MOST_ATTRIBUTES = 500;
/** The bound of a participant attribute's value. */
const LONGEST_VALUE = 4096;

export type LeftOut = 'too_many' | 'too_long' | 'unmappable';

export interface ReadCustomer {
  readonly attributes: Attributes;
  readonly leftOut: ReadonlyMap<LeftOut, number>;
}

/** Undefined where the answer says that nobody was found. */
export function customerIn(answer: unknown, mapping: LookupMapping): ReadCustomer | undefined {
  const found = at(answer, mapping.customer);
  if (found === undefined || found === null) return undefined;
  const customer = asObject(found);
  if (customer === undefined) {
    const what = Array.isArray(found) ? 'a list' : `a ${typeof found}`;
    throw new Poison(
      'lookup_answer_unreadable',
      `the CRM’s answer holds ${what} at "${mapping.customer}" where a customer was expected; check "customer" in the file THROUGHLINE_ENRICHMENT_MAPPING names`,
    );
  }
  return taken(mapping.attributes === undefined ? Object.entries(customer) : named(mapping.attributes, customer));
}

const UNMAPPABLE = Symbol('unmappable');

function named(template: Template, customer: object): readonly (readonly [string, unknown])[] {
  return Object.entries(template).map(([name, rule]) => {
    try {
      const isMissing = rule.from !== undefined && rule.default === undefined && at(customer, rule.from) === undefined;
      return [name, isMissing ? undefined : filled({ [name]: rule }, customer)[name]];
    } catch (error) {
      if (error instanceof Unmappable) return [name, UNMAPPABLE];
      throw error;
    }
  });
}

function taken(fields: readonly (readonly [string, unknown])[]): ReadCustomer {
  const attributes: [string, unknown][] = [];
  const leftOut = new Map<LeftOut, number>();
  for (const [name, value] of fields) {
    // missing, where null is the CRM's word that there is none
    if (value === undefined) continue;
    const why = unfit(name, value, attributes.length);
    if (why === undefined) attributes.push([name, value]);
    else leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
  }
  return { attributes: Object.fromEntries(attributes), leftOut };
}

function unfit(name: string, value: unknown, sofar: number): LeftOut | undefined {
  if (value === UNMAPPABLE) return 'unmappable';
  if (sofar >= MOST_ATTRIBUTES) return 'too_many';
  const length = typeof value === 'string' ? value.length : JSON.stringify(value).length;
  return length > LONGEST_VALUE || name.length > 256 ? 'too_long' : undefined;
}
