// The partition protocol as a model, and the steps that both the model and Redis take. See protocol.model.test.ts.
import fc from 'fast-check';
import { expect } from 'vitest';
import {
  claim,
  commit,
  readAfter,
  release,
  type CommitRequest,
  type Ownership,
} from '../../src/partitions/protocol.ts';
import { relayFor } from '../../src/partitions/relay.ts';
import { sweepFor } from '../../src/partitions/sweep.ts';
import { MemoryReceiver, numbered, type Rig } from './pipeline.ts';

type Name = 'a' | 'b';

/** What must be true, kept apart from Redis. */
export interface Model {
  /** Numbers appended per key, in order, and how many of all events are applied. */
  readonly log: { readonly key: string; readonly n: number }[];
  applied: number;
  epoch: number;
  /** Per owner: the epoch it holds and how many events it has worked out but not committed. */
  readonly held: Record<Name, { epoch: number; at: number; read: number } | undefined>;
  awake: boolean;
}

export const emptyModel = (): Model => ({
  log: [],
  applied: 0,
  epoch: 0,
  held: { a: undefined, b: undefined },
  awake: false,
});

interface Memory {
  owner?: Ownership;
  request?: CommitRequest;
}

export class World {
  readonly memory: Record<Name, Memory> = { a: {}, b: {} };
  readonly receiver = new MemoryReceiver();
  commits = 0;
  readonly rig: Rig;
  readonly sweep: () => Promise<number[]>;

  constructor(rig: Rig) {
    this.rig = rig;
    const { redis, keys, waker, metrics } = rig;
    this.sweep = sweepFor({ redis, keys, partitions: 1, waker, metrics });
  }

  get keys() {
    return this.rig.keys.partition(0);
  }

  relay(receiver: { accept: MemoryReceiver['accept'] }) {
    const { redis, metrics } = this.rig;
    return relayFor({ redis, metrics, keys: this.keys, partition: 0, receivers: { out: receiver } });
  }
}

type Step = fc.AsyncCommand<Model, World>;

async function agree(model: Model, world: World): Promise<void> {
  const applied = model.log.slice(0, model.applied);
  for (const key of ['x', 'y']) {
    const expected = applied.filter((event) => event.key === key).map(({ n }) => n);
    expect((await world.rig.stateOf(key)) ?? []).toEqual(expected);
  }
  const outputs = applied.map(({ key, n }) => JSON.stringify({ k: key, n }));
  // received in order, each once, and never ahead of the commit
  expect(world.receiver.taken).toEqual(outputs.slice(0, world.receiver.taken.length));
  const waiting = (await readAfter(world.rig.redis, world.keys, '0-0', 1000)).flatMap(({ events }) => events).length;
  expect(waiting).toBe(model.log.length - model.applied);
  const act = await world.rig.redis.hexists(world.keys.meta, 'act');
  expect(act).toBe(model.awake ? 1 : 0);
}

const append = (keys: readonly string[]): Step => ({
  check: () => true,
  run: async (model, world) => {
    const events = keys.map((key, i) => ({ key, n: model.log.length + i }));
    await world.rig.appender.append(events.map(({ key, n }) => numbered(key, n)));
    model.log.push(...events);
    model.awake = true;
    await agree(model, world);
  },
  toString: () => `append(${keys.join('')})`,
});

const take = (name: Name): Step => ({
  check: () => true,
  run: async (model, world) => {
    const outbox = await world.rig.redis.xlen(world.keys.outbox);
    const claimed = await claim(world.rig.redis, world.keys, name);
    const hasWork = model.applied < model.log.length || outbox > 0;
    expect(claimed.kind).toBe(hasWork ? 'claimed' : 'empty');
    model.awake = hasWork;
    if (claimed.kind === 'claimed') {
      model.epoch += 1;
      expect(claimed.owner.epoch).toBe(model.epoch);
      model.held[name] = { epoch: model.epoch, at: model.applied, read: 0 };
      world.memory[name] = { owner: claimed.owner };
    }
    await agree(model, world);
  },
  toString: () => `claim(${name})`,
});

const work = (name: Name, entries: number): Step => ({
  check: (model) => model.held[name] !== undefined,
  run: async (model, world) => {
    const { owner } = world.memory[name];
    const held = model.held[name];
    if (owner === undefined || held === undefined) return;
    const read = await readAfter(world.rig.redis, world.keys, owner.cursor, entries);
    const events = read.flatMap((entry) => entry.events).map(({ raw }) => JSON.parse(raw) as { k: string; n: number });
    const states = new Map<string, number[]>();
    for (const { k, n } of events) states.set(k, [...(states.get(k) ?? (await world.rig.stateOf(k)) ?? []), n]);
    const last = read.at(-1);
    if (last === undefined) return;
    held.read = events.length;
    world.memory[name].request = {
      newCursor: last.id,
      poisonRun: 0,
      states: [...states].map(([key, state]) => ({ key, json: JSON.stringify(state), ttlMs: 60_000, liveSince: 1 })),
      outputs: events.map((event) => ({ sink: 'out', receivedAt: 1, payload: event })),
      counters: new Map(),
    };
  },
  toString: () => `read(${name},${entries})`,
});

const write = (name: Name, resend: boolean): Step => ({
  check: (model) => (model.held[name]?.read ?? 0) > 0,
  run: async (model, world) => {
    const { owner, request } = world.memory[name];
    const held = model.held[name];
    if (owner === undefined || request === undefined || held === undefined) return;
    const mayCommit = held.epoch === model.epoch && held.at === model.applied;
    const asSent = { ...owner };
    expect(await commit(world.rig.redis, world.keys, owner, request)).toBe(mayCommit);
    if (mayCommit) {
      world.commits += 1;
      // a client that lost the answer sends again: known as its own, done once
      if (resend) expect(await commit(world.rig.redis, world.keys, asSent, request)).toBe(true);
      model.applied += held.read;
      model.held[name] = { epoch: held.epoch, at: model.applied, read: 0 };
    } else {
      model.held[name] = undefined;
      world.memory[name] = {};
    }
    delete world.memory[name].request;
    await agree(model, world);
  },
  toString: () => `commit(${name}${resend ? ', sent twice' : ''})`,
});

const crash = (name: Name): Step => ({
  check: (model) => model.held[name] !== undefined,
  run: (model, world) => {
    model.held[name] = undefined;
    world.memory[name] = {};
    return Promise.resolve();
  },
  toString: () => `crash(${name})`,
});

const relay = (dies: 'never' | 'before' | 'after'): Step => ({
  check: () => true,
  run: async (model, world) => {
    const accept = async (...args: Parameters<MemoryReceiver['accept']>): Promise<void> => {
      if (dies === 'before') throw new Error('died before it was accepted');
      await world.receiver.accept(...args);
      if (dies === 'after') throw new Error('died between accept and trim');
    };
    const running = world.relay({ accept });
    running.kick();
    await running.settled().catch(() => undefined);
    await agree(model, world);
  },
  toString: () => `relay(dies ${dies})`,
});

const letGo = (name: Name): Step => ({
  check: (model) => model.held[name] !== undefined,
  run: async (model, world) => {
    const { owner } = world.memory[name];
    const held = model.held[name];
    if (owner === undefined || held === undefined) return;
    const outbox = await world.rig.redis.xlen(world.keys.outbox);
    const busy = model.applied < model.log.length || outbox > 0;
    const expected = held.epoch !== model.epoch ? 'fenced' : busy ? 'busy' : 'released';
    expect(await release(world.rig.redis, world.keys, owner)).toBe(expected);
    if (expected === 'released') model.awake = false;
    await agree(model, world);
  },
  toString: () => `release(${name})`,
});

const look: Step = {
  check: () => true,
  run: async (_model, world) => {
    await world.sweep();
  },
  toString: () => 'sweep',
};

/** Several steps in a row, each only if it can be taken: without it most runs would never get as far as a commit. */
const inTurn = (...steps: readonly Step[]): Step => ({
  check: () => true,
  run: async (model, world) => {
    for (const step of steps) if (step.check(model)) await step.run(model, world);
  },
  toString: () => steps.map(String).join(' → '),
});

const name = fc.constantFrom<Name>('a', 'b');
const resend = fc.boolean();
export const steps = [
  fc.array(fc.constantFrom('x', 'y'), { minLength: 1, maxLength: 3 }).map(append),
  name.map(take),
  fc.tuple(name, fc.integer({ min: 1, max: 3 })).map(([who, entries]) => work(who, entries)),
  fc.tuple(name, resend).map(([who, twice]) => write(who, twice)),
  fc.tuple(name, resend).map(([who, twice]) => inTurn(append(['x', 'y']), take(who), work(who, 2), write(who, twice))),
  fc.tuple(name, resend).map(([who, twice]) => inTurn(append(['x']), work(who, 2), write(who, twice))),
  name.map(crash),
  fc.constantFrom('never' as const, 'before' as const, 'after' as const).map(relay),
  name.map(letGo),
  fc.constant(look),
];

/** Whatever was left half done, one more relay delivers the rest. */
export async function finish(model: Model, world: World): Promise<void> {
  await relay('never').run(model, world);
  expect(world.receiver.taken).toHaveLength(model.applied);
  expect(await world.rig.redis.xlen(world.keys.outbox)).toBe(0);
}
