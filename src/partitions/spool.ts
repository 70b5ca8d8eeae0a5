// Frames that Redis does not take and memory shall not hold, on disk: numbered chunks, drained in their order. Invariants:
// a chunk is there whole or not at all (written aside, synced, renamed, its folder synced); it is sealed with the payload
// key; it keeps the name of its batch, so that appending it again after a crash adds nothing; it goes only when appended.
import { readdirSync, rmSync, statSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from '../observability/logger.ts';
import { Failure } from '../runtime/errors.ts';
import type { Seal } from '../runtime/seal.ts';
import type { BatchName, KeyedEvent } from './append.ts';
import { freshFolder, leftoverFolders, type SpoolFolder, type SpoolFoldersNeeds } from './spool-folders.ts';

export interface SpoolNeeds extends SpoolFoldersNeeds {
  readonly maxBytes: number;
  readonly seal: Seal;
  readonly log: Logger;
}

export interface SpooledBatch {
  readonly name: BatchName;
  readonly events: readonly KeyedEvent[];
  /** Its file. */
  readonly chunk: string;
}

interface Chunk {
  readonly path: string;
  readonly number: number;
  readonly bytes: number;
}

const chunkSchema = z.object({
  writer: z.string(),
  number: z.number(),
  events: z.array(z.tuple([z.string(), z.string(), z.number()])),
});

const FILE = /^(\d{12})\.chunk$/;

export class Spool {
  private readonly needs: SpoolNeeds;
  private readonly folders: SpoolFolder[];
  /** Oldest first. */
  private chunks: Chunk[];
  private bytes: number;

  /** What earlier processes left is there again; no folder is made before there is something to put into it. */
  constructor(needs: SpoolNeeds) {
    this.needs = needs;
    this.folders = leftoverFolders(needs);
    this.chunks = this.folders.flatMap(({ path }) => chunksIn(path));
    this.bytes = this.chunks.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  size(): { readonly chunks: number; readonly bytes: number } {
    return { chunks: this.chunks.length, bytes: this.bytes };
  }

  hasRoom(): boolean {
    return this.bytes < this.needs.maxBytes;
  }

  /** Behind all that is there. One at a time; resolves when it would survive a power cut. */
  async add({ writer, number: batch }: BatchName, events: readonly KeyedEvent[]): Promise<string> {
    if (this.folders.length === 0) this.folders.push(freshFolder(this.needs));
    const folder = this.folders.at(-1)?.path ?? '';
    const number = (this.chunks.at(-1)?.number ?? 0) + 1;
    const path = join(folder, `${String(number).padStart(12, '0')}.chunk`);
    const rows = events.map(({ key, raw, receivedAt }) => [key, raw, receivedAt] as const);
    const text = this.needs.seal.seal(JSON.stringify({ writer, number: batch, events: rows }));
    await writeSynced(`${path}.part`, text);
    await rename(`${path}.part`, path);
    await syncFolder(folder);
    this.chunks.push({ path, number, bytes: text.length });
    this.bytes += text.length;
    return path;
  }

  /** The oldest; undefined when there is none. One that cannot be read is put aside, said, and never deleted. */
  async first(): Promise<SpooledBatch | undefined> {
    for (let [oldest] = this.chunks; oldest !== undefined; [oldest] = this.chunks) {
      const batch = await this.read(oldest.path);
      if (batch !== undefined) return batch;
    }
    return undefined;
  }

  async remove(chunk: string): Promise<void> {
    try {
      await rm(chunk, { force: true });
    } catch (error) {
      // found again at the next start, it is appended again under its name: the logs know it for an hour
      this.needs.log.error({ err: error, file: chunk }, 'a drained chunk cannot be deleted');
    }
    this.forget(chunk);
  }

  /** Gives up its folders; what is in them waits for the next ingester. */
  release(): void {
    for (const folder of this.folders) folder.release();
  }

  private async read(path: string): Promise<SpooledBatch | undefined> {
    const { seal, log } = this.needs;
    try {
      const text = seal.unseal(await readFile(path, 'utf8'));
      const { writer, number, events } = chunkSchema.parse(JSON.parse(text));
      const told = events.map(([key, raw, receivedAt]) => ({ key, raw, receivedAt }));
      return { name: { writer, number }, events: told, chunk: path };
    } catch (error) {
      const code = error instanceof Failure ? error.code : 'unreadable';
      const advice = 'restore the THROUGHLINE_PAYLOAD_KEY it was sealed with, take .unreadable off its name, restart';
      log.error({ file: path, code }, `a chunk of the spool cannot be read and is put aside: ${advice}`);
      await rename(path, `${path}.unreadable`).catch(() => undefined);
      this.forget(path);
      return undefined;
    }
  }

  private forget(chunk: string): void {
    const gone = this.chunks.find(({ path }) => path === chunk);
    if (gone === undefined) return;
    this.chunks = this.chunks.filter((kept) => kept !== gone);
    this.bytes -= gone.bytes;
  }
}

/** A write that was cut off left its `.part`: what was in it had not been promised to anybody. */
function chunksIn(folder: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (const file of readdirSync(folder)) {
    const path = join(folder, file);
    if (file.endsWith('.part')) rmSync(path, { force: true });
    const number = FILE.exec(file)?.[1];
    if (number !== undefined) chunks.push({ path, number: Number(number), bytes: statSync(path).size });
  }
  return chunks.sort((a, b) => a.number - b.number);
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The new name, too, must survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
