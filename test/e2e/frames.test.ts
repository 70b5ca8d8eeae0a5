// The 30 recorded frames through the real path: intake, partition log, conversations stage, outbox, CRM. What each frame
// must do is held line by line in test/unit/codec and test/unit/domain; here, that the path adds and loses nothing.
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadLettersQueue } from '../../queues/dead-letters.queue.ts';
import { partitionsQueue } from '../../queues/partitions.queue.ts';
import { conversationStateSchema, type ConversationState } from '../../src/domain/conversation/state.ts';
import { appenderFor } from '../../src/partitions/append.ts';
import { IngestBuffer } from '../../src/partitions/ingest-buffer.ts';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import { wakerFor } from '../../src/partitions/wake.ts';
import { openQueue } from '../../src/runtime/queues.ts';
import { frameIntake } from '../../workers/ingest.ts';
import { eventually } from '../support/eventually.ts';
import { startProduct, type Product } from '../support/product.ts';

const frames = readFileSync('test/fixtures/genesys-frames.jsonl', 'utf8').trim().split('\n');
const VOICE = 'fa3bf94e-81ec-51c3-aa2f-aa0d347357d6';
const CALLBACK = 'd2986570-ac26-5cd7-a0d3-c8aefc90c6c5';
const EMAIL = 'd7e0f410-4326-5077-83a0-5012cdc2d998';

let product: Product;
let feed: (raw: string) => void;
let closeFeed: () => Promise<void>;

beforeEach(async () => {
  product = await startProduct();
  await product.start('worker');
  const { base } = product;
  const { redis, keys, metrics, log, clock, connection } = base;
  const wakeQueue = openQueue(partitionsQueue, connection, keys, base.onRedisError);
  const { partitions } = base.config;
  const buffer = new IngestBuffer({
    appender: appenderFor({
      redis,
      keys,
      partitions,
      waker: wakerFor(wakeQueue),
    }),
    deepestLog: () => Promise.resolve(0),
    limits: {
      maxEvents: 1e3,
      maxBytes: 1e7,
      logMaxEntries: 1e3,
    },
    onPressure: () => undefined,
    metrics,
    log,
    clock,
  });
  const deadLetters = { addOversize: () => Promise.resolve() };
  const intake = frameIntake({ buffer, deadLetters, maxFrameBytes: 1_048_576, metrics, log });
  feed = (raw) => intake(raw, Date.parse('2026-03-02T18:30:00Z'));
  closeFeed = () => wakeQueue.close();
});
afterEach(async () => {
  await closeFeed();
  await product.close();
});

const stateOf = async (id: string): Promise<ConversationState> => {
  const { redis, keys, config } = product.base;
  return conversationStateSchema.parse(JSON.parse((await redis.get(keys.partition(partitionOf(id, config.partitions)).state(id))) ?? '{}')); // prettier-ignore
};
const settledEvents = async () => (await product.counted('n:events')) + (await product.counted('n:deadLetters'));
const summary = (state: ConversationState) =>
  Object.values(state.participants).map(({ purpose, state: name }) => `${purpose} ${name}`);

describe('the recorded frames', () => {
  it('end in the right states, dead letters and CRM records', async () => {
    for (const raw of frames) feed(raw);
    // 30 lines: two heartbeats and two system notices are not events
    await eventually('26 events', settledEvents, (n) => n >= 26);
    expect(await product.counted('n:events')).toBe(25);

    const voice = await stateOf(VOICE);
    expect(voice.phase).toBe('ended');
    expect(summary(voice).sort()).toEqual(['acd left', 'agent failed', 'agent left', 'customer left', 'ivr left']);
    const answered = Object.values(voice.participants).find(
      ({ state, purpose }) => purpose === 'agent' && state === 'left',
    );
    expect(answered?.afterCallWork).toBe('complete');
    // line 18 says an earlier end than line 17 after it: it is the customer's own end, and it stays
    const customer = Object.values(voice.participants).find(({ purpose }) => purpose === 'customer');
    expect(customer?.endedAt).toBe(1_772_460_400_755);
    expect(voice.transcription?.ended).toBe(true);

    expect((await stateOf(EMAIL)).phase).toBe('open');
    expect(summary(await stateOf(EMAIL))).toEqual(['customer active', 'agent held']);
    const missed = summary(await stateOf(CALLBACK)).filter((one) => one === 'agent failed');
    expect(missed).toHaveLength(2);

    const dead = openQueue(deadLettersQueue, product.base.connection, product.base.keys, product.base.onRedisError);
    const letters = await eventually(
      'one letter',
      () => dead.getJobs(['failed']),
      (jobs) => jobs.length === 1,
    );
    expect(letters[0]?.data).toMatchObject({ code: 'unknown_topic', stage: 'conversations' });
    await dead.close();

    const sent = await eventually('CRM has the end', () => product.crm.records.find(VOICE)?.record, (record) => record?.['status'] === 'ended'); // prettier-ignore
    expect(sent).toMatchObject({ kind: 'conversation', media: 'voice', participantState: 'left' });
  });

  it('told twice change nothing the second time', async () => {
    for (const raw of frames) feed(raw);
    await eventually('first telling', settledEvents, (n) => n >= 26);
    const [moves, voice, email] = [await product.counted('n:moves'), await stateOf(VOICE), await stateOf(EMAIL)];
    for (const raw of frames) feed(raw);
    await eventually('second telling', settledEvents, (n) => n >= 52);
    expect(await stateOf(VOICE)).toEqual(voice);
    expect(await stateOf(EMAIL)).toEqual(email);
    expect(await product.counted('n:moves')).toBe(moves);
  });

  it('the cross-topic copy (line 7) counts once', async () => {
    for (const raw of frames.slice(2, 6)) feed(raw);
    await eventually('four events', settledEvents, (n) => n === 4);
    const moves = await product.counted('n:moves');
    feed(frames[6] ?? '');
    await eventually('the copy', settledEvents, (n) => n === 5);
    expect(await product.counted('n:moves')).toBe(moves);
    expect(await product.counted('n:refused:duplicate')).toBe(1);
  });
});
