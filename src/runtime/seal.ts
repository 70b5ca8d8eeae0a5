// Payloads that must be kept are kept sealed: AES-256-GCM, a fresh nonce each, the key from configuration.
// Invariant: `unseal` of anything not sealed with this key fails loudly, it never returns garbage.
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import type { z } from 'zod';
import { Poison } from './errors.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 'v1';

/** Drawn many at a time: by itself a draw is two fifths of what a seal costs. */
const drawn = Buffer.alloc(NONCE_BYTES * 512);
let used = drawn.length;

function nextNonce(): Buffer {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += NONCE_BYTES;
  return drawn.subarray(used - NONCE_BYTES, used);
}

export interface Seal {
  /** `v1.<nonce, tag and ciphertext in base64>` */
  seal(plain: string): string;
  unseal(sealed: string): string;
}

/** @param key 32 bytes in base64. */
export function sealWith(key: string): Seal {
  const bytes = Buffer.from(key, 'base64');
  return {
    seal: (plain) => {
      const nonce = nextNonce();
      const cipher = createCipheriv('aes-256-gcm', bytes, nonce);
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return `${VERSION}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')}`;
    },
    unseal: (sealed) => {
      const [version, text] = sealed.split('.', 2);
      if (version !== VERSION || text === undefined)
        throw new Poison('seal_unknown', 'sealed in a form this version cannot open');
      const all = Buffer.from(text, 'base64');
      try {
        // of one that was cut short the nonce or the tag is refused already
        const decipher = createDecipheriv('aes-256-gcm', bytes, all.subarray(0, NONCE_BYTES));
        decipher.setAuthTag(all.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return decipher.update(all.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        throw new Poison(
          'seal_mismatch',
          'sealed with another key: restore the THROUGHLINE_PAYLOAD_KEY it was made with',
        );
      }
    },
  };
}

/** @throws Poison where it was sealed otherwise, or holds something else; what it holds is not quoted. */
export function unsealAs<S extends z.ZodType>(schema: S, sealed: string, seal: Pick<Seal, 'unseal'>): z.output<S> {
  const parsed = schema.safeParse(JSON.parse(seal.unseal(sealed)));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path }) => path[0] ?? '(all of it)').join(', ');
  throw new Poison('message_invalid', `the sealed part does not fit its schema at: ${where}`);
}
