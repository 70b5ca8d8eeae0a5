// The log of one role: appended by its process, cut when it has grown, read back for last words.
// Invariant: a role writes to its file directly, so that nothing it says is lost with `up`.
import { closeSync, copyFileSync, openSync, readSync, statSync, truncateSync } from 'node:fs';
import { z } from 'zod';

/** Two of these a role: the present one and the one before. */
const LOG_MAX_BYTES = 20 * 1024 * 1024;
/** Enough for the longest line we log: a stack trace. */
const TAIL_BYTES = 16_384;

const lineSchema = z.object({ level: z.number(), msg: z.string() });
const PINO_ERROR = 50;

/** For a child to write to; its parent closes it after the start. */
export const openLog = (path: string): number => openSync(path, 'a', 0o600);

/** Copied and emptied, not renamed: the process that appends keeps the file open. */
export function rotateLog(path: string, maxBytes: number = LOG_MAX_BYTES): void {
  if (sizeOf(path) <= maxBytes) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}

export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Why a process ended, from what it wrote after `from`: its last error, else what Node said, else where to look. */
export function lastWords(path: string, from: number): string {
  const lines = tail(path, from)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const logged = lines.findLast((line) => (parse(line)?.level ?? 0) >= PINO_ERROR);
  if (logged !== undefined) return parse(logged)?.msg ?? logged;
  const plain = lines.filter((line) => parse(line) === undefined);
  const thrown = plain.findLast((line) => /^\w*Error\b.*:/.test(line)) ?? plain.at(-1);
  return thrown?.slice(0, 500) ?? `no error in its log, ${path}`;
}

function parse(line: string): z.infer<typeof lineSchema> | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** The end of what was written after `from`, whole lines only; nothing when the file is gone. */
function tail(path: string, from: number): string {
  const size = sizeOf(path);
  if (size === 0) return '';
  // Smaller than it was: it has been cut since
  const begin = size >= from ? from : 0;
  const start = Math.max(begin, size - TAIL_BYTES);
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(size - start);
    const text = buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, start));
    return start > begin ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    closeSync(file);
  }
}
