// The inspector's report: every key in its place, and the JSON that the sending stage would send.
import { describe, expect, it } from 'vitest';
import { aimAttributes } from '../../../../src/domain/enrichment/attribute-schema.ts';
import { inspect, inspectionSchema } from '../../../../src/domain/enrichment/inspect.ts';
import { readJsonSchema } from '../../../../src/domain/enrichment/read-json-schema.ts';

const properties = {
  tier: { type: 'string', enum: ['gold', 'silver'] },
  openCases: { type: 'integer' },
  isVip: { type: 'boolean' },
  tags: { type: 'array' },
  note: { type: ['string', 'null'] },
  since: { type: 'string', format: 'date' },
};
const read = readJsonSchema({ properties, required: ['tier'] }, 'flow A').schema;
const schema = aimAttributes(read, { openCases: 'custom', isVip: 'custom' });
const attributes = { tier: 'Gold', openCases: '3', isVip: true, tags: ['a', 'b'], note: null, mood: 'good' };
const given = { conversationId: 'c-1', schema, schemaIsStale: false, customer: { attributes, freshness: 'fresh' } } as const; // prettier-ignore

const injecting = { target: 'participant', limits: { maxAttributes: 200, maxValueChars: 4096 } } as const;

describe('the report', () => {
  it('says of each key what is expected, what is there, and what goes', () => {
    const report = inspect(given, injecting);
    expect(report).toMatchObject({
      schemaKeys: ['tier', 'openCases', 'isVip', 'tags', 'note', 'since'],
      payloadKeys: ['tier', 'openCases', 'isVip', 'tags', 'note', 'mood'],
      missing: ['since'],
      extra: ['mood'],
      customer: 'fresh',
    });
    expect(report.attributes).toEqual([
      { key: 'tier', target: 'participant', required: true, expected: 'string, one of 2', actual: 'string', value: 'Gold', result: 'MISMATCH', hint: 'text of 4: none of the values allowed' },
      { key: 'openCases', target: 'custom', required: false, expected: 'integer', actual: 'string', value: '3', sent: 3, result: 'OK' },
      { key: 'isVip', target: 'custom', required: false, expected: 'boolean', actual: 'boolean', value: true, result: 'OK' },
      { key: 'tags', target: 'participant', required: false, expected: 'array', actual: 'array', value: ['a', 'b'], result: 'OK' },
      { key: 'note', target: 'participant', required: false, expected: 'string or null', actual: 'null', value: null, result: 'OK', hint: 'not sent: it would clear what others know' },
      { key: 'since', target: 'participant', required: false, expected: 'date', actual: 'nothing', result: 'MISSING' },
    ]); // prettier-ignore
    expect(inspectionSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it('holds the exact bodies: texts for the participant, types for custom attributes', () => {
    const { send } = inspect(given, injecting);
    expect(send).toEqual({
      participant: { attributes: { tags: '["a","b"]' } },
      custom: { customAttributes: { openCases: 3, isVip: true } },
    });
    const short = inspect(given, { target: 'custom', limits: { maxAttributes: 2, maxValueChars: 5 } });
    expect(short.send).toEqual({ custom: { customAttributes: { openCases: 3, isVip: true } } });
    expect(short.attributes[3]).toMatchObject({
      key: 'tags',
      target: 'custom',
      result: 'OK',
      hint: 'not sent: over the limits of what is injected',
    });
  });

  it('of a customer the CRM does not know: all is missing and nothing is sent', () => {
    const report = inspect({ ...given, customer: undefined }, injecting);
    expect(report).toMatchObject({ customer: 'unknown', payloadKeys: [], send: {} });
    expect(new Set(report.attributes.map(({ result }) => result))).toEqual(new Set(['MISSING']));
  });
});
