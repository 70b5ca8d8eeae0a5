// What a retry does and, above all, does not do: with a real worker that parks and replays. Invariant: an event's effect
// is there once however often it is retried; one failure is one letter; no letter is lost, none multiplies.
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partitionOf } from '../../src/stores/redis/partition-of.ts';
import { deadLetterRig, type DeadLetterRig } from '../support/dead-letter-rig.ts';
import { eventually } from '../support/eventually.ts';

const frames = readFileSync('test/fixtures/genesys-frames.jsonl', 'utf8').trim().split('\n');
const VOICE = 'fa3bf94e-81ec-51c3-aa2f-aa0d347357d6';
const [, , FIRST = '', SECOND = '', ANSWERED = ''] = frames;
const ofVoice = frames.filter((raw) => raw.includes(VOICE) && !raw.includes('externalcontacts'));

interface Answer {
  readonly matched: number;
  readonly done: number;
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

let rig: DeadLetterRig;
beforeEach(async () => {
  rig = await deadLetterRig();
});
afterEach(() => rig.close());

const retry = async (body: object): Promise<Answer> => (await rig.ask('/retry', body)).json() as Promise<Answer>;
const counted = (field: string) => rig.product.counted(field);
const events = (n: number) =>
  eventually(
    `${n} events`,
    async () => (await counted('n:events')) + (await counted('n:deadLetters')),
    (seen) => seen === n,
  );
const stateOf = async (id: string): Promise<unknown> => {
  const { redis, keys, config } = rig.base;
  return JSON.parse((await redis.get(keys.partition(partitionOf(id, config.partitions)).state(id))) ?? 'null');
};
/** What the outside world was told, once nothing is under way. */
const told = async (): Promise<number> => {
  const { redis, keys, config } = rig.base;
  const seqs = await Promise.all(
    Array.from({ length: config.partitions }, (_, p) => redis.hget(keys.partition(p).meta, 'seq')),
  );
  return seqs.reduce((sum, seq) => sum + Number(seq ?? 0), 0);
};

describe('a retry', () => {
  it('puts the event back through its partition, and the letter is gone', async () => {
    await rig.park({ id: '1-0-0', raw: FIRST });
    expect(await retry({ ids: ['p0-1-0-0'] })).toMatchObject({ matched: 1, done: 1, skipped: [] });
    await events(1);
    expect(await stateOf(VOICE)).toMatchObject({ conversationId: VOICE, phase: 'open' });
    await rig.settled();
    expect(await rig.waiting()).toEqual([]);
    expect(await rig.queue.getJob('p0-1-0-0')).toBeUndefined();
  });

  it('pressed by ten at once is done by one', async () => {
    await rig.park({ id: '1-0-0', raw: FIRST });
    const answers = await Promise.all(Array.from({ length: 10 }, () => retry({ ids: ['p0-1-0-0'] })));
    expect(answers.reduce((sum, { done }) => sum + done, 0)).toBe(1);
    for (const { skipped } of answers.filter(({ done }) => done === 0)) {
      expect(['not_found', 'under_way']).toContain(skipped[0]?.reason);
    }
    await rig.settled();
    await events(1);
    expect(await counted('n:events')).toBe(1);
  });

  it('that waits for a worker is under way: pressing again does nothing', async () => {
    await rig.park({ id: '1-0-0', raw: FIRST });
    await rig.queue.pause();
    expect(await retry({ ids: ['p0-1-0-0'] })).toMatchObject({ done: 1 });
    const again = { matched: 1, done: 0, skipped: [{ id: 'p0-1-0-0', reason: 'under_way' }] };
    expect(await retry({ ids: ['p0-1-0-0'] })).toMatchObject(again);
    const discarded = (await (await rig.ask('/discard', { ids: ['p0-1-0-0'] })).json()) as Answer;
    expect(discarded).toMatchObject(again);
    await rig.queue.resume();
    await events(1);
    expect(await retry({ ids: ['p0-1-0-0'] })).toMatchObject({ skipped: [{ reason: 'not_found' }] });
  });

  it('of an event that was told meanwhile changes nothing', async () => {
    await rig.feed(FIRST, SECOND);
    await events(2);
    const before = [await stateOf(VOICE), await counted('n:moves'), await told()];
    await rig.park({ id: '1-0-0', raw: SECOND }, { id: '2-0-0', raw: SECOND });
    expect(await retry({})).toMatchObject({ done: 2 });
    await events(4);
    expect([await stateOf(VOICE), await counted('n:moves'), await told()]).toEqual(before);
    expect(await counted('n:refused:duplicate')).toBe(2);
  });

  it('of an event whose conversation has ended neither reopens it nor tells anybody', async () => {
    await rig.feed(...ofVoice);
    await events(ofVoice.length);
    expect(await stateOf(VOICE)).toMatchObject({ phase: 'ended' });
    const before = [await stateOf(VOICE), await counted('n:moves'), await told()];
    await rig.park({ id: '1-0-0', raw: FIRST }, { id: '2-0-0', raw: SECOND }, { id: '3-0-0', raw: ANSWERED });
    expect(await retry({ conversation: 'nobody' })).toMatchObject({ matched: 0 });
    expect(await retry({})).toMatchObject({ done: 3 });
    await events(ofVoice.length + 3);
    expect([await stateOf(VOICE), await counted('n:moves'), await told()]).toEqual(before);
    // the control: in a conversation that nobody has ended the same event does move somebody
    const other = ANSWERED.replaceAll(VOICE, '11111111-1111-4111-8111-111111111111');
    await rig.park({ id: '4-0-0', raw: other });
    await retry({});
    await eventually(
      'moves',
      () => counted('n:moves'),
      (moves) => moves > Number(before[1]),
    );
  });
});

describe('what fails again', () => {
  it('because it still cannot be read stays the same letter, one more try each time, and the log never sees it', async () => {
    await rig.feed('this is not JSON');
    const [id = ''] = await rig.parked(1);
    for (let tries = 2; tries <= 4; tries += 1) {
      expect(await retry({ ids: [id] })).toMatchObject({ done: 1 });
      const look = async () => (await (await rig.ask(`/${id}`)).json()) as { attempts?: number; lastFailure?: string };
      const letter = await eventually('parked again', look, ({ attempts }) => attempts === tries);
      expect(letter.lastFailure).toContain('frame_not_json');
    }
    expect(await rig.waiting()).toEqual([id]);
    expect(await counted('n:deadLetters')).toBe(1);
  });

  it('in bulk does not pause the partition, as a flood of poison would', async () => {
    await rig.close();
    rig = await deadLetterRig({ THROUGHLINE_PARTITIONS: '1', THROUGHLINE_POISON_RUN_LIMIT: '5' });
    await rig.park(...Array.from({ length: 20 }, (_, n) => ({ id: `${n}-0-0`, raw: `not JSON ${n}` })));
    expect(await retry({})).toMatchObject({ done: 20 });
    await rig.settled();
    await rig.parked(20);
    const { redis, keys } = rig.base;
    expect(await redis.hget(keys.partition(0).meta, 'paused')).toBeNull();
    await rig.feed(FIRST);
    await events(1);
  });

  it('is not met again by the replay that it fails in', async () => {
    await rig.feed(...Array.from({ length: 30 }, (_, n) => `not JSON ${n}`));
    await rig.parked(30);
    // 15 a request, a second apart: what the first request retried has failed again when the second looks
    const { exitCode, out } = await rig.cli('dead-letters', 'retry', '--yes', '--rate', '15');
    expect([exitCode, out]).toEqual([
      0,
      'Retried 30 dead letters (frame_not_json 30).\nWhat fails again is listed again.\n',
    ]);
    await rig.settled();
    await rig.parked(30);
    const tries = await Promise.all(
      (await rig.waiting()).map(async (id) => (await rig.queue.getJob(id))?.attemptsMade),
    );
    expect(tries).toEqual(Array(30).fill(2));
  });

  it('where the replay itself cannot be done the same letter stays, with one more try', async () => {
    await rig.park({ id: '1-0-0', raw: FIRST });
    const job = await rig.queue.getJob('p0-1-0-0');
    await job?.updateData({ ...(job.data as object), sealed: 'v1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' });
    expect(await retry({ ids: ['p0-1-0-0'] })).toMatchObject({ done: 1 });
    const letter = await eventually(
      'parked again',
      async () => (await (await rig.ask('/p0-1-0-0')).json()) as { attempts?: number; lastFailure?: string },
      ({ attempts }) => attempts === 2,
    );
    expect(letter.lastFailure).toContain('seal_mismatch');
    expect(await rig.waiting()).toEqual(['p0-1-0-0']);
    expect(await counted('n:events')).toBe(0);
  });

  it('a letter without content is counted and named, and stays', async () => {
    const frame = { text: 'x'.repeat(100), receivedAt: 1, topic: undefined, conversationId: undefined, limitBytes: 50 };
    await rig.box.addOversize(frame);
    const [id = ''] = await rig.parked(1);
    await rig.park({ id: '1-0-0', raw: FIRST });
    expect(await retry({ dryRun: true })).toMatchObject({ matched: 2, done: 1 });
    const { exitCode, out } = await rig.cli('dead-letters', 'retry', '--yes');
    expect(exitCode).toBe(0);
    expect(out).toContain(`Retried 1 dead letter (frame_invalid 1).\nSkipped 1 dead letter:\n  ${id}: its content was not kept`); // prettier-ignore
    await events(1);
    await rig.settled();
    expect(await rig.waiting()).toEqual([id]);
  });
});
