// What the platform's answers, the budget and a bad job mean for an injection.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gate } from '../../../src/genesys/gate.ts';
import { Interrupted, Throttled } from '../../../src/runtime/errors.ts';
import { InjectionRig, seal } from './injection-rig.ts';

let rig: InjectionRig;
beforeEach(async () => {
  rig = await InjectionRig.start();
});
afterEach(() => rig.close());

describe('an answer of the platform', () => {
  const patch = { path: '*/attributes', method: 'PATCH' };

  it.each([
    [401, 'poison', 'unauthorized', 'Check that the OAuth client of THROUGHLINE_GENESYS_CLIENT_ID is still enabled'],
    [403, 'poison', 'missing_permission', 'to a role of the OAuth client'],
    [404, 'poison', 'conversation_not_found', 'THROUGHLINE_GENESYS_CLIENT_ID'],
    [400, 'poison', 'attributes_refused', 'THROUGHLINE_INJECTION_MAX_ATTRIBUTES'],
  ])('%i is not retried: the record says %s %s', async (status, kind, code, advice) => {
    await rig.control('rest/faults', { ...patch, status, times: 9 });
    const failure = await rig.failureOf(rig.job({ tier: 'gold' }));
    expect([failure.kind, failure.code]).toEqual([kind, code]);
    expect(failure.message).toContain(advice);
    expect(failure.message).not.toContain(rig.id);
    expect(rig.audits).toMatchObject([{ success: false, outcome: 'failed', error: { code } }]);
  });

  it('that lacks a permission names it', async () => {
    await rig.control('rest/permissions', { lacks: ['conversation:customAttributes:edit'] });
    const failure = await rig.failureOf(rig.job({ tier: 'gold' }, { targets: { tier: 'custom' } }));
    expect(failure.message).toContain('Grant conversation:customAttributes:edit to a role');
  });

  it.each([
    [500, 'retryable', 'platform_unavailable'],
    [409, 'conflict', 'conflict'],
  ])('%i is retried; the last try leaves its record', async (status, kind, code) => {
    await rig.control('rest/faults', { ...patch, status, times: 2 });
    expect(await rig.failureOf(rig.job({ tier: 'gold' }))).toMatchObject({ kind, code });
    expect(rig.audits).toEqual([]);
    expect(await rig.failureOf(rig.job({ tier: 'gold' }), 2)).toMatchObject({ kind, code });
    expect(rig.audits).toMatchObject([{ success: false, outcome: 'failed', error: { code } }]);
    expect(await rig.handle(rig.job({ tier: 'gold' }))).toEqual({ kind: 'done' });
  });

  it('429 holds the queue up for as long as it says, and costs no try', async () => {
    await rig.control('rest/faults', { ...patch, status: 429, retryAfterSeconds: 3600 });
    const failure = await rig.failureOf(rig.job({ tier: 'gold' }), 2);
    expect(failure).toMatchObject({ kind: 'throttled', retryAfterMs: 3_600_000 });
    expect(rig.audits).toEqual([]);
  });

  it('that does not come in time is a try; one that we stop waiting for is none', async () => {
    await rig.control('rest/faults', { path: '*/conversations/*', method: 'GET', delayMs: 60_000, times: 2 });
    await rig.failureOf(rig.job({ tier: 'gold' }), 2, AbortSignal.timeout(100));
    expect(rig.audits).toMatchObject([{ outcome: 'failed', error: { code: 'timeout' } }]);
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(new Interrupted()), 50);
    expect(await rig.failureOf(rig.job({ tier: 'gold' }), 2, stopping.signal)).toMatchObject({ kind: 'interrupted' });
    expect(rig.audits).toHaveLength(1);
  });
});

describe('the budget', () => {
  /** Keeps what is left for those who wait. */
  const nothingForBulk: Gate = {
    pass: ({ priority }, work) =>
      priority === 'bulk' ? Promise.reject(new Throttled('rate_budget', 'used up', 5000)) : work(),
    answered: () => undefined,
  };

  it('that is short serves those who wait; others step aside alone', async () => {
    rig.gate = nothingForBulk;
    rig.see('open', 'active');
    expect(await rig.handle(rig.job({ tier: 'gold' }))).toEqual({
      kind: 'defer',
      reason: 'rate_budget',
      delayMs: 5000,
    });
    rig.see('open');
    expect(await rig.handle(rig.job({ tier: 'gold' }))).toEqual({ kind: 'done' });
  });

  it('that is used up altogether holds up all', async () => {
    rig.gate = { ...nothingForBulk, pass: () => Promise.reject(new Throttled('rate_budget', 'used up', 10)) };
    rig.see('open');
    expect(await rig.failureOf(rig.job({ tier: 'gold' }))).toMatchObject({ kind: 'throttled', retryAfterMs: 1000 });
    expect(rig.audits).toEqual([]);
  });
});

it('a sealed part that holds something else is poison, with a record', async () => {
  const failure = await rig.failureOf({ ...rig.job({}), sealed: seal.seal('{"values":3}') });
  expect(failure).toMatchObject({ kind: 'poison', code: 'message_invalid' });
  expect(rig.audits).toMatchObject([{ success: false, outcome: 'failed', payloadHash: null }]);
});

it('what is given up because its workers died leaves its record too, a look for what came back none', async () => {
  await rig.abandon(rig.job({ tier: 'gold' }, { step: 'confirm' }));
  expect(rig.audits).toEqual([]);
  await rig.abandon(rig.job({ tier: 'gold' }));
  expect(rig.audits).toMatchObject([{ success: false, outcome: 'failed', error: { code: 'worker_lost' } }]);
});
