// The attribute inspector over HTTP and as a command: what is shown, what is sent, and what is refused in which words.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { inspectionSentSchema } from '../../src/api/routes/inspection-schema.ts';
import { apiAt } from '../../src/cli/api-call.ts';
import { sheet } from '../../src/cli/inspect-attributes.command.ts';
import { inspectionSchema, type Inspection } from '../../src/domain/enrichment/inspect.ts';
import type { ConversationState } from '../../src/domain/conversation/state.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import { Poison, Retryable, Throttled } from '../../src/runtime/errors.ts';
import { PARTITIONS } from '../browser/support/sample-conversations.ts';
import { PASSWORD } from '../browser/support/sample-api.ts';
import { inspectionWorld, OTHER_FLOW_ID, type InspectionWorld } from '../support/inspection-world.ts';
import { apiRig, type Rig } from './api-client.ts';

let rig: Rig;
let world: InspectionWorld;
let written: string;
beforeEach(async () => {
  written = '';
  world = inspectionWorld(() => rig.deployment);
  const log = createLogger({ level: 'silent', role: 'test' });
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    vi.spyOn(log, level).mockImplementation((...line: unknown[]) => void (written += JSON.stringify(line)));
  }
  rig = await apiRig({ conversations: 3 }, { inspector: world.inspector, log });
});
afterEach(() => rig.close());

const pathOf = (id = rig.deployment.conversationIds[0]): string => `/api/v1/conversations/${id}/attributes/inspection`;
const inspection = async (): Promise<Inspection> => inspectionSchema.parse(await (await rig.ask(pathOf())).json());

describe('GET …/attributes/inspection', () => {
  it('shows a signed-in person what would be sent, and sends and keeps nothing', async () => {
    const answer = await rig.ask(pathOf());
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const report = inspectionSchema.parse(await answer.json());
    expect(report).toMatchObject({ missing: ['lastContactAt'], extra: ['city', 'language'], customer: 'fresh' });
    expect(report.attributes.find(({ key }) => key === 'isVip')).toMatchObject({ value: 'banana', result: 'MISMATCH' });
    expect(report.send.custom).toEqual({ customAttributes: { openCases: 3 } });
    expect(world.orders).toEqual([]);
    expect((await rig.askAnyone(pathOf())).status).toBe(401);
    expect(written).not.toMatch(/ACC-10042|banana|parcel/);
  });

  it('holds the customer against another flow when asked to', async () => {
    const { send } = inspectionSchema.parse(await (await rig.ask(`${pathOf()}?flowId=${OTHER_FLOW_ID}`)).json());
    expect(send).toEqual({ participant: { attributes: { city: 'Seattle, WA' } } });
  });

  it.each([
    ['an id that nothing is known of', pathOf, 404, 'conversation_unknown'],
    ['a flow that is no id', () => `${pathOf(rig.deployment.conversationIds[0])}?flowId=x`, 400, 'invalid_request'],
  ])('refuses %s', async (_what, path, status, code) => {
    const answer = await rig.ask(path('nobody'));
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it.each([
    [new Poison('schema_forbidden', 'Grant architect:flow:view'), 422, 'schema_forbidden'],
    [new Retryable('timeout', 'the CRM did not answer'), 503, 'timeout'],
    [new Throttled('circuit_open', 'left alone for now', 9500), 503, 'circuit_open'],
    [new Error('unforeseen'), 500, 'internal'],
  ])('tells %s in the words of the failure', async (failure, status, code) => {
    world.customer = failure;
    const answer = await rig.ask(pathOf());
    const problem = (await answer.json()) as { code: string; detail: string };
    expect([answer.status, problem.code]).toEqual([status, code]);
    if (status < 500 || code !== 'internal') expect(problem.detail).toBe(failure.message);
    if (failure instanceof Throttled) expect(answer.headers.get('retry-after')).toBe('10');
  });

  it('says what to set where enrichment is off, or no schema fits', async () => {
    world.schemas = { ...world.schemas, of: () => Promise.resolve(undefined) };
    const problem = (await (await rig.ask(pathOf())).json()) as { code: string; detail: string };
    expect(problem).toMatchObject({
      code: 'no_schema',
      detail: expect.stringContaining('THROUGHLINE_ENRICHMENT_SCHEMAS'),
    });
  });
});

describe('POST …/attributes/inspection', () => {
  const send = () => rig.ask(pathOf(), { method: 'POST' });

  it('hands to the injection what was shown, sealed', async () => {
    const answer = await send();
    expect(answer.status).toBe(202);
    const { traceId, inspection: shown } = inspectionSentSchema.parse(await answer.json());
    const [order] = world.orders;
    expect(order).toMatchObject({ conversationId: rig.deployment.conversationIds[0], traceId, cause: 'manual' });
    if (order === undefined) throw new Error('nothing was ordered');
    expect(JSON.stringify(order)).not.toContain('ACC-10042');
    expect(world.open(order)).toEqual({
      values: { accountId: 'ACC-10042', tier: 'gold', openCases: 3, lifetimeValue: 4821.5, customerSince: '2019-04-30', notesOfTheLastConversationWithTheCustomer: expect.any(String) as string },
      targets: { openCases: 'custom' },
    }); // prettier-ignore
    expect(Object.keys(shown.send.participant?.attributes ?? {})).toContain('accountId');
    expect(written).not.toMatch(/ACC-10042|banana|parcel/);
  });

  it('refuses when there is nothing to send, and for a conversation that is over', async () => {
    world.customer = undefined;
    expect(await (await send()).json()).toMatchObject({ status: 422, code: 'nothing_to_send' });
    world.customer = { attributes: { accountId: 'A' }, freshness: 'cached' };
    await end(rig.deployment.conversationIds[0] ?? '');
    expect(await (await send()).json()).toMatchObject({ status: 422, code: 'conversation_ended' });
    expect(world.orders).toEqual([]);
  });
});

async function end(id: string): Promise<void> {
  const { redis, keys } = rig.deployment;
  const key = keys.partition(partitionOf(id, PARTITIONS)).state(id);
  const state = JSON.parse((await redis.get(key)) ?? '') as ConversationState;
  await redis.set(key, JSON.stringify({ ...state, phase: 'ended' }));
}

describe('the same in a terminal', () => {
  it('fits 80 columns, the JSON apart, and steers nothing', async () => {
    const text = sheet(await inspection(), undefined, 80);
    const [table = '', json = ''] = text.split('To be sent:\n');
    expect(table.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(table).toMatch(/^ {2}attribute +expected +actual +result +value$/m);
    expect(table).toMatch(/^ {2}openCases +integer +string +OK +"3" → 3$/m);
    expect(table).toMatch(/^ {2}isVip +boolean +string +MISMATCH +"banana"\n {6}text of 6: none of true, 1, yes, false, 0, no$/m); // prettier-ignore
    expect(table).toContain('Missing: lastContactAt\n');
    expect(table).toContain('Extra, will be ignored: city, language\n');
    expect(text).not.toMatch(/\u202E/);
    expect(json).toContain('\\u202e');
    expect(json).toContain('A dry run: nothing was sent. --send sends it.');
    const sent = json.slice(0, json.lastIndexOf('}') + 1);
    expect(JSON.parse(sent)).toEqual((await inspection()).send);
  });

  it('wraps long lists', async () => {
    const extra = Array.from({ length: 500 }, (_, n) => `custom_attribute_${n}`);
    const text = sheet({ ...(await inspection()), extra }, 'a-trace', 80);
    expect(text.split('\n').filter((line) => line.includes('custom_attribute') && line.length > 80)).toEqual([]);
    expect(text.match(/custom_attribute_\d+/g)).toHaveLength(500);
    expect(text).toContain('Handed to the injection, trace a-trace.');
  });

  it('asks the API as a command does', async () => {
    const ask = apiAt({ url: rig.api.url, password: PASSWORD, passwordFrom: 'the test' });
    const report = await ask({ method: 'GET', path: pathOf(), query: { flowId: undefined } }, inspectionSchema);
    expect(report.conversationId).toBe(rig.deployment.conversationIds[0]);
    await expect(ask({ method: 'GET', path: pathOf('gone') }, inspectionSchema)).rejects.toThrow('Nothing is remembered'); // prettier-ignore
  });
});
