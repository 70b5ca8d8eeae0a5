// What a mapping file may not say: every problem at once, each with its place in the file and the fix.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { readMapping } from '../../../src/sinks/crm/mapping/read.ts';
import { defaultMapping } from '../../../src/sinks/crm/mapping/schema.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crm-mapping-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the file', () => {
  const file = (content: unknown): string => {
    const path = join(folder, 'crm.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const problemsOf = (content: unknown): readonly string[] => {
    const path = file(content);
    const read = readMapping(path);
    return read.ok ? [] : read.problems.map((problem) => problem.replace(path, 'crm.json'));
  };

  it('names every problem with its place, and the nearest name', () => {
    const records = { conversation: { A: 'medai', B: { value: 1, from: 'media' }, C: { from: 'media', transform: ['uper', { map: {}, prefix: '' }] }, D: { fields: { E: 'nothingLikeIt' } } }, chat: {} }; // prettier-ignore
    expect(problemsOf({ kind: 'http', method: 'GET', pth: '/x', headers: { Authorization: 'x' }, records })).toEqual([
      '"crm.json" at headers.Authorization: is set by the sink itself (see "auth").',
      expect.stringContaining('"crm.json" at records.conversation.B: must be the name'),
      expect.stringContaining('"crm.json" at records.conversation.C.transform.0.as: must be one of string, number,'),
      '"crm.json" at records.conversation.C.transform.1: must hold one of as, map, prefix, suffix, truncate, replace.',
      '"crm.json" at records: Unrecognized key: "chat".',
      '"crm.json" at method: Invalid option: expected one of "POST"|"PUT"|"PATCH".',
      '"crm.json" at the top: Unrecognized key: "pth".',
    ]);
    expect(
      problemsOf({ kind: 'http', records: { conversation: { A: 'medai', D: { fields: { E: 'nothingLikeIt' } } } } }),
    ).toEqual([
      '"crm.json" at records.conversation.A: a conversation record has no field "medai". Did you mean "media"?',
      expect.stringContaining(
        'records.conversation.D.fields.E: a conversation record has no field "nothingLikeIt". It has recordId',
      ),
    ]);
  });

  it.each(['salesforce', 'hubspot', 'dynamics'])('mappings/%s.json is sound', (name) => {
    expect(readMapping(`mappings/${name}.json`)).toMatchObject({ ok: true, mapping: { kind: name } });
  });

  it('mappings/default.json is what goes without saying', () => {
    expect(readMapping('mappings/default.json')).toEqual({ ok: true, mapping: defaultMapping });
    expect(readMapping(undefined)).toEqual({ ok: true, mapping: defaultMapping });
  });

  it.each([
    ['not JSON', '{"kind": ', '"crm.json" is not JSON'],
    ['another kind', { kind: 'sap' }, 'at kind:'],
    ['an empty mapping of records', { kind: 'http', records: {} }, 'at records: must hold a template'],
    ['an atomic create', { kind: 'dynamics', auth: { type: 'none' }, entitySet: 'x', key: { attribute: 'k' }, records: { message: {} }, write: 'create', atomic: true }, 'at atomic: goes with'], // prettier-ignore
    ['a relative path', { kind: 'http', path: 'x' }, 'at path: must be empty or start with "/"'],
  ])('%s is said so', (_what, content, words) => {
    expect(problemsOf(content).join('\n')).toContain(words);
  });

  it('is checked with the other settings, and its demands with them', () => {
    const env = (mapping: string, more: object = {}) => ({ THROUGHLINE_CRM_URL: 'https://crm.example.com', THROUGHLINE_CRM_MAPPING: mapping, ...more }); // prettier-ignore
    const problems = (environment: Record<string, string>) => {
      const loaded = loadConfig(environment);
      return loaded.ok ? [] : loaded.problems.map(({ variable, message: said }) => `${variable}: ${said}`);
    };
    expect(problems(env('/nowhere/crm.json'))).toEqual([
      'THROUGHLINE_CRM_MAPPING: "/nowhere/crm.json" cannot be read (ENOENT). It must name a readable JSON file; ready ones are in mappings/.',
    ]);
    const hubspot = { kind: 'hubspot', objectType: 'p_conversations', idProperty: 'tl_id', records: { message: { a: 'media' } } }; // prettier-ignore
    expect(problems(env(file(hubspot), { THROUGHLINE_CRM_BATCH_MAX_RECORDS: '500' }))).toEqual([
      'THROUGHLINE_CRM_TOKEN: is missing, but the mapping’s "auth" is bearer.',
      'THROUGHLINE_CRM_BATCH_MAX_RECORDS: 500 must not exceed 100: HubSpot takes no more inputs in one batch, and a larger batch would be refused whole.',
    ]);
    expect(problems(env(file(hubspot), { THROUGHLINE_CRM_TOKEN: 't' }))).toEqual([]);
    expect(problems({ THROUGHLINE_CRM_MAPPING: 'mappings/default.json' })).toEqual([
      expect.stringContaining('THROUGHLINE_CRM_URL: is missing, but THROUGHLINE_CRM_MAPPING is set'),
    ]);
  });
});
