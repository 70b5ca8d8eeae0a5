// One CRM token for all replicas, on real Redis: two clients with connections of their own stand for two processes.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { crmClient, type CrmClient } from '../../src/sinks/crm/crm-client.ts';
import { mappingSchema } from '../../src/sinks/crm/mapping/schema.ts';
import { connectRedis } from '../../src/stores/redis/connect.ts';
import { keysFor } from '../../src/stores/redis/keys.ts';
import { shareTokens } from '../../src/stores/tokens/token-share.ts';
import { failureOf, send, startCrmServer, type CrmServer } from '../unit/sinks/crm-server.ts';

const RECORDS = [{ recordId: 'a' }];
const SECRET = 's3cr3t';

describe('the CRM’s token', () => {
  let server: CrmServer;
  let prefix: string;
  let given: number;
  let refused: string;
  const connections: Redis[] = [];

  beforeEach(async () => {
    [prefix, given, refused] = [`t-${randomUUID().slice(0, 8)}`, 0, ''];
    server = await startCrmServer();
    server.answer = ({ path, headers }) => {
      if (path !== '/token') return { status: headers.authorization === refused ? 401 : 200 };
      const body = JSON.stringify({ access_token: `token-${(given += 1)}`, expires_in: 3600 });
      return { status: 200, headers: { 'content-type': 'application/json' }, body };
    };
  });
  afterEach(async () => {
    server.close();
    const redis = connectRedis(inject('redisUrl'), 'request', () => undefined);
    const left = await redis.keys(`${prefix}:*`);
    if (left.length > 0) await redis.del(...left);
    for (const connection of [redis, ...connections.splice(0)]) connection.disconnect();
  });

  const replica = (redisUrl = inject('redisUrl')): CrmClient => {
    const redis = connectRedis(redisUrl, 'request', () => undefined);
    connections.push(redis);
    return crmClient({
      url: server.url,
      mapping: mappingSchema.parse({ kind: 'http', auth: { type: 'oauth2', tokenUrl: '/token' } }),
      credentials: { token: undefined, clientId: 'id', clientSecret: SECRET },
      timeoutMs: 2000,
      clock: systemClock,
      share: shareTokens({
        redis,
        keys: keysFor(prefix),
        seal: sealWith(Buffer.alloc(32, 7).toString('base64')),
        client: { url: `${server.url}/token`, id: 'id', secret: SECRET },
        onError: () => undefined,
      }),
    });
  };

  it('is asked for once for many batches of two processes, and lies in Redis sealed', async () => {
    const [one, other] = [replica(), replica()];
    await Promise.all(Array.from({ length: 8 }, (_, n) => send(n % 2 === 0 ? one : other, RECORDS, `batch-${n}`)));
    await send(replica(), RECORDS);
    expect(given).toBe(1);
    const [key = ''] = (await connections[0]?.keys(`${prefix}:*`)) ?? [];
    expect(await connections[0]?.get(key)).not.toContain('token-1');
  });

  it('is replaced once when both processes meet its refusal', async () => {
    const [one, other] = [replica(), replica()];
    await Promise.all([send(one, RECORDS), send(other, RECORDS)]);
    refused = 'Bearer token-1';
    for (const client of [one, other]) expect((await failureOf(send(client, RECORDS))).code).toBe('crm_unauthorized');
    expect(await Promise.all([send(one, RECORDS), send(other, RECORDS)])).toEqual([[{ kind: 'done' }], [{ kind: 'done' }]]); // prettier-ignore
    expect(given).toBe(2);
  });

  it('is each process’s own while Redis is away', async () => {
    const alone = replica('redis://127.0.0.1:1');
    expect(await send(alone, RECORDS)).toEqual([{ kind: 'done' }]);
    expect(given).toBe(1);
  });
});
