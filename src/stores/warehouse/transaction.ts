// A transaction, and the locks that replicas take in one. Invariant: a connection whose transaction failed is closed, not
// used again: the server undoes what it had begun. Locks end with their transaction, so a pooler between us does no harm.
import type { Pool, PoolClient } from 'pg';

/** First number: ours ("TL"), apart from what else locks in this database. */
const OURS = 0x544c;
export const LOCKS = { migrate: [OURS, 1], partitions: [OURS, 2] } as const satisfies Record<string, [number, number]>;

export async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // a connection that is cut while it is ours fails the query that waits; nobody else must hear of it
  const ignore = (): void => undefined;
  client.on('error', ignore);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.off('error', ignore);
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}
