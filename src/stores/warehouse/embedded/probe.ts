// Asks a PostgreSQL server whether it is there. Invariant: bounded in time and answers; only a wrong password throws.
import { Client } from 'pg';
import { Fatal } from '../../../runtime/errors.ts';

export interface Address {
  readonly kind: 'socket' | 'tcp';
  /** A folder, or a loopback address. */
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

export const USER = 'throughline';
export const DATABASE = 'postgres';

/** `busy`: it lives, and starts or stops. */
export type Health = 'ready' | 'busy' | 'absent';

/** cannot_connect_now. */
const CANNOT_CONNECT_NOW = '57P03';

export async function probe({ host, port, password }: Address): Promise<Health> {
  const client = new Client({ host, port, password, user: USER, database: DATABASE, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return 'ready';
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === CANNOT_CONNECT_NOW) return 'busy';
    if (code?.startsWith('28') === true) {
      throw new Fatal('warehouse_password', `the PostgreSQL at ${host} does not take the password kept beside it.`);
    }
    return 'absent';
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** As DATABASE_URL would say it. */
export const urlOf = ({ host, port, password, kind }: Address): string =>
  kind === 'socket'
    ? `postgresql://${USER}:${password}@localhost:${port}/${DATABASE}?host=${encodeURIComponent(host)}`
    : `postgresql://${USER}:${password}@${host}:${port}/${DATABASE}`;
