// Sealed payloads: only the right key opens them, and nothing of the plain text shows.
import { describe, expect, it } from 'vitest';
import { sealWith } from '../../../src/runtime/seal.ts';

const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');

describe('seal', () => {
  it('opens what it sealed, and seals the same text differently each time', () => {
    const seal = sealWith(key(1));
    const [one, two] = [seal.seal('jane.roe@example.com ☎'), seal.seal('jane.roe@example.com ☎')];
    expect(seal.unseal(one)).toBe('jane.roe@example.com ☎');
    expect(one).not.toBe(two);
    expect(Buffer.from(one.slice(3), 'base64').toString('latin1')).not.toContain('jane');
  });

  it('refuses another key, a changed byte and an unknown form, saying why', () => {
    const sealed = sealWith(key(1)).seal('text');
    expect(() => sealWith(key(2)).unseal(sealed)).toThrow('THROUGHLINE_PAYLOAD_KEY');
    const bytes = Buffer.from(sealed.slice(3), 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    expect(() => sealWith(key(1)).unseal(`v1.${bytes.toString('base64')}`)).toThrow('another key');
    expect(() => sealWith(key(1)).unseal(sealed.slice(0, 12))).toThrow('another key');
    expect(() => sealWith(key(1)).unseal('v1.')).toThrow('another key');
    expect(() => sealWith(key(1)).unseal('v9.AAAA')).toThrow('cannot open');
    expect(() => sealWith(key(1)).unseal('')).toThrow('cannot open');
  });
});
