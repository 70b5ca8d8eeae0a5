// Whatever becomes of a frame on its way: decoding gives an observation, an unknown topic, or Poison with a known code
// and no payload in its words; and what it gives, the reducer and the CRM can take.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reduce } from '../../../src/domain/conversation/reduce.ts';
import { conversationStateSchema } from '../../../src/domain/conversation/state.ts';
import { crmRecords, crmRecordSchema } from '../../../src/domain/crm-record.ts';
import { DEFAULT_SLA_RULES } from '../../../src/domain/sla/rules.ts';
import { decodeFrame, POISON_CODES } from '../../../src/genesys/codec/decode.ts';
import { routeFrame } from '../../../src/genesys/codec/route.ts';
import { Poison } from '../../../src/runtime/errors.ts';
import { check } from '../domain/property.ts';
import { frames } from './frames.ts';

const RECEIVED_AT = Date.parse('2026-03-02T20:00:00.000Z');
const PERSONAL = /jane|roe|example\.com|3175550142|lost my card|re-issued|SO-7781/i;

function judge(raw: string): void {
  try {
    const decoded = decodeFrame(raw, RECEIVED_AT);
    if (decoded.kind === 'unknown-topic') return;
    const route = routeFrame(raw);
    if (route.kind === 'event') expect(route.key).toBe(decoded.observation.conversationId);
    const reduction = reduce(undefined, decoded.observation);
    conversationStateSchema.parse(reduction.state);
    for (const record of crmRecords(reduction, DEFAULT_SLA_RULES)) crmRecordSchema.parse(record);
  } catch (error) {
    if (!(error instanceof Poison)) throw error;
    expect(POISON_CODES).toContain(error.code);
    expect(error.message).not.toMatch(PERSONAL);
    expect(error.message.length).toBeLessThanOrEqual(400);
    expect(error.cause).toBeUndefined();
  }
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, child]) => pathsOf(child, [...path, key]))];
}

function replaceAt(value: unknown, path: Path, by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = replaceAt(copy[key], rest, by);
  return copy;
}

const parsed = frames.map((raw) => ({ value: JSON.parse(raw) as unknown, paths: pathsOf(JSON.parse(raw)) }));
const replacement = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    null,
    undefined,
    '',
    [],
    {},
    -1,
    1e300,
    8.64e15,
    '9999-12-31T23:59:59.999Z',
    '+275760-09-13',
    'jane.roe@example.com',
  ),
  fc.constantFrom('__proto__', 'constructor', 'connected', 'held', 'x'.repeat(100)),
  fc.string({ unit: 'binary' }),
);

describe('decodeFrame', () => {
  it('throws nothing but Poison when values are replaced', () => {
    const changes = fc.array(fc.tuple(fc.nat(), replacement), { minLength: 1, maxLength: 4 });
    const property = fc.property(fc.nat(frames.length - 1), changes, (which, replacements) => {
      const original = parsed[which];
      if (original === undefined) return;
      const { paths } = original;
      let { value } = original;
      for (const [where, by] of replacements) {
        const path = paths[where % paths.length] ?? [];
        value = replaceAt(value, path, by);
      }
      judge(JSON.stringify(value) ?? 'undefined');
    });
    check('replaced values', property, 5000);
  });

  it('throws nothing but Poison when the text is damaged', () => {
    const property = fc.property(
      fc.constantFrom(...frames),
      fc.nat(),
      fc.nat(40),
      fc.string(),
      (raw, where, cut, put) => {
        const start = where % (raw.length + 1);
        judge(raw.slice(0, start) + put + raw.slice(start + cut));
      },
    );
    check('damaged text', property, 3000);
  });

  it('throws nothing but Poison for any text', () => {
    const property = fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), judge);
    check('any text', property, 1000);
  });
});
