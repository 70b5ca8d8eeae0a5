// What a look-up mapping file may not say: every problem at once, each with its place in the file and the fix.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/config/load.ts';
import { attributesOf, lookupMappingSchema, readLookupMapping } from '../../../../src/enrichment/lookup/mapping.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lookup-mapping-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (content: unknown): string => {
  const path = join(folder, 'lookup.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
};
const problems = (env: Readonly<Record<string, string>>): readonly string[] => {
  const loaded = loadConfig(env);
  return loaded.ok ? [] : loaded.problems.map(({ variable, message }) => `${variable}: ${message}`);
};

describe('the file', () => {
  it('names every problem with its place', () => {
    const path = file({
      method: 'PUT',
      headers: { Authorization: 'x' },
      identifiers: [{ by: 'name', path: 'customers/{value}' }, { by: 'phone', path: '/customers' }],
      attributes: { tier: { from: 'a', value: 1 } },
      serch: true,
    }); // prettier-ignore
    expect(problems({ THROUGHLINE_ENRICHMENT_MAPPING: path }).map((one) => one.replace(path, 'x'))).toEqual([
      expect.stringContaining('THROUGHLINE_ENRICHMENT_MAPPING: "x" at method: Invalid option'),
      expect.stringContaining('at headers.Authorization: is set by the sink itself'),
      expect.stringContaining('at identifiers.0.by: must be phone, email, externalContactId, or attribute:'),
      expect.stringContaining('at identifiers.0.path: must start with "/"'),
      expect.stringContaining('at identifiers.1.path: must hold {value} where the identifier goes'),
      expect.stringContaining('at attributes.tier: must be the name of'),
      expect.stringContaining('at the top: Unrecognized key: "serch"'),
    ]);
  });

  it('mappings/lookup/default.json is what goes without saying', () => {
    expect(readLookupMapping('mappings/lookup/default.json')).toEqual(readLookupMapping(undefined));
  });

  it('the example of mappings/README.md is sound', () => {
    const [, example = ''] =
      /```json\n(\{\n {2}"method"[^]*?)```/.exec(readFileSync('mappings/README.md', 'utf8')) ?? [];
    expect(attributesOf(lookupMappingSchema.parse(JSON.parse(example)))).toEqual(['customerNumber']);
  });

  it('with a body needs POST', () => {
    const identifiers = [{ by: 'phone', path: '/search', body: { number: '{value}' } }];
    expect(readLookupMapping(file({ identifiers }))).toMatchObject({ ok: false });
    expect(readLookupMapping(file({ method: 'POST', identifiers }))).toMatchObject({ ok: true });
  });
});

describe('the settings beside it', () => {
  it('asks for the credentials that its auth needs', () => {
    const path = file({ auth: { type: 'bearer' } });
    expect(problems({ THROUGHLINE_ENRICHMENT: 'on', THROUGHLINE_ENRICHMENT_MAPPING: path })).toEqual([
      'THROUGHLINE_CRM_TOKEN: is missing, but the "auth" of THROUGHLINE_ENRICHMENT_MAPPING is bearer.',
    ]);
    expect(problems({ THROUGHLINE_ENRICHMENT_MAPPING: path })).toEqual([]);
  });

  it.each([
    [{ THROUGHLINE_ENRICHMENT_MOVES: 'start,paused' }, 'must be of start, joined, active, held, left, failed'],
    [{ THROUGHLINE_ENRICHMENT: 'yes' }, 'must be one of on, off'],
    [{ THROUGHLINE_ENRICHMENT_CACHE_NEGATIVE_TTL_SECONDS: '301' }, 'must not exceed THROUGHLINE_ENRICHMENT_CACHE_TTL_SECONDS'], // prettier-ignore
    [{ THROUGHLINE_ENRICHMENT_MAPPING: '/nowhere.json' }, 'mappings/lookup/default.json'],
  ])('%j', (env, said) => {
    expect(problems(env)).toEqual([expect.stringContaining(said)]);
  });
});
