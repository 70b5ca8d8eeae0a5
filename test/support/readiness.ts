// What a process of the product answers at /readyz, found by the record of its presence as the console finds it.
import type { Foundation } from '../../workers/roles/foundation.ts';

/** The status; undefined before it is known where to ask. */
export async function readiness({ redis, keys }: Foundation, pid: number): Promise<number | undefined> {
  const ids = await redis.zrange(keys.presenceIndex, 0, -1);
  const texts = await Promise.all(ids.map((id) => redis.get(keys.presence(id))));
  const records = texts.map((text) => JSON.parse(text ?? 'null') as { pid: number; opsUrl: string } | null);
  const own = records.find((record) => record?.pid === pid);
  if (own === undefined || own === null) return undefined;
  return (await fetch(`${own.opsUrl}/readyz`)).status;
}
