// The description of the API: complete, and true of what the routes answer.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SAMPLE_TARGETS } from '../browser/support/sample-webhooks.ts';
import { apiRig, type Rig } from './api-client.ts';

/** There is neither an SQL store nor a CRM here: these are held to their word where there is. */
const ELSEWHERE = new Set(['/api/v1/audit', '/api/v1/conversations/{id}/attributes/inspection']);

let rig: Rig;
beforeAll(async () => {
  rig = await apiRig({ conversations: 40, deadLetters: 5 });
  await rig.deployment.work(Date.now(), 0);
});
afterAll(() => rig.close());

describe('the description of the API', () => {
  interface Operation {
    readonly summary?: string;
    readonly responses: Record<
      string,
      { readonly content?: Record<string, { readonly schema: z.core.JSONSchema.JSONSchema }> }
    >;
  }
  interface Description {
    readonly openapi: string;
    readonly paths: Record<string, Record<string, Operation>>;
  }
  const describeApi = async (): Promise<Description> => (await (await rig.ask('/openapi.json')).json()) as Description;

  it('is OpenAPI 3.1 and covers every route that is not a page', async () => {
    const { openapi, paths } = await describeApi();
    expect(openapi).toMatch(/^3\.1\./);
    expect(Object.keys(paths).toSorted()).toEqual([
      '/api/v1/audit',
      '/api/v1/audit/export',
      '/api/v1/conversations',
      '/api/v1/conversations/{id}',
      '/api/v1/conversations/{id}/attributes/inspection',
      '/api/v1/dead-letters',
      '/api/v1/dead-letters/discard',
      '/api/v1/dead-letters/retry',
      '/api/v1/dead-letters/{id}',
      '/api/v1/enrichment',
      '/api/v1/enrichments',
      '/api/v1/gaps',
      '/api/v1/gaps/{id}/repair',
      '/api/v1/live',
      '/api/v1/overview',
      '/api/v1/partitions/{id}/resume',
      '/api/v1/sla',
      '/api/v1/webhooks',
      '/api/v1/webhooks/{id}',
      '/api/v1/webhooks/{id}/deliveries',
      '/api/v1/webhooks/{id}/rotate-secret',
      '/api/v1/webhooks/{id}/test',
      '/healthz',
      '/metrics',
      '/readyz',
      '/v1/events',
      '/version',
    ]);
    for (const operation of Object.values(paths).flatMap(Object.values)) expect(operation.summary).toBeTruthy();
  });

  it('is true: answers are as it says, and what it does not say is not there', async () => {
    const { paths } = await describeApi();
    const examples: Record<string, string> = {
      '/api/v1/conversations/{id}': rig.deployment.conversationIds[0] ?? '',
      '/api/v1/dead-letters/{id}': 'p1-0-0',
      '/api/v1/webhooks/{id}': SAMPLE_TARGETS.works,
      '/api/v1/webhooks/{id}/deliveries': SAMPLE_TARGETS.works,
    };
    const checked: string[] = [];
    for (const [path, { get }] of Object.entries(paths)) {
      const content = get?.responses['200']?.content?.['application/json'];
      if (content === undefined || ELSEWHERE.has(path)) continue;
      const answer: unknown = await (await rig.ask(path.replace('{id}', examples[path] ?? ''))).json();
      const promised = z.fromJSONSchema(content.schema);
      expect(promised.safeParse(answer).error, path).toBeUndefined();
      // the control: the schema would notice
      expect(promised.safeParse({ ...Object(answer), unheardOf: 1 }).success, path).toBe(false);
      checked.push(path);
    }
    expect(checked).toHaveLength(14);
  });

  it('describes problems truly', async () => {
    const { paths } = await describeApi();
    const content =
      paths['/api/v1/conversations/{id}']?.['get']?.responses['404']?.content?.['application/problem+json'];
    const answer: unknown = await (await rig.ask('/api/v1/conversations/nobody-knows-it')).json();
    expect(z.fromJSONSchema(content?.schema ?? {}).safeParse(answer).error).toBeUndefined();
  });

  it('has a page', async () => {
    const page = await rig.ask('/docs/');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('swagger-ui');
  });
});
