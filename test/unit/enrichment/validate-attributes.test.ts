// The stage that holds a customer's data against the flow: what it hands on, counts, names and records, and what it
// keeps to itself.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConversationState } from '../../../src/domain/conversation/state.ts';
import { readJsonSchema } from '../../../src/domain/enrichment/read-json-schema.ts';
import type { InjectionOrder } from '../../../src/enrichment/inspector.ts';
import type { ServedSchema } from '../../../src/genesys/schemas/schema-source.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../../src/observability/metrics.ts';
import { Fatal, Interrupted, Poison, Retryable, Throttled } from '../../../src/runtime/errors.ts';
import { sealWith } from '../../../src/runtime/seal.ts';
import type { Outcome } from '../../../src/runtime/stage.ts';
import { recordAuditQueue, type AuditJob } from '../../../queues/record-audit.queue.ts';
import { injectAttributesQueue } from '../../../queues/inject-attributes.queue.ts';
import { validateAttributesStage } from '../../../workers/stages/validate-attributes.stage.ts';
import { TEST_KEY } from '../../support/pipeline.ts';

const BEGUN_AT = Date.UTC(2026, 0, 2);

const seal = sealWith(TEST_KEY);
const state = { v: 1, conversationId: 'c-1', phase: 'open', media: 'voice', startedAt: 1, asOf: 1, bornAt: 1, version: 1, participants: {} } as const; // prettier-ignore
const properties = { tier: { type: 'string' }, openCases: { type: 'integer' }, isVip: { type: 'boolean' } };
const served = (document: object = { properties }): ServedSchema => {
  const { schema, problem } = readJsonSchema(document, 'flow A');
  return { schema, problem, stale: false };
};

let known: ConversationState | undefined;
let schema: () => Promise<ServedSchema | undefined>;
let metrics: Metrics;
let injected: InjectionOrder[];
let audited: AuditJob[];
let logged: string;
beforeEach(() => {
  known = state;
  schema = () => Promise.resolve(served());
  metrics = createMetrics();
  [injected, audited, logged] = [[], [], ''];
});

const jobWith = (attributes: object) => ({
  conversationId: 'c-1',
  traceId: 't-1',
  cause: 'start',
  startedAt: BEGUN_AT,
  sealed: seal.seal(JSON.stringify({ attributes, freshness: 'fresh' })),
});

async function handle(attributes: object, attemptsMade = 0): Promise<Outcome> {
  const log = createLogger({ level: 'silent', role: 'test' });
  vi.spyOn(log, 'info').mockImplementation((...line: unknown[]) => void (logged += JSON.stringify(line)));
  const context = { signal: new AbortController().signal, attemptsMade, begunBefore: attemptsMade > 0 };
  return validateAttributesStage.handle(jobWith(attributes), context, {
    seal,
    readState: () => Promise.resolve(known),
    schemas: { of: () => schema(), ofFlow: () => Promise.reject(new Error('not asked')) },
    inject: async (order) => void injected.push(order),
    audit: async (job) => void audited.push(job),
    metrics,
    log,
    now: () => BEGUN_AT + 500,
  });
}

async function counted(name: Parameters<Metrics['count']>[0]): Promise<Record<string, number>> {
  const values = (await metrics.registry.getSingleMetric(name)?.get())?.values ?? [];
  return Object.fromEntries(values.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

describe('validate-attributes', () => {
  it('hands on what passes, sealed, and names the rest without its value', async () => {
    expect(await handle({ tier: 'gold', openCases: '3', isVip: 'banana', city: 'Seattle' })).toEqual({ kind: 'done' });
    expect(injected).toHaveLength(1);
    const [order] = injected;
    expect(injectAttributesQueue.schema.parse(order)).toMatchObject({
      traceId: 't-1',
      cause: 'start',
      startedAt: BEGUN_AT,
    });
    expect(JSON.parse(seal.unseal(order?.sealed ?? ''))).toEqual({
      values: { tier: 'gold', openCases: 3 },
      targets: {},
    });
    expect(JSON.stringify(order)).not.toContain('gold');
    expect(await counted('throughline_enrichment_attributes_total')).toEqual({ as_is: 1, converted: 1, refused: 1, extra: 1 }); // prettier-ignore
    expect(await counted('throughline_enrichment_attributes_refused_total')).toEqual({ 'boolean no_yes_or_no': 1 });
    expect(JSON.parse(logged)).toEqual([
      { conversationId: 'c-1', traceId: 't-1', count: 1, refused: [{ attribute: 'isVip', expected: 'boolean', got: 'string', why: 'no_yes_or_no' }] },
      'attributes could not be converted',
    ]); // prettier-ignore
    expect(audited).toEqual([]);
  });

  it('hands on an order of the largest customer that validation lets through', async () => {
    const keys = Array.from({ length: 500 }, (_, n) => `key_${n}`);
    schema = () => Promise.resolve(served({ properties: Object.fromEntries(keys.map((key) => [key, {}])) }));
    await handle(Object.fromEntries(keys.map((key) => [key, 'x'.repeat(4000)])));
    expect(injectAttributesQueue.schema.safeParse(injected[0]).success).toBe(true);
    expect(logged.length).toBeLessThan(4000);
  });

  it.each([
    ['nothing_valid', () => Promise.resolve(served()), { isVip: 'banana' }],
    ['nothing_declared', () => Promise.resolve(served({})), { tier: 'gold' }],
    ['no_schema', () => Promise.resolve(undefined), { tier: 'gold' }],
  ])('%s: a record of it, and nothing is injected', async (outcome, gives, attributes) => {
    schema = gives;
    expect(await handle(attributes)).toEqual({ kind: 'done' });
    expect(injected).toEqual([]);
    expect(recordAuditQueue.schema.parse(audited[0])).toEqual({ timestamp: BEGUN_AT + 500, conversationId: 'c-1', traceId: 't-1', success: false, outcome, latencyMs: 500, payloadHash: null, error: null }); // prettier-ignore
    expect(await counted('throughline_enrichment_validations_total')).toEqual({ [outcome]: 1 });
  });

  it.each([
    ['ended', { ...state, phase: 'ended' } as const],
    ['forgotten', undefined],
  ])('a conversation that is %s costs nothing', async (reason, now) => {
    known = now;
    schema = () => Promise.reject(new Error('not asked'));
    expect(await handle({ tier: 'gold' })).toEqual({ kind: 'skip', reason });
    expect([injected, audited]).toEqual([[], []]);
  });

  it('waits by itself while the platform is to be left alone', async () => {
    schema = () => Promise.reject(new Throttled('rate_budget', 'used up', 3_600_000));
    expect(await handle({ tier: 'gold' })).toEqual({ kind: 'defer', reason: 'rate_budget', delayMs: 30_000 });
    expect(audited).toEqual([]);
  });

  it.each([
    ['a try more', new Retryable('platform_unavailable', 'down'), 0, 'retryable', []],
    ['the last try', new Retryable('platform_unavailable', 'down'), 9, 'retryable', ['platform_unavailable']],
    ['a schema that may not be read', new Poison('schema_forbidden', 'Grant it'), 0, 'poison', ['schema_forbidden']],
    ['credentials that do not work', new Fatal('unauthorized', 'no'), 0, 'poison', ['unauthorized']],
    ['a process that stops', new Interrupted(), 9, 'interrupted', []],
  ])('%s', async (_what, failure, attemptsMade, kind, codes) => {
    schema = () => Promise.reject(failure);
    await expect(handle({ tier: 'gold' }, attemptsMade)).rejects.toMatchObject({ kind });
    expect(audited.map(({ error }) => error?.code)).toEqual(codes);
  });
});
