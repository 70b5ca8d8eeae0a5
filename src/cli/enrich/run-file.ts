// What a run over a list has come to, kept so that it can go on where it was. Invariants: a file belongs to one list, by
// its digest; it is replaced whole, never written in place; a run that came to its end leaves none.
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Settled } from './bulk-run.ts';

const fileSchema = z.object({
  run: z.string().max(64),
  startedAt: z.number(),
  done: z.record(z.string(), z.object({ success: z.boolean(), outcome: z.string(), latencyMs: z.number() })),
});

export interface RunFile {
  readonly run: string;
  /** Set where it goes on from an earlier run: since when that one may have come to something unseen. */
  readonly resumedFrom: number | undefined;
  /** Of an earlier run over the same list. */
  readonly done: Map<string, Settled>;
  save(): void;
  remove(): void;
}

/** In the data folder, named after the list: the same ids in the same order are the same list, wherever they come from. */
export function openRunFile(dataDir: string, ids: readonly string[], now: number): RunFile {
  const folder = join(dataDir, 'enrich');
  const digest = createHash('sha256').update(ids.join('\n')).digest('hex').slice(0, 16);
  const path = join(folder, `${digest}.json`);
  const known = existsSync(path) ? readFile(path) : undefined;
  const run = known?.run ?? `${digest}-${randomUUID().slice(0, 8)}`;
  const startedAt = known?.startedAt ?? now;
  const done = new Map(Object.entries(known?.done ?? {}));
  return {
    run,
    resumedFrom: known?.startedAt,
    done,
    save: () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${path}.new`, JSON.stringify({ run, startedAt, done: Object.fromEntries(done) }), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    remove: () => rmSync(path, { force: true }),
  };
}

/** One that cannot be read is as good as none: the list is then begun again, under another name. */
function readFile(path: string): z.output<typeof fileSchema> | undefined {
  try {
    return fileSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
