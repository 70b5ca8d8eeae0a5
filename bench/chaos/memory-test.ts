// Whether a Redis that was killed still knows what it had acknowledged: writes one number after another as fast as it
// answers, and asks afterwards. Tells a loss by Redis from a loss by us.
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { connectRedis, redisOptions } from '../../src/stores/redis/connect.ts';

const KEY = 'memory-test';
/** Long enough to be in full swing when the kill comes. */
const LEAD_MS = 100;

/** Writes until Redis goes away; the answer asks the restarted one how many acknowledged writes it forgot. */
export async function testMemory(url: string): Promise<() => Promise<number>> {
  // never connects again, or it would go on writing to the restarted one
  const writer = new Redis({ ...redisOptions(url, 'request'), retryStrategy: () => null });
  writer.on('error', () => undefined);
  let acknowledged = 0;
  const write = async (): Promise<void> => {
    for (;;) acknowledged = await writer.incr(KEY);
  };
  const gone = write().catch(() => undefined);
  await pause(LEAD_MS);
  return async () => {
    await gone;
    writer.disconnect();
    const reader = connectRedis(url, 'request', () => undefined);
    const known = Number(await reader.get(KEY));
    reader.disconnect();
    return Math.max(0, acknowledged - known);
  };
}
