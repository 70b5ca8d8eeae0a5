// What a target's answers mean for an update, and what is written beside what others wrote.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../../src/domain/merge.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { createBreaker } from '../../../src/runtime/breaker.ts';
import { Failure } from '../../../src/runtime/errors.ts';
import { updateConversation, type ConversationTarget } from '../../../src/sinks/conversation/target.ts';
import { EtagStores } from '../../support/etag-stores.ts';
import { PlatformStores } from '../../support/platform-stores.ts';
import type { VersionedStores } from '../../support/versioned-stores.ts';
import { httpAt, platformAt, STAMPS, TARGETS } from './conversation-targets.ts';

const fields: Fields = { participantState: { value: 'active', at: 20, source: 'p-1' } };
let conflicts = 0;
const update = (target: ConversationTarget, id: string, said: Fields = fields) => {
  conflicts = 0;
  const onConflict = (): unknown => (conflicts += 1);
  const updating = { target, maxConflicts: 3, onConflict };
  return updateConversation(updating, id, said, new AbortController().signal);
};
const failureOf = async (target: ConversationTarget, id = 'c-1'): Promise<Failure> => {
  const error: unknown = await update(target, id).catch((thrown: unknown) => thrown);
  if (error instanceof Failure) return error;
  throw new Error(`expected a failure, got ${String(error)}`);
};

describe.each(TARGETS)('$name', ({ start, targetAt }) => {
  let stores: VersionedStores;
  beforeEach(async () => {
    stores = await start();
  });
  afterEach(() => stores.close());

  const values = () => stores.valuesOf(stores.id);
  const stamps = (): unknown => JSON.parse(String(values()[STAMPS]));

  it('gets the fields and when they were said, and keeps what others wrote', async () => {
    await stores.overwrite(stores.id, { note: 'by hand', participantState: 'joined', tags: ['vip'] });
    expect(await update(targetAt(stores.url), stores.id)).toBe('written');
    expect(values()).toMatchObject({ note: 'by hand', participantState: 'active', tags: ['vip'] });
    expect(stamps()).toEqual({ participantState: [20, 'p-1'] });
  });

  it('is not written again for what it knows, nor for what is older', async () => {
    const target = targetAt(stores.url);
    await update(target, stores.id);
    expect(await update(target, stores.id)).toBe('unchanged');
    expect(await update(target, stores.id, { participantState: { value: 'joined', at: 19, source: 'p-1' } })).toBe(
      'unchanged',
    );
    expect(stores.written).toBe(1);
    expect(values()['participantState']).toBe('active');
  });

  it('is read and merged again after a conflict', async () => {
    const target = targetAt(stores.url);
    await update(target, stores.id);
    let others = 0;
    stores.beforeWrite = async (id) => {
      if ((others += 1) <= 2) await stores.overwrite(id, { note: `by hand ${others}` });
    };
    expect(await update(target, stores.id, { participantState: { value: 'held', at: 21, source: 'p-1' } })).toBe(
      'written',
    );
    expect(conflicts).toBe(2);
    expect(values()).toMatchObject({ note: 'by hand 2', participantState: 'held' });
  });

  it('is given up after so many conflicts', async () => {
    let others = 0;
    stores.beforeWrite = (id) => stores.overwrite(id, { note: `by hand ${(others += 1)}` });
    expect(await failureOf(targetAt(stores.url), stores.id)).toMatchObject({ kind: 'conflict' });
    expect(conflicts).toBe(3);
  });

  it('stamps that nobody can read count as none', async () => {
    await stores.overwrite(stores.id, { [STAMPS]: '{"participantState":["soon","x"]}', participantState: 'joined' });
    expect(await update(targetAt(stores.url), stores.id)).toBe('written');
    expect(stamps()).toEqual({ participantState: [20, 'p-1'] });
  });
});

describe('answers of an HTTP resource', () => {
  let stores: EtagStores;
  beforeEach(async () => {
    stores = await EtagStores.start();
  });
  afterEach(() => stores.close());

  it.each([
    [401, 'poison', 'unauthorized', 'THROUGHLINE_CONVERSATION_UPDATE_TOKEN'],
    [403, 'poison', 'missing_permission', 'THROUGHLINE_CONVERSATION_UPDATE_TOKEN'],
    [404, 'poison', 'not_found', 'THROUGHLINE_CONVERSATION_UPDATE_URL'],
    [405, 'poison', 'wrong_method', 'THROUGHLINE_CONVERSATION_UPDATE_METHOD'],
    [302, 'poison', 'redirect', 'THROUGHLINE_CONVERSATION_UPDATE_URL'],
    [422, 'poison', 'refused', '422'],
    [500, 'retryable', 'unavailable', '500'],
    [429, 'throttled', 'throttled', '429'],
    [503, 'throttled', 'throttled', '503'],
  ])('%i is %s %s and names %s', async (status, kind, code, named) => {
    stores.answers.push({ status, headers: { 'retry-after': '7', location: 'http://127.0.0.1:1/' } });
    const failure = await failureOf(httpAt(stores.url));
    expect([failure.kind, failure.code]).toEqual([kind, code]);
    expect(failure.message).toContain(named);
    expect(failure.message).not.toMatch(/secret-token|c-1/);
    if (kind === 'throttled') expect(failure).toMatchObject({ retryAfterMs: 7000 });
  });

  it('without a strong ETag nothing is written', async () => {
    for (const etag of ['W/"1"', '']) {
      stores.etag = etag;
      expect(await failureOf(httpAt(stores.url))).toMatchObject({ kind: 'poison', code: 'no_etag' });
    }
    expect(stores.written).toBe(0);
  });

  it('a page in place of an object comes again', async () => {
    stores.answers.push({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>sign in</html>' });
    expect(await failureOf(httpAt(stores.url))).toMatchObject({ kind: 'retryable', code: 'unexpected_answer' });
  });

  it('that fails again and again is left alone for a while: nothing is sent', async () => {
    const log = createLogger({ level: 'silent', role: 'test' });
    const breaker = createBreaker({ remote: 'conversation', mostInFlight: 2, metrics: createMetrics(), log });
    const target = httpAt(stores.url, 'PATCH', breaker);
    stores.answers.push(...Array.from({ length: 5 }, () => ({ status: 500 })));
    for (let n = 0; n < 5; n += 1) expect(await failureOf(target)).toMatchObject({ kind: 'retryable' });
    expect(await failureOf(target)).toMatchObject({ kind: 'throttled', code: 'circuit_open' });
    expect(stores.requests).toHaveLength(5);
  });

  it('an address where nobody answers names the setting', async () => {
    const failure = await failureOf(httpAt('http://127.0.0.1:1'));
    expect([failure.code, failure.message]).toEqual([
      'unreachable',
      expect.stringContaining('THROUGHLINE_CONVERSATION_UPDATE_URL'),
    ]);
  });
});

describe('answers of the platform', () => {
  let stores: PlatformStores;
  beforeEach(async () => {
    stores = await PlatformStores.start();
  });
  afterEach(() => stores.close());

  it('a missing permission is named', async () => {
    await stores.control('/emulator/rest/permissions', { lacks: ['conversation:customAttributes:edit'] });
    const failure = await failureOf(platformAt(stores.url), stores.id);
    expect(failure).toMatchObject({ kind: 'poison', code: 'missing_permission' });
    expect(failure.message).toContain('Grant conversation:customAttributes:edit to a role of the OAuth client');
  });

  it('a conversation that is not there is told from a record that is not there yet', async () => {
    expect(await update(platformAt(stores.url), stores.id)).toBe('written');
    const failure = await failureOf(platformAt(stores.url), 'nowhere');
    expect(failure).toMatchObject({ kind: 'poison', code: 'conversation_not_found' });
    expect(failure.message).toContain('THROUGHLINE_GENESYS_CLIENT_ID');
  });

  it.each([
    [undefined, 'Set THROUGHLINE_CONVERSATION_UPDATE_SCHEMA_ID'],
    ['schema-1', 'Check that the schema of THROUGHLINE_CONVERSATION_UPDATE_SCHEMA_ID'],
  ])('a refused first record speaks of the schema (%s)', async (schemaId, advice) => {
    await stores.control('/emulator/rest/faults', { path: '*/customattributes', method: 'PUT', status: 400 });
    const failure = await failureOf(platformAt(stores.url, schemaId), stores.id);
    expect(failure).toMatchObject({ kind: 'poison', code: 'schema_mismatch' });
    expect(failure.message).toContain(advice);
  });
});
