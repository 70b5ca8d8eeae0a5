// What the emulated platform itself holds of a conversation's customer: the ledger that enrichment is judged by.
import { statesOf } from '../../workers/roles/foundation.ts';
import { eventually } from './eventually.ts';
import type { Product } from './product.ts';

type Platform = Pick<Product, 'platform'>;

const customerIn = ({ platform }: Platform, conversationId: string) =>
  platform.driver.find(conversationId)?.snapshot.participants.find(({ purpose }) => purpose === 'customer');

export const attributesOf = (product: Platform, conversationId: string): Readonly<Record<string, string>> =>
  customerIn(product, conversationId)?.attributes ?? {};

export const customerOf = (product: Platform, conversationId: string) => {
  const contact = customerIn(product, conversationId)?.externalContactId;
  return product.platform.center.customers.find(({ externalContactId }) => externalContactId === contact);
};

export const stateOf = ({ base }: Pick<Product, 'base'>, conversationId: string) => statesOf(base).read(conversationId);

/** Somebody writes over what was put there, and the pipeline hears of it. */
export async function overwrite(product: Product, conversationId: string, attribute: string): Promise<void> {
  const conversation = product.platform.driver.find(conversationId);
  const customer = customerIn(product, conversationId);
  if (conversation === undefined || customer === undefined) throw new Error('no such conversation');
  // what was put there last has come back
  await eventually('it is known', () => stateOf(product, conversationId), (state) => Object.keys(state?.shown ?? {}).length >= Object.keys(customer.attributes ?? {}).length); // prettier-ignore
  const shown = JSON.stringify((await stateOf(product, conversationId))?.shown);
  product.platform.driver.mergeAttributes(conversation, customer.id, { [attribute]: 'of somebody else' });
  await eventually('it is seen', () => stateOf(product, conversationId), (state) => JSON.stringify(state?.shown) !== shown); // prettier-ignore
}

export async function hangUp(product: Product, conversationId: string): Promise<void> {
  const conversation = product.platform.driver.find(conversationId);
  if (conversation !== undefined) product.platform.driver.disconnect(conversation);
  await eventually('it is over', () => stateOf(product, conversationId), (state) => state?.phase === 'ended'); // prettier-ignore
}
