// What stays of a record: by the names of its fields first, then by what its text holds.
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY, redactRecord } from '../../../../src/domain/privacy/field-policy.ts';

const RECORD = {
  conversationId: '7f9bdd83-a5a2-4316-8721-612345678901',
  queue: { name: 'Sales' },
  participants: [
    { purpose: 'customer', name: 'Jane Doe', address: 'tel:+31612345678', wrapup: { name: 'Sold' }, ani: 31612345678 },
    { purpose: 'agent', state: 'connected', startTime: '2025-02-11T12:30:00Z' },
  ],
  customer: { id: 'c-1', 'favourite colour': 'green', age: 41, isGold: true, notes: { free: 'anything' } },
  messages: [{ body: 'mail jane@example.org about order 0612345678' }],
};

describe('a record', () => {
  test('by its fields', () => {
    expect(redactRecord(RECORD, { region: 'NL' })).toEqual({
      ...RECORD,
      participants: [
        { purpose: 'customer', name: 'REDACTED_NAME', address: 'REDACTED_PHONE', wrapup: { name: 'Sold' }, ani: 'REDACTED_PHONE' },
        RECORD.participants[1],
      ],
      customer: {
        id: 'c-1',
        'favourite colour': 'REDACTED_VALUE',
        age: 'REDACTED_VALUE',
        isGold: true,
        notes: { free: 'REDACTED_VALUE' },
      },
      messages: [{ body: 'mail REDACTED_EMAIL about order 0612345678' }],
    }); // prettier-ignore
  });

  test('twice is once', () => {
    for (const style of ['token', 'mask', 'drop'] as const) {
      const once = redactRecord(RECORD, { region: 'NL', style });
      expect(redactRecord(once, { region: 'NL', style })).toEqual(once);
    }
  });

  test('dropped fields leave no name, masked ones their length', () => {
    const given = { email: 'a@b.co', emails: ['a@b.co', 'c@d.org'], note: 'to a@b.co' };
    expect(redactRecord(given, { style: 'drop' })).toEqual({ emails: [], note: 'to ' });
    expect(redactRecord(given, { style: 'mask' })).toEqual({
      email: '*@*.**',
      emails: ['*@*.**', '*@*.***'],
      note: 'to *@*.**',
    });
  });

  test('a policy of one’s own: the first rule that fits decides', () => {
    const policy = {
      ...DEFAULT_POLICY,
      rules: [
        { path: 'agent.*', action: 'keep' as const },
        { path: 'body', action: 'redact' as const },
        { path: 'name', action: 'search' as const },
      ],
    };
    expect(redactRecord({ agent: { email: 'a@b.co' }, body: 'hello', name: 'Jane a@b.co' }, { policy })).toEqual({
      agent: { email: 'a@b.co' },
      body: 'REDACTED_VALUE',
      name: 'Jane REDACTED_EMAIL',
    });
  });

  test('names of fields are searched, names of prototypes are names, depth hides nothing', () => {
    expect(redactRecord({ 'a@b.co': 1, phoneNumber: '' })).toEqual({ REDACTED_EMAIL: 1, phoneNumber: '' });
    const given: unknown = JSON.parse('{"__proto__": {"email": "a@b.co"}}');
    expect(JSON.stringify(redactRecord(given))).toBe('{"__proto__":{"email":"REDACTED_EMAIL"}}');
    let deep: unknown = 'a@b.co';
    for (let level = 0; level < 100; level += 1) deep = { deep };
    expect(JSON.stringify(redactRecord(deep))).not.toContain('a@b.co');
  });
});
