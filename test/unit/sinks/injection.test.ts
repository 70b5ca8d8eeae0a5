// Attributes put onto a conversation of the emulated platform: what is sent, what is told of it, what is looked for later.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/runtime/errors.ts';
import { GET, InjectionRig, PATCH, seal, type Job } from './injection-rig.ts';

let rig: InjectionRig;
beforeEach(async () => {
  rig = await InjectionRig.start();
});
afterEach(() => rig.close());

describe('values', () => {
  it('go to the customer as texts, and typed into the custom attributes', async () => {
    const values = { tier: 'gold', cases: 3, vip: true, owed: 12.5 };
    expect(await rig.handle(rig.job(values, { targets: { cases: 'custom', vip: 'custom' } }))).toEqual({
      kind: 'done',
    });
    await rig.merged('tier', 'gold');
    expect(rig.customer()?.attributes).toMatchObject({ tier: 'gold', owed: '12.5' });
    expect(rig.customer()?.attributes).not.toHaveProperty('cases');
    expect(rig.custom()).toMatchObject({ cases: 3, vip: true });
  });

  it('are told of, sealed, with a record that names none of them', async () => {
    await rig.handle(rig.job({ tier: 'gold' }));
    expect(rig.audits).toEqual([
      {
        timestamp: 3000,
        conversationId: rig.id,
        traceId: 't-1',
        success: true,
        outcome: 'injected',
        latencyMs: 2000,
        payloadHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        error: null,
      },
    ]);
    expect(JSON.parse(seal.unseal(rig.news[0]?.sealed ?? ''))).toEqual({ attributes: { tier: 'gold' } });
    expect(JSON.stringify([rig.audits, rig.news, rig.later])).not.toContain('gold');
    expect(rig.later).toMatchObject([{ job: { traceId: 't-1', step: 'confirm' }, delayMs: 15_000 }]);
  });

  it('that the last snapshot showed are not sent, and cost no call', async () => {
    await rig.handle(rig.job({ tier: 'gold', owed: 12.5 }));
    await rig.merged('tier', 'gold');
    rig.see();
    rig.calls = [];
    await rig.handle(rig.job({ tier: 'gold', owed: '12.5' }, { traceId: 't-2' }));
    expect(rig.calls).toEqual([]);
    expect(rig.audits.at(-1)).toMatchObject({ traceId: 't-2', success: true, outcome: 'injected' });
    // nobody's news; unless a run before this one may have been what changed it
    expect(rig.news.map(({ traceId }) => traceId)).toEqual(['t-1']);
    await rig.handle(rig.job({ tier: 'gold', owed: '12.5' }, { traceId: 't-2' }), 1);
    expect(rig.news.map(({ traceId }) => traceId)).toEqual(['t-1', 't-2']);
    await rig.handle(rig.job({ tier: 'lead', owed: 12.5 }, { traceId: 't-3' }));
    expect(rig.calls).toEqual([{ name: PATCH, body: { attributes: { tier: 'lead' } } }]);
  });

  it('are held against the platform where no snapshot was seen yet', async () => {
    await rig.handle(rig.job({ tier: 'gold' }));
    await rig.merged('tier', 'gold');
    rig.calls = [];
    await rig.handle(rig.job({ tier: 'gold', city: 'Oslo' }));
    expect(rig.calls).toEqual([
      { name: GET, body: undefined },
      { name: PATCH, body: { attributes: { city: 'Oslo' } } },
    ]);
  });

  it('that are too many, too long or none are left out, and the rest goes', async () => {
    await rig.handle(rig.job({ none: null, long: 'x'.repeat(21), a: 1, b: 2, c: 3, d: 4 }));
    await rig.merged('c', '3');
    expect(rig.customer()?.attributes).not.toHaveProperty('d');
    expect(await rig.counted('over_limit')).toBe(2);
    expect(await rig.counted('no_value')).toBe(1);
    expect(await rig.counted('sent')).toBe(3);
  });

  it('of two that began at different times, the later stays in the custom attributes', async () => {
    const targets = { tier: 'custom' };
    await rig.handle(rig.job({ tier: 'gold' }, { targets, startedAt: 20, traceId: 't-2' }));
    await rig.handle(rig.job({ tier: 'tin' }, { targets, startedAt: 10 }));
    expect(rig.custom()['tier']).toBe('gold');
  });

  it('of eight workers at once are all there', async () => {
    const keys = Array.from({ length: 8 }, (_, n) => `k${n}`);
    const tries = keys.map(async (key, n) => {
      const asked = rig.job({ [key]: n }, { targets: { [key]: 'custom' }, traceId: `t-${n}`, startedAt: n });
      for (let round = 0; ; round += 1) {
        const failure = await rig.handle(asked).then(() => undefined, (error: unknown) => error); // prettier-ignore
        if (failure === undefined) return;
        if (!(failure instanceof Failure) || failure.kind !== 'conflict' || round > 20) throw failure;
      }
    });
    await Promise.all(tries);
    expect(rig.custom()).toMatchObject(Object.fromEntries(keys.map((key, n) => [key, n])));
  });
});

describe('a conversation that is over', () => {
  it('by its state costs no call; the record says so', async () => {
    rig.see('ended');
    expect(await rig.handle(rig.job({ tier: 'gold' }))).toEqual({ kind: 'skip', reason: 'ended' });
    expect(rig.calls).toEqual([]);
    expect(rig.audits).toMatchObject([{ success: false, outcome: 'ended', error: null }]);
    expect(rig.news).toEqual([]);
  });

  it('by the platform is left alone', async () => {
    const conversation = rig.emulator.driver.find(rig.id);
    if (conversation !== undefined) rig.emulator.driver.disconnect(conversation);
    expect(await rig.handle(rig.job({ tier: 'gold' }))).toEqual({ kind: 'skip', reason: 'ended' });
    expect(rig.calls.map(({ name }) => name)).toEqual([GET]);
  });
});

describe('a confirmation', () => {
  const sent = async (values: unknown): Promise<Job> => {
    rig.see();
    await rig.handle(rig.job(values));
    const { job: confirmation } = rig.later.at(-1) ?? {};
    if (confirmation === undefined) throw new Error('nothing is to be confirmed');
    rig.calls = [];
    return { ...confirmation, step: 'confirm' };
  };

  it('costs no call where the snapshot shows it', async () => {
    const asked = await sent({ tier: 'gold' });
    await rig.merged('tier', 'gold');
    rig.see();
    await rig.handle(asked);
    expect(rig.calls).toEqual([]);
    expect(await rig.counted('confirmed')).toBe(1);
  });

  it('sends once more what never came back, and nothing else', async () => {
    await rig.control('attributes/lose', { times: 1 });
    const asked = await sent({ tier: 'gold', city: 'Oslo' });
    Object.assign(rig.customer()?.attributes ?? {}, { city: 'Oslo' });
    await rig.handle(asked);
    expect(rig.calls.map(({ name }) => name)).toEqual([GET, PATCH]);
    expect(rig.calls.at(-1)?.body).toEqual({ attributes: { tier: 'gold' } });
    await rig.merged('tier', 'gold');
    expect(await rig.counted('lost')).toBe(1);
    expect(await rig.counted('confirmed')).toBe(1);
  });

  it('leaves what somebody else has written since', async () => {
    await rig.control('attributes/lose', { times: 1 });
    const asked = await sent({ 'crm.tier': 'gold-plus' });
    Object.assign(rig.customer()?.attributes ?? {}, { 'crm.tier': 'by hand' });
    await rig.handle(asked);
    expect(rig.calls.map(({ name }) => name)).toEqual([GET]);
    expect(await rig.counted('overtaken')).toBe(1);
  });

  it('of an old value that stayed is a loss', async () => {
    await rig.control('attributes/lose', { times: 1 });
    const asked = await sent({ 'crm.tier': 'gold-plus' });
    await rig.handle(asked);
    await rig.merged('crm.tier', 'gold-plus');
  });

  it('is not needed for a conversation that is over', async () => {
    const asked = await sent({ tier: 'gold' });
    rig.see('ended');
    expect(await rig.handle(asked)).toEqual({ kind: 'skip', reason: 'ended' });
    expect(rig.calls).toEqual([]);
  });
});
