// How many dead letters there are and why, as the console and the list tell it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiRig, type Rig } from './api-client.ts';

const SECRET = 'U0VDUkVULVBBWUxPQUQ=';

let rig: Rig;
beforeAll(async () => {
  rig = await apiRig({ deadLetters: 5 });
});
afterAll(() => rig.close());

describe('dead letters', () => {
  it('are counted and listed newest first, without what is sealed', async () => {
    const response = await rig.ask('/api/v1/dead-letters?limit=2');
    const text = await response.text();
    expect(text).not.toContain(SECRET);
    const told = JSON.parse(text) as { waiting: number; byCode: object; letters: object[] };
    expect([told.waiting, told.byCode, told.letters.length]).toEqual([5, { not_json: 3, missing_id: 2 }, 2]);
    expect(told.letters[0]).toMatchObject({ stage: 'conversations', partition: 1, replayable: true });
  });

  it('too large to look at are counted as unread', async () => {
    const { deployment } = rig;
    const queue = deployment.queues.find(({ name }) => name === 'dead-letters')?.queue;
    const key = queue?.toKey('p1-0-0') ?? '';
    const before = (await deployment.redis.hget(key, 'data')) ?? '';
    const huge = { ...(JSON.parse(before) as object), sealed: 'x'.repeat(2_000_001) };
    await deployment.redis.hset(key, 'data', JSON.stringify(huge));
    const told = (await (await rig.ask('/api/v1/dead-letters')).json()) as { byCode: Record<string, number> };
    await deployment.redis.hset(key, 'data', before);
    expect(told.byCode).toEqual({ not_json: 3, missing_id: 1, unread: 1 });
  });
});
