// The disk behind the ingest buffer: what memory cannot hold while Redis is away waits there sealed, in order, bounded, and
// outlives the process.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimInstance } from '../../../src/runtime/instance.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import type { Appender } from '../../../src/partitions/append.ts';
import { IngestBuffer, type IngestLimits } from '../../../src/partitions/ingest-buffer.ts';
import { Spool } from '../../../src/partitions/spool.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { sealWith } from '../../../src/runtime/seal.ts';
import { eventually } from '../../support/eventually.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tl-spool-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const log = createLogger({ level: 'silent', role: 'test' });
const SEAL = sealWith(Buffer.alloc(32, 7).toString('base64'));
const claim = (folder: string) => {
  const owner = claimInstance(folder, join(folder, 'owner.json'));
  return owner.taken ? owner : undefined;
};
const openSpool = (maxBytes = 1e6, seal = SEAL): Spool => new Spool({ root, claim, maxBytes, seal, log });
const chunkFiles = (): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.chunk'));

/** Redis in the test's hand, on a real clock: away it refuses at once; a batch it took is known by its name. */
class FlakyRedis implements Appender {
  away = true;
  /** The append arrives, its answer does not. */
  losesAnswers = false;
  readonly taken: string[] = [];
  private readonly marks = new Map<string, number>();

  append: Appender['append'] = async (events, name) => {
    if (this.away) throw new Error('Redis is away');
    if (name === undefined) throw new Error('ingest names its batches');
    if (this.marks.get(name.writer) !== name.number) this.taken.push(...events.map(({ raw }) => raw));
    this.marks.set(name.writer, name.number);
    if (this.losesAnswers) throw new Error('Command timed out');
    return { deepest: 0 };
  };
}

function openBuffer(redis: Appender, spool: Spool | undefined, limits: Partial<IngestLimits> = {}) {
  const pressure: boolean[] = [];
  const metrics = createMetrics();
  const buffer = new IngestBuffer({
    appender: redis,
    deepestLog: () => Promise.resolve(0),
    limits: { maxEvents: 10, maxBytes: 1e6, logMaxEntries: 100, ...limits },
    spool,
    onPressure: (paused) => pressure.push(paused),
    metrics,
    log,
    clock: systemClock,
  });
  const offer = (from: number, to: number): void => {
    for (let i = from; i < to; i += 1) buffer.offer({ key: 'k', raw: `event ${i}`, receivedAt: 1 });
  };
  return { buffer, pressure, offer, metrics };
}
const events = (count: number): string[] => Array.from({ length: count }, (_, i) => `event ${i}`);
const inMemory = (buffer: IngestBuffer): unknown => buffer.facts()['eventsInMemory'];
const untilTaken = (redis: FlakyRedis, count: number) =>
  eventually(
    'all taken',
    () => redis.taken.length,
    (n) => n >= count,
  );

describe('while Redis is away', () => {
  it('memory first, then the disk; afterwards all of it, in order, before what is newer', async () => {
    const redis = new FlakyRedis();
    const { buffer, offer, pressure } = openBuffer(redis, openSpool());
    offer(0, 4);
    expect(chunkFiles()).toEqual([]);
    for (let sent = 4; sent < 200; sent += 7) {
      offer(sent, Math.min(sent + 7, 200));
      await eventually(
        'memory has room',
        () => Number(inMemory(buffer)),
        (n) => n <= 5,
      );
    }
    expect(buffer.facts()).toMatchObject({ spooling: true });
    expect(pressure.at(-1) ?? false).toBe(false);
    redis.away = false;
    offer(200, 205);
    await untilTaken(redis, 205);
    expect(redis.taken).toEqual(events(205));
    await eventually('drained', chunkFiles, (files) => files.length === 0);
    expect(buffer.facts()).toEqual({ eventsInMemory: 0, spooledChunks: 0, spooledBytes: 0, spooling: false });
    offer(205, 206);
    await untilTaken(redis, 206);
    await buffer.stop(1000);
  });

  it('control: without a disk the source is told to wait', async () => {
    const redis = new FlakyRedis();
    const { buffer, offer, pressure } = openBuffer(redis, undefined);
    offer(0, 12);
    expect(pressure).toEqual([true]);
    expect(await buffer.stop(10)).toBe(12);
  });

  it('over the limit of the disk the source is told to wait, and nothing is lost', async () => {
    const redis = new FlakyRedis();
    const { buffer, offer, pressure } = openBuffer(redis, openSpool(400));
    let sent = 0;
    await eventually(
      'paused for good',
      () => {
        if (pressure.at(-1) !== true) offer(sent, (sent += 3));
        return pressure.at(-1) === true && buffer.facts()['spooledBytes'];
      },
      (bytes) => Number(bytes) >= 400,
    );
    redis.away = false;
    await untilTaken(redis, sent);
    expect(redis.taken).toEqual(events(sent));
    expect(pressure.at(-1)).toBe(false);
    await buffer.stop(1000);
  });

  it('a disk that fails costs nothing: frames stay in memory, then with the source', async () => {
    const redis = new FlakyRedis();
    writeFileSync(join(root, 'in-the-way'), '');
    const spool = new Spool({ root: join(root, 'in-the-way', 'deeper'), claim, maxBytes: 1e6, seal: SEAL, log });
    const { buffer, offer, pressure } = openBuffer(redis, spool);
    offer(0, 4);
    offer(4, 12);
    await eventually(
      'paused',
      () => pressure.at(-1),
      (paused) => paused === true,
    );
    redis.away = false;
    await untilTaken(redis, 12);
    expect(redis.taken).toEqual(events(12));
    await buffer.stop(1000);
  });
});

describe('a restart while Redis is away', () => {
  it('loses nothing and keeps the order, several times, whatever was where', async () => {
    const redis = new FlakyRedis();
    let sent = 0;
    for (const count of [3, 40, 1, 25]) {
      const spool = openSpool();
      const { buffer, offer } = openBuffer(redis, spool);
      for (const end = sent + count; sent < end; sent += 1) offer(sent, sent + 1);
      expect(await buffer.stop(20)).toBe(0);
      spool.release();
    }
    redis.away = false;
    const { buffer, offer } = openBuffer(redis, openSpool());
    offer(sent, sent + 5);
    await untilTaken(redis, sent + 5);
    expect(redis.taken).toEqual(events(sent + 5));
    await buffer.stop(1000);
  });

  it('does not tell twice what had arrived although its answer never came', async () => {
    const redis = new FlakyRedis();
    Object.assign(redis, { away: false, losesAnswers: true });
    const spool = openSpool();
    const first = openBuffer(redis, spool);
    first.offer(0, 8);
    await untilTaken(redis, 8);
    expect(await first.buffer.stop(20)).toBe(0);
    spool.release();
    redis.losesAnswers = false;
    const second = openBuffer(redis, openSpool());
    second.offer(8, 9);
    await untilTaken(redis, 9);
    expect(redis.taken).toEqual(events(9));
    await second.buffer.stop(1000);
  });
});

describe('what lies on the disk', () => {
  const name = { writer: 'w', number: 1 };
  const event = { key: 'k', raw: '{"body":"a secret"}', receivedAt: 5 };

  it('is sealed, readable by its user alone, and whole or not there', async () => {
    const spool = openSpool();
    await spool.add(name, [event]);
    const [file = ''] = chunkFiles();
    expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/secret|body/);
    // a write that was cut off
    writeFileSync(join(root, `${file.slice(0, -7)}2.chunk.part`), 'half of a chu');
    spool.release();
    const again = openSpool();
    expect(again.size().chunks).toBe(1);
    expect(await again.first()).toMatchObject({ name, events: [event] });
  });

  it('under another key is put aside, not deleted, and comes back with the right one', async () => {
    const spool = openSpool();
    await spool.add(name, [event]);
    spool.release();
    const [file = ''] = chunkFiles();
    const other = openSpool(1e6, sealWith(Buffer.alloc(32, 8).toString('base64')));
    expect(await other.first()).toBeUndefined();
    other.release();
    renameSync(join(root, `${file}.unreadable`), join(root, file));
    expect(await openSpool().first()).toMatchObject({ events: [event] });
  });

  it('of an ingester that was killed goes to the next', async () => {
    await openSpool().add(name, [event]);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
    const owner = files.find((file) => file.endsWith('owner.json')) ?? '';
    expect(openSpool().size().chunks).toBe(0);
    const record = JSON.parse(readFileSync(join(root, owner), 'utf8')) as { pid: number };
    const dead = spawnSync(process.execPath, ['--version']).pid;
    writeFileSync(join(root, owner), JSON.stringify({ ...record, pid: dead }));
    expect(openSpool().size().chunks).toBe(1);
  });

  it('belongs to one ingester at a time', async () => {
    const [one, other] = [openSpool(), openSpool()];
    await one.add(name, [event]);
    await other.add({ writer: 'x', number: 1 }, [event, event]);
    expect([one.size().chunks, other.size().chunks, openSpool().size().chunks]).toEqual([1, 1, 0]);
    one.release();
    other.release();
    expect(openSpool().size().chunks).toBe(2);
  });
});
