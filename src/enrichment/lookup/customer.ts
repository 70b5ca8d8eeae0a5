// What a look-up of a customer is: by whom it is asked, what comes back, and how old that may be. Invariant: undefined
// means that nobody is known by any of the identifiers; a CRM that could not be asked is a thrown failure, never undefined.
import type { CustomerIdentity } from '../../domain/enrichment/identity.ts';
import type { Priority } from '../../stores/rate-limit/rate-limit.ts';
import type { IdentifierRule, LookupMapping } from './mapping.ts';

export type Attributes = Readonly<Record<string, unknown>>;

/** `fresh`: from the CRM just now. `cached`: believed without asking. `stale`: older than that, for want of an answer. */
export type Freshness = 'fresh' | 'cached' | 'stale';

export interface FoundCustomer {
  readonly attributes: Attributes;
  readonly freshness: Freshness;
}

export interface FindOptions {
  /** Ends the caller's wait; what was asked of the CRM goes on for whoever asks next. */
  readonly signal?: AbortSignal;
  readonly priority?: Priority;
}

export interface CustomerLookup {
  /** @throws Throttled while the CRM is to be left alone and nothing is remembered; Retryable, Poison as it answers. */
  find(identity: CustomerIdentity, options?: FindOptions): Promise<FoundCustomer | undefined>;
  close(): void;
}

/** One thing a customer can be found by, and how it is asked for. */
export interface Identifier {
  readonly rule: IdentifierRule;
  readonly value: string;
}

/** One request to the CRM. */
export interface CustomerSource {
  ask(identifier: Identifier, priority: Priority, signal: AbortSignal): Promise<Attributes | undefined>;
}

/** What the conversation has of what the mapping asks for, in the mapping's order. */
export function identifiersOf({ identifiers }: LookupMapping, identity: CustomerIdentity): readonly Identifier[] {
  return identifiers.flatMap((rule) => {
    const value = valueOf(rule.by, identity);
    return value === undefined ? [] : [{ rule, value }];
  });
}

function valueOf(by: string, identity: CustomerIdentity): string | undefined {
  if (by === 'phone' || by === 'email' || by === 'externalContactId') return identity[by];
  const name = by.slice(by.indexOf(':') + 1);
  return identity.attributes !== undefined && Object.hasOwn(identity.attributes, name)
    ? identity.attributes[name]
    : undefined;
}
