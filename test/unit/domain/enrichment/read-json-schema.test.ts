// Reading JSON Schemas as the platform gives them: what they declare, what is tolerated, and that nothing makes it throw.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aimAttributes,
  attributeSchemaSchema,
  describeExpected,
  joinSchemas,
} from '../../../../src/domain/enrichment/attribute-schema.ts';
import { readJsonSchema } from '../../../../src/domain/enrichment/read-json-schema.ts';
import { check } from '../property.ts';

const read = (document: unknown) => readJsonSchema(document, 'flow A');

describe('a schema', () => {
  it('is read in its order, with what is required and where it goes', () => {
    const { schema, leftOut, problem } = read({
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: { tier: { type: 'string', title: 'Tier' }, since: { type: ['string', 'null'], format: 'date' } },
      required: ['since', 'gone'],
      additionalProperties: true,
    });
    expect(schema).toEqual({
      name: 'flow A',
      attributes: [
        { key: 'tier', types: ['string'], required: false, nullable: false },
        { key: 'since', types: ['date'], required: true, nullable: true },
      ],
    });
    expect([leftOut, problem]).toEqual([0, undefined]);
    expect(schema.attributes.map(describeExpected)).toEqual(['string', 'date or null']);
  });

  it.each([
    [undefined, 'there is no schema'],
    [null, 'there is no schema'],
    ['{}', 'there is no schema'],
    [[], 'there is no schema'],
    [{}, 'the schema has no "properties"'],
    [{ properties: [] }, 'the schema has no "properties"'],
    [{ properties: {} }, 'the schema declares no properties'],
    [{ properties: { a: false } }, 'the schema declares no properties'],
  ])('%j declares nothing, and that is said: %s', (document, problem) => {
    expect(read(document)).toMatchObject({ schema: { attributes: [] }, problem });
  });

  it('follows definitions and core types, and never in a circle', () => {
    const { schema } = read({
      definitions: { tier: { enum: ['a', 'b'] }, circle: { allOf: [{ $ref: '#/definitions/circle' }] } },
      $defs: {},
      properties: {
        tier: { $ref: '#/definitions/tier' },
        circle: { $ref: '#/definitions/circle' },
        vip_checkbox: { allOf: [{ $ref: '#/definitions/checkbox' }], title: 'VIP' },
        note_text: { allOf: [{ $ref: '#/definitions/text' }], maxLength: 10 },
        elsewhere: { $ref: 'https://example.com/schema.json' },
      },
    });
    expect(schema.attributes).toMatchObject([
      { types: ['string'], allowed: ['a', 'b'] },
      { types: ['any'] },
      { types: ['boolean'] },
      { types: ['string'], maxLength: 10 },
      { types: ['any'] },
    ]);
    expect(describeExpected(schema.attributes[0] ?? raise())).toBe('string, one of 2');
  });

  it('is bounded: keys too long and properties too many are left out and counted', () => {
    const many = Object.fromEntries(Array.from({ length: 1100 }, (_, n) => [`k${n}`, {}]));
    expect(read({ properties: { ...many, ['x'.repeat(257)]: {} } })).toMatchObject({ leftOut: 101 });
  });

  it('one branch that takes anything lets anything through', () => {
    const { schema } = read({ properties: { a: { anyOf: [{ enum: ['x'] }, { type: 'integer' }] }, b: { oneOf: [{ const: 1 }, { const: 2 }] } } }); // prettier-ignore
    expect(schema.attributes[0]?.allowed).toBeUndefined();
    expect(schema.attributes[1]).toMatchObject({ types: ['number'], allowed: [1, 2] });
  });

  it('whatever it is: never throws, and what comes of it can be kept', () => {
    const node = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.record({ type: fc.jsonValue({ maxDepth: 1 }), enum: fc.jsonValue(), allOf: fc.jsonValue(), $ref: fc.jsonValue(), minLength: fc.jsonValue() }, { requiredKeys: [] })); // prettier-ignore
    const documents = fc.record({ properties: fc.dictionary(fc.string(), node), definitions: fc.jsonValue() });
    check('documents', fc.property(documents, (document) => {
      const { schema } = read(document);
      expect(attributeSchemaSchema.parse(JSON.parse(JSON.stringify(schema)))).toEqual(schema);
    }), 100); // prettier-ignore
  });
});

describe('several schemas', () => {
  it('are one, of which the first decides, and configuration aims each key', () => {
    const flow = read({ properties: { tier: { type: 'string' } } }).schema;
    const custom = readJsonSchema({ properties: { tier: { type: 'integer' }, vip: { type: 'boolean' } } }, 'schema B', 'custom').schema; // prettier-ignore
    const joined = joinSchemas([flow, custom]);
    expect(joined).toMatchObject({ name: 'flow A and schema B', attributes: [{ types: ['string'] }, { target: 'custom' }] }); // prettier-ignore
    expect(aimAttributes(joined, { tier: 'custom' }).attributes.map(({ target }) => target)).toEqual(['custom', 'custom']); // prettier-ignore
  });
});

function raise(): never {
  throw new Error('nothing is declared');
}
