// Secrets made at the first start and kept in the data folder. Invariant: readable by their owner alone, never changed
// once made (a new payload key could not open what the old one sealed).
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { CommandFailure } from '../exit.ts';

const secretsSchema = z.object({
  consolePassword: z.string().min(8).max(256),
  /** 32 bytes, base64. */
  payloadKey: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
  emulatorClientSecret: z.string().min(8).max(256),
  /** Younger than the others: a file made before it lacks it. */
  eventsToken: z.string().min(20).max(512).optional(),
});

type Kept = z.infer<typeof secretsSchema>;
export type Secrets = Required<Kept>;

/** Without letters and digits that look alike (Crockford's base 32). */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** 16 characters of 5 bits: 80 bits, in groups that can be read out. */
const PASSWORD_GROUPS = 4;

export const secretsPath = (dataDir: string): string => join(dataDir, 'secrets.json');

/** What was made at an earlier start; nothing when there was none. */
export function readSecrets(dataDir: string): Kept | undefined {
  const path = secretsPath(dataDir);
  const advice = 'Restore it, or remove it to have new ones made (dead letters kept so far can then not be replayed).';
  try {
    const parsed = secretsSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (parsed.success) return parsed.data;
    const fields = parsed.error.issues.map(({ path: at }) => at.join('.')).join(', ');
    throw new CommandFailure(`${path} is damaged: ${fields}. ${advice}`);
  } catch (error) {
    if (error instanceof SyntaxError) throw new CommandFailure(`${path} is not JSON. ${advice}`);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function ensureSecrets(dataDir: string): Secrets {
  const path = secretsPath(dataDir);
  const kept = readSecrets(dataDir);
  if (kept?.eventsToken !== undefined) {
    chmodSync(path, 0o600);
    return { ...kept, eventsToken: kept.eventsToken };
  }
  const made = { ...makeSecrets(), ...kept };
  // Aside first: a start that is cut off leaves no half file behind
  writeFileSync(`${path}.new`, `${JSON.stringify(made, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return made;
}

const makeSecrets = (): Secrets => ({
  consolePassword: Array.from({ length: PASSWORD_GROUPS }, fourLetters).join('-'),
  payloadKey: randomBytes(32).toString('base64'),
  emulatorClientSecret: randomBytes(24).toString('base64url'),
  eventsToken: randomBytes(24).toString('base64url'),
});

/** 256 is a multiple of 32: every letter is equally likely. */
const fourLetters = (): string => [...randomBytes(4)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
