// Redaction over texts that nobody would write: whatever comes in, the rules about what comes out hold.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detect } from '../../../../src/domain/privacy/detect.ts';
import { MARKS, type TextContext } from '../../../../src/domain/privacy/pii.ts';
import { redactText, STYLES } from '../../../../src/domain/privacy/redact.ts';
import { check } from '../property.ts';

const WORDS = [
  'jane', 'Will', 'at', 'dot', '(at)', '[dot]', 'example', 'com', 'jane@example.org', '+31 6 12345678', '0612345678', '4111 1111 1111 1111',
  'five', 'double', 'oh', 'twenty', 'order', 'call', 'card', 'ssn', '123-45-6789', 'DE89 3704 0044 0532 0130 00', 'IBAN', 'born', '4 May 1980',
  'name:', 'Name', 'address is', 'Main Road 12, 1012 AB Amsterdam', '10.1.2.3', '2001:db8::1', ',', '\n', '.', '-', '@', ':', '👋', 'é', '\u200b', '\ud83d', '１２３',
  'REDACTED_EMAIL', 'REDACTED_PHONE', '12', '2025-02-11', 'https://a:b@c.org/?token=x', 'my name is', 'dob', 'Regards,\n', '*', '|', 'email',
]; // prettier-ignore
const text = fc
  .array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 6 }), fc.stringMatching(/^\d{1,9}$/)), {
    maxLength: 30,
  })
  .chain((words) => fc.constantFrom(' ', '', '\n').map((glue) => words.join(glue)));
const context: fc.Arbitrary<TextContext> = fc.constantFrom(
  {},
  { region: 'NL' },
  {
    region: 'US',
    profile: { names: ['Jane Will', 'é'], phones: ['+31612345678'], emails: ['jane@example.org'], ids: ['order 12'] },
  },
);
const LONGEST_MARK = Math.max(...Object.values(MARKS).map((mark) => mark.length));

test('what was redacted is redacted: again changes nothing', () => {
  check('redact.idempotent', fc.property(text, context, fc.constantFrom(...STYLES), (given, known, style) => {
    const once = redactText(given, known, style);
    expect(redactText(once, known, style)).toBe(once);
  }), 1500); // prettier-ignore
});

test('spans come in order, apart, within the text, and never cut a character', () => {
  check('detect.spans', fc.property(text, context, (given, known) => {
    let last = 0;
    for (const { start, end } of detect(given, known)) {
      expect(start).toBeGreaterThanOrEqual(last);
      expect(end).toBeGreaterThan(start);
      expect(end).toBeLessThanOrEqual(given.length);
      for (const edge of [start, end]) expect(/^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(given.slice(edge - 1, edge + 1))).toBe(false);
      last = end;
    }
  }), 1500); // prettier-ignore
});

test('a mask keeps every length; a mark lengthens by no more than itself', () => {
  check('redact.length', fc.property(text, context, (given, known) => {
    expect(redactText(given, known, 'mask')).toHaveLength(given.length);
    expect(redactText(given, known, 'drop').length).toBeLessThanOrEqual(given.length);
    expect(redactText(given, known, 'token').length).toBeLessThanOrEqual(given.length * LONGEST_MARK);
  })); // prettier-ignore
});

test('known values are gone whatever stands around them', () => {
  const profile = { names: ['Xaviera Quimby'], emails: ['xq@example.org'], phones: ['+31612345678'] };
  check('redact.known', fc.property(text, text, fc.constantFrom('Xaviera', 'xq@example.org', '+31612345678'), (before, after, value) => {
    const redacted = redactText(`${before} ; ${value} ; ${after}`, { region: 'NL', profile });
    expect(redacted.slice(0)).not.toContain(`; ${value} ;`);
  })); // prettier-ignore
});
