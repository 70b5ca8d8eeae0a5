// What both snapshot shapes tell of a customer personally: by what address they come, and what was noted of them.
// Invariant: of customers only; attributes are handed on unread, for reading them all at each event would cost what one
// of a hundred events needs.
import { z } from 'zod';
import { isCustomer } from '../../domain/conversation/lifecycle.ts';
import type { ParticipantFacts } from '../../domain/observation.ts';
import { asObject } from './json.ts';

/** One that is too long, or no text, is nobody's reason to refuse the frame. */
export const addressText = z.string().max(512).nullish().catch(undefined);
export const fromAddress = z.object({ addressNormalized: addressText }).nullish().catch(undefined);
export const callbackNumbers = z.array(addressText).max(20).nullish().catch(undefined);
export const attributes = z.unknown().optional();

/** Whether to read it at all: where nobody asks who the customer is, it costs nothing. */
export interface Reading {
  readonly customers: boolean;
}
export const WHOLE: Reading = { customers: true };

type Text = string | null | undefined;
type Legs<L> = readonly L[] | null | undefined;

interface Person {
  readonly purpose?: Text;
  readonly address?: Text;
  readonly attributes?: unknown;
}

interface Reached {
  readonly callbacks?: Legs<{ readonly callbackNumbers?: readonly Text[] | null | undefined }>;
  readonly messages?: Legs<{ readonly direction?: Text; readonly fromAddress?: z.output<typeof fromAddress> }>;
}

export function customerFacts(
  { purpose, address, attributes: noted }: Person,
  { callbacks, messages }: Reached,
): Pick<ParticipantFacts, 'addresses' | 'attributes'> {
  if (!isCustomer(purpose ?? '')) return {};
  const addresses: string[] = [];
  const add = (text: Text): void => {
    if (text) addresses.push(text);
  };
  add(address);
  for (const { callbackNumbers: numbers } of callbacks ?? []) numbers?.forEach(add);
  for (const { direction, fromAddress: from } of messages ?? []) {
    // the other way round, the sender is the contact centre
    if (direction === 'inbound') add(from?.addressNormalized);
  }
  return {
    addresses: addresses.length === 0 ? undefined : addresses,
    attributes: asObject(noted),
  };
}
