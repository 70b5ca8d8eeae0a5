// Starts one private PostgreSQL for the tests of the warehouse, as the product itself does it; each rig makes a database of
// its own (warehouse-rig.ts).
import { join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { ensureWarehouse } from '../../src/stores/warehouse/embedded/start.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    databaseUrl: string;
  }
}

/** The projects of one run share it. */
let server: ReturnType<typeof start> | undefined;
let users = 0;

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  users += 1;
  server ??= start();
  const running = await server;
  project.provide('databaseUrl', running.url);
  return async () => {
    users -= 1;
    if (users === 0) await running.stop();
  };
}

async function start() {
  const running = await ensureWarehouse({
    config: { databaseUrl: process.env['TEST_DATABASE_URL'] },
    // its own folder: never the data of a product that runs from the same clone
    dataDir: join(process.cwd(), '.throughline', 'test'),
    environment: process.env,
    onProgress: (message) => process.stdout.write(`${message}\n`),
  });
  if (running.source.startsWith('PostgreSQL')) await makeReady(running.url);
  return running;
}

/** What an interrupted run left goes; what a test writes need not outlive the machine. */
async function makeReady(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('alter system set fsync = off');
  await client.query('select pg_reload_conf()');
  const { rows } = await client.query<{ name: string }>(
    "select datname as name from pg_database where datname like 'test\\_%'",
  );
  for (const { name } of rows) await client.query(`drop database ${name} with (force)`);
  await client.end();
}
