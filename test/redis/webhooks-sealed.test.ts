// What lies in Redis of webhooks: targets, messages on their way and those set aside, all of it sealed.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webhookRig, type WebhookRig } from '../support/webhook-rig.ts';

let rig: WebhookRig;
beforeEach(async () => {
  rig = await webhookRig();
});
afterEach(() => rig.close());

describe('what lies in Redis', () => {
  it('holds no secret, header, address or value in clear', async () => {
    rig.receiver.script('/hidden-path', () => 500);
    const secret = `whsec_${Buffer.alloc(32, 'S').toString('base64')}`;
    const headers = { 'X-Api-Key': 'header-value-9f' };
    await rig.add('/hidden-path', { secret, headers, name: 'Hidden name' });
    await rig.enriched('t-1', { nationalId: 'value-of-jane-roe' });
    await rig.parked(1);
    await rig.base.redis.set(`${rig.base.config.redisPrefix}:control`, 'xx planted in clear xx');
    const all = await everything();
    for (const text of [
      secret,
      secret.slice(6),
      'header-value-9f',
      'hidden-path',
      'Hidden name',
      'value-of-jane-roe',
      'nationalId',
    ]) {
      expect(all.includes(text), text).toBe(false);
    }
    // the control: the search would find it
    expect(all.includes('planted in clear')).toBe(true);
    expect(all.includes('c-t-1')).toBe(true);
  });
});

async function everything(): Promise<string> {
  const { redis, config } = rig.base;
  const parts: string[] = [];
  for (const key of await redis.keys(`${config.redisPrefix}:*`)) {
    const type = await redis.type(key);
    const read = {
      string: () => redis.get(key),
      hash: () => redis.hgetall(key),
      list: () => redis.lrange(key, 0, -1),
      set: () => redis.smembers(key),
      zset: () => redis.zrange(key, 0, -1),
      stream: () => redis.xrange(key, '-', '+'),
    }[type];
    parts.push(key, JSON.stringify(await read?.()));
  }
  return parts.join('\n');
}
