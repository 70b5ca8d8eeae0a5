// The batch path under anything that can happen to it, on real Redis: nothing lost, nothing applied twice, order per
// record kept, sizes kept; with answers, deaths, lost jobs, second runs and clocks at random. The controls break one
// promise each, and the property must say so.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/runtime/steps.ts';
import { batchWorld, Death, type BatchWorld, type Send } from '../support/batch-world.ts';
import { CrmModel, type PlannedAnswer } from '../support/crm-model.ts';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const STEPS: Step[] = ['batch.cut', 'batch.announced', 'batch.read', 'batch.answered', 'batch.settled'];

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('accept' as const), ids: fc.array(fc.constantFrom(...IDS), { minLength: 1, maxLength: 4 }), pad: fc.nat(300) }) }, // prettier-ignore
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), trigger: fc.constantFrom('interval' as const, 'shutdown' as const), replicas: fc.integer({ min: 1, max: 2 }) }) }, // prettier-ignore
  { weight: 5, arbitrary: fc.record({ do: fc.constant('run' as const), job: fc.nat(5), runs: fc.integer({ min: 1, max: 2 }) }) }, // prettier-ignore
  { weight: 2, arbitrary: fc.record({ do: fc.constant('die' as const), at: fc.constantFrom(...STEPS) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'lose-announcement' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'heal' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clock' as const), by: fc.integer({ min: -86_400_000, max: 86_400_000 }) }) }, // prettier-ignore
);
const answer: fc.Arbitrary<PlannedAnswer> = fc.oneof(
  fc.constant({ kind: 'accept' as const }),
  fc.record({ kind: fc.constant('partly' as const), failing: fc.nat(65_535), hopeless: fc.nat(65_535) }),
  fc.constant({ kind: 'applied-and-silent' as const }),
  fc.constant({ kind: 'down' as const }),
  fc.constant({ kind: 'throttled' as const }),
);
const story = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 50 }),
  answers: fc.array(answer, { maxLength: 30 }),
  cursed: fc.subarray(IDS, { maxLength: 2 }),
  limits: fc.record({
    maxItems: fc.integer({ min: 1, max: 5 }),
    maxBytes: fc.integer({ min: 200, max: 2000 }),
    intervalMs: fc.integer({ min: 1, max: 60_000 }),
  }),
});
type Story = typeof story extends fc.Arbitrary<infer S> ? S : never;
type Action = Story['actions'][number];

/** One promise broken. */
interface Breach {
  readonly send?: (send: Send) => Send;
  readonly beforeRun?: (world: BatchWorld) => Promise<unknown>;
}

interface Play {
  readonly world: BatchWorld;
  readonly crm: CrmModel;
  readonly newest: Map<string, number>;
  readonly clock: { at: number };
}

async function play({ actions, answers, cursed, limits }: Story, breach: Breach): Promise<void> {
  const crm = new CrmModel(limits, cursed);
  const planned = [...answers];
  const honest: Send = async (records, key) => crm.take(records, key, planned.shift() ?? { kind: 'accept' });
  const clock = { at: Date.UTC(2026, 2, 2) };
  const world = batchWorld({ limits, send: breach.send?.(honest) ?? honest, now: () => clock.at });
  const scene: Play = { world, crm, newest: new Map(), clock };
  try {
    for (const one of actions) await act(one, scene, breach);
    await drain(scene);
    await verify(scene);
  } finally {
    await world.close();
  }
}

async function act(one: Action, { world, newest, clock }: Play, breach: Breach): Promise<void> {
  const { buffer, jobs } = world;
  switch (one.do) {
    case 'accept':
      return mortally(() => world.accept(...one.ids.map((id) => nextVersion(newest, id, one.pad))));
    case 'cut':
      await Promise.all(Array.from({ length: one.replicas }, () => mortally(() => buffer.cutAll(one.trigger))));
      return;
    case 'run': {
      const batchId = [...jobs][one.job % Math.max(1, jobs.size)];
      if (batchId === undefined) return;
      await breach.beforeRun?.(world);
      // two at once: a job taken for stalled while its first run still goes on
      await Promise.all(Array.from({ length: one.runs }, () => world.run(batchId)));
      return;
    }
    case 'die':
      world.dieAt = one.at;
      return;
    case 'lose-announcement':
      world.loseAnnouncement = true;
      return;
    case 'heal':
      return mortally(() => buffer.announceForgotten(-2000));
    case 'clock':
      clock.at += one.by;
  }
}

function nextVersion(newest: Map<string, number>, recordId: string, pad: number) {
  const version = (newest.get(recordId) ?? 0) + 1;
  newest.set(recordId, version);
  return { recordId, version, pad: 'x'.repeat(pad) };
}

/** A death takes what was under way; whatever it left behind is in Redis. */
async function mortally(work: () => Promise<unknown>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof Death)) throw error;
  });
}

/** Life goes on in peace: sweeps find what was forgotten, jobs run until none is left. */
async function drain({ world }: Play): Promise<void> {
  world.dieAt = undefined;
  world.loseAnnouncement = false;
  for (let rounds = 0; rounds < 2000; rounds += 1) {
    await world.buffer.announceForgotten(-2000);
    await world.buffer.cutAll('shutdown');
    if (world.jobs.size === 0 && (await world.redis.hlen(world.keys.inFlight)) === 0) return;
    for (const batchId of world.jobs) await world.run(batchId);
  }
  throw new Error('work never ends');
}

async function verify({ world, crm, newest }: Play): Promise<void> {
  if (crm.violations.length > 0) throw new Error(crm.violations.join('; '));
  const ended = new Map(crm.applied);
  for (const { record } of world.deadLetters) {
    const { version } = JSON.parse(record.json) as { version: number };
    ended.set(record.recordId, Math.max(version, ended.get(record.recordId) ?? 0));
  }
  expect(ended, 'lost').toEqual(newest);
  const { redis, keys } = world;
  const left = await Promise.all([redis.llen(keys.waiting), redis.hlen(keys.records), redis.hlen(keys.blocked), redis.hlen(keys.inFlight), redis.zcard(keys.resting), redis.zcard(keys.cut)]); // prettier-ignore
  expect(left).toEqual([0, 0, 0, 0, 0, 0]);
  expect((await redis.hget(keys.meta, 'bytes')) ?? '0').toBe('0');
}

const seed = Number(process.env['THROUGHLINE_TEST_SEED'] ?? Date.now() % 1_000_000);

/** 'held', or what broke it and the story that shows it. */
async function judged(numRuns: number, breach: Breach = {}): Promise<string> {
  const property = fc.asyncProperty(story, (told) => play(told, breach));
  const { failed, errorInstance, counterexample } = await fc.check(property, { seed, numRuns, endOnFailure: true });
  return failed ? `${String(errorInstance)}\n${JSON.stringify(counterexample)}` : 'held';
}

describe(`the batch path, seed ${seed}`, () => {
  it(
    'loses nothing, applies nothing twice, keeps order and sizes, whatever happens',
    { timeout: 120_000 },
    async () => {
      console.log(`batch property seed ${seed} (THROUGHLINE_TEST_SEED=${seed} repeats it)`);
      expect(await judged(Number(process.env['THROUGHLINE_TEST_RUNS'] ?? 300))).toBe('held');
    },
  );

  const breaches: [string, RegExp, Breach][] = [
    [
      'a record that failed is taken for done',
      /lost/,
      { send: (send) => async (records, key) => (await send(records, key)).map(() => ({ kind: 'done' })) },
    ],
    [
      'a batch is sent again under another key',
      /applied twice/,
      { send: (send) => (records, key) => send(records, `${key}-${Math.random()}`) },
    ],
    ['one key for all', /another body under the key/, { send: (send) => (records) => send(records, 'the key') }],
    [
      'nobody remembers which records are on their way',
      /went back|applied twice|lost|must be strings|a boolean value/,
      { beforeRun: ({ redis, keys }) => redis.del(keys.inFlight) },
    ],
  ];
  it.each(breaches)('control: %s', async (_what, words, breach) => {
    expect(await judged(500, breach)).toMatch(words);
  });
});
