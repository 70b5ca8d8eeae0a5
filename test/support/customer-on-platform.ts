// What the emulated platform itself holds of a conversation's customer: the ledger that enrichment is judged by.
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
