// The rules of validation: the table of the folder's README row by row, what it says below it, and the invariants for
// any schema and any data.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ATTRIBUTE_TYPES,
  LONGEST_KEY,
  type AttributeSchema,
  type DeclaredAttribute,
} from '../../../../src/domain/enrichment/attribute-schema.ts';
import { readJsonSchema } from '../../../../src/domain/enrichment/read-json-schema.ts';
import { BOUNDS, validate } from '../../../../src/domain/enrichment/validate.ts';
import { check } from '../property.ts';

const readme = readFileSync('src/domain/enrichment/README.md', 'utf8');
const ROW = /^\| `(.+)` \| `(.+)` \| (.+) \|$/gm;
const rows = [...readme.matchAll(ROW)].map(([, declared = '', got = '', goesAs = '']) => [declared, got, goesAs]);

const schemaOf = (properties: Record<string, unknown>, required: string[] = []): AttributeSchema =>
  readJsonSchema({ type: 'object', properties, required }, 'a flow').schema;

describe('the table of the README', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(60);
  });

  it.each(rows)('%s takes %s: %s', (declared = '', got = '', goesAs = '') => {
    const schema = schemaOf({ key: JSON.parse(declared) });
    const { values, problems, missing } = validate(schema, { key: JSON.parse(got) });
    const refusal = /^refused: (\w+)$/.exec(goesAs)?.[1];
    if (goesAs === 'missing') expect([values, problems, missing]).toEqual([{}, [], ['key']]);
    else if (refusal !== undefined) expect(problems).toMatchObject([{ attribute: 'key', refusal }]);
    else expect({ values, problems }).toEqual({ values: { key: JSON.parse(goesAs.slice(1, -1)) }, problems: [] });
  });
});

describe('what is said of a customer', () => {
  const schema = schemaOf(
    { cases: { type: 'integer' }, tier: { type: 'string' }, since: { type: 'string', format: 'date' }, vip: { type: 'boolean' } },
    ['tier'],
  ); // prettier-ignore

  it('names what cannot be converted and sends the rest', () => {
    const found = validate(schema, { cases: 'three', tier: 'gold', vip: 'yes', mood: 'good', __proto__: null });
    expect(found.values).toEqual({ tier: 'gold', vip: true });
    expect(found.converted).toEqual(['vip']);
    expect(found.missing).toEqual(['since']);
    expect(found.extra).toEqual(['mood']);
    expect(found.problems).toEqual([
      {
        attribute: 'cases',
        expected: 'integer',
        got: 'string',
        refusal: 'no_decimal_number',
        hint: 'text of 5: no decimal number',
      },
    ]);
  });

  it('takes no key of an object that is not the data’s own', () => {
    const odd = schemaOf(JSON.parse('{"constructor":{},"toString":{}}') as Record<string, unknown>);
    expect(validate(odd, {}).missing).toEqual(['constructor', 'toString']);
    const data = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, unknown>;
    expect(validate(odd, data)).toMatchObject({ extra: ['__proto__'], missing: ['toString'] });
    expect(JSON.stringify(validate(odd, data).values)).toBe('{"constructor":"y"}');
    expect(validate(schema, data).extra).toEqual(['__proto__', 'constructor']);
  });

  it('gives a customer of 500 attributes the places there are, the required ones first', () => {
    const keys = Array.from({ length: 500 }, (_, n) => `k${n}`);
    const wide = schemaOf(Object.fromEntries(keys.map((key) => [key, { type: 'string' }])), ['k499']);
    const data = Object.fromEntries(keys.map((key) => [key, 'v']));
    const { values, problems } = validate(wide, data);
    expect(Object.keys(values)).toHaveLength(BOUNDS.mostValues);
    expect(values).toHaveProperty('k499');
    expect(problems).toHaveLength(300);
    expect(new Set(problems.map(({ refusal }) => refusal))).toEqual(new Set(['too_many']));
    // and where the flow takes one of them, the others are extra
    expect(validate(schemaOf({ k7: {} }), data)).toMatchObject({ values: { k7: 'v' }, problems: [] });
    expect(validate(schemaOf({ k7: {} }), data).extra).toHaveLength(499);
  });

  it('leaves out what is too large, one by one and together', () => {
    const texts = schemaOf(Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`t${n}`, { type: 'string' }])));
    const large = 'x'.repeat(4000);
    const data = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`t${n}`, n === 0 ? 'ö'.repeat(2048) : large]),
    );
    const { values, problems } = validate(texts, data);
    expect(problems[0]).toMatchObject({ attribute: 't0', refusal: 'too_large' });
    expect(Buffer.byteLength(JSON.stringify(values))).toBeLessThanOrEqual(BOUNDS.largestTotalBytes);
    expect(Object.keys(values)).toHaveLength(16);
    expect(validate(schemaOf({ list: { type: 'array' } }), { list: Array(3000).fill(1) }).problems).toMatchObject([
      { refusal: 'too_large', got: 'array' },
    ]);
  });
});

const keys = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor');
const attribute: fc.Arbitrary<DeclaredAttribute> = fc.record({
  key: keys,
  types: fc.uniqueArray(fc.constantFrom(...ATTRIBUTE_TYPES), { minLength: 1, maxLength: 3 }),
  required: fc.boolean(),
  nullable: fc.boolean(),
});
const schemas = fc
  .uniqueArray(attribute, { selector: ({ key }) => key, maxLength: 6 })
  .map((attributes) => ({ name: 'any', attributes }));
const texts = fc.oneof(
  fc.string(),
  fc.constantFrom('true', ' YES ', '0', '1e400', '-0', '0x1f', 'Infinity', 'NaN', '2026-03-02', '2026-03-02T10:00:00+0100'),
  fc.double().map(String),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
); // prettier-ignore
const anything = fc.oneof(texts, fc.jsonValue({ maxDepth: 2 }), fc.integer(), fc.boolean(), fc.constant(null));
const data = fc.dictionary(fc.oneof(keys, fc.string({ maxLength: LONGEST_KEY })), anything, { maxKeys: 12 });

describe('for any schema and any data', () => {
  it('each key ends in exactly one place', () => {
    check('places', fc.property(schemas, data, (schema, given) => {
      const { values, problems, missing, extra } = validate(schema, given);
      const refused = problems.map((problem) => problem.attribute);
      const declared = schema.attributes.map(({ key }) => key);
      expect([...Object.keys(values), ...refused, ...missing].toSorted()).toEqual(declared.toSorted());
      const unsaid = missing.filter((key) => Object.hasOwn(given, key));
      expect(unsaid.filter((key) => given[key] !== null)).toEqual([]);
      expect([...Object.keys(values), ...refused, ...unsaid, ...extra].toSorted()).toEqual(Object.keys(given).toSorted());
    })); // prettier-ignore
  });

  it('what goes is of a declared type, finite, and goes as it is a second time', () => {
    check('types', fc.property(schemas, data, (schema, given) => {
      const { values } = validate(schema, given);
      const again = validate(schema, values);
      expect(again).toMatchObject({ values, problems: [], extra: [], converted: [] });
      for (const { key, types } of schema.attributes) {
        const value = Object.hasOwn(values, key) ? values[key] : undefined;
        if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
        if (typeof value === 'boolean' && !types.includes('any')) expect(types).toContain('boolean');
      }
    })); // prettier-ignore
  });

  it('a boolean is made of six words and two numbers only', () => {
    const schema = schemaOf({ a: { type: 'boolean' } });
    check('booleans', fc.property(anything, (value) => {
      const { values } = validate(schema, { a: value });
      const word = typeof value === 'object' ? '' : String(value).trim().toLowerCase();
      const meant = ['true', '1', 'yes', 'false', '0', 'no'].includes(word);
      expect(typeof values['a'] === 'boolean').toBe(meant);
    })); // prettier-ignore
  });

  it('no problem tells the value', () => {
    check('secrets', fc.property(schemas, fc.stringMatching(/^[0-9a-f]{12}$/), (schema, secret) => {
      const given = Object.fromEntries(schema.attributes.map(({ key }) => [key, `⟦${secret}⟧`]));
      const nested = Object.fromEntries(schema.attributes.map(({ key }) => [key, [{ secret }]]));
      for (const one of [given, nested]) expect(JSON.stringify(validate(schema, one).problems)).not.toContain(secret);
    })); // prettier-ignore
  });
});
