// An ingester says that it is ready once it hears: whoever restarts ingesters one after another goes by it.
import { afterEach, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product } from '../support/product.ts';
import { readiness } from '../support/readiness.ts';

let product: Product;
afterEach(async () => product.close());

const reaches = (status: number): Promise<unknown> =>
  eventually(
    `/readyz ${status}`,
    () => readiness(product.base, process.pid),
    (answer) => answer === status,
  );
const control = async (path: string, body: object): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  expect((await fetch(`${product.platform.url}/emulator/${path}`, request)).status).toBe(200);
};

it('an ingester is ready while its socket is open, and not before', async () => {
  product = await startProduct();
  await reaches(200);
  await control('sockets/refuse', { times: 1 });
  await product.start('ingester');
  await reaches(503);
  await reaches(200);
  expect(product.platform.status().sockets).toBe(1);
});
