// The supervisor against a scripted role and a clock that is moved by hand.
import { describe, expect, test, vi } from 'vitest';
import type { Exit, Launched } from '../../../src/cli/up/launch.ts';
import { supervise } from '../../../src/cli/up/supervisor.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

interface Scripted extends Launched {
  becomeReady(): void;
  end(exit: Partial<Exit>): void;
  readonly signals: string[];
}

function scripted(onSignal: (signal: string, end: (exit: Partial<Exit>) => void) => void = () => undefined): Scripted {
  let becomeReady = (): void => undefined;
  let end = (_exit: Partial<Exit>): void => undefined;
  const signals: string[] = [];
  return {
    ready: new Promise<void>((resolve) => (becomeReady = resolve)),
    ended: new Promise<Exit>((resolve) => (end = (exit) => resolve({ code: null, signal: null, ...exit }))),
    becomeReady: () => becomeReady(),
    end: (exit) => end(exit),
    signals,
    signal: (signal) => {
      signals.push(signal);
      onSignal(signal, end);
    },
    lastWords: () => 'last words',
  };
}

function rig(lives: readonly Scripted[]) {
  const clock = createFakeClock();
  const launched: Scripted[] = [];
  const told: string[] = [];
  const supervisor = supervise({
    instance: { name: 'worker-1', role: 'worker' },
    clock,
    launch: () => {
      const life = lives[launched.length] ?? scripted();
      launched.push(life);
      return life;
    },
    onRestart: ({ name }, reason, delayMs) => void told.push(`${name} ${reason}, again in ${delayMs}`),
    onGivenUp: ({ name }, reason) => void told.push(`${name} ${reason}, given up`),
  });
  return { clock, launched, told, supervisor };
}

/** Starts a role that is ready at once. */
async function started(first: Scripted, ...later: readonly Scripted[]) {
  const all = rig([first, ...later]);
  first.becomeReady();
  await all.supervisor.start();
  return all;
}

describe('a start', () => {
  test('is over when the role is ready', async () => {
    const { supervisor, launched } = rig([scripted()]);
    let ready = false;
    const start = supervisor.start().then(() => (ready = true));
    expect(ready).toBe(false);
    launched[0]?.becomeReady();
    await start;
    expect(ready).toBe(true);
  });

  test('fails with the role’s last words when it ends first', async () => {
    const life = scripted();
    const { supervisor } = rig([life]);
    life.end({ code: 78 });
    await expect(supervisor.start()).rejects.toMatchObject({
      message: 'ended with 78: last words',
      configuration: true,
    });
  });

  test('fails when the role says nothing for a minute, and leaves none behind', async () => {
    const life = scripted((_signal, end) => end({ signal: 'SIGKILL' }));
    const { supervisor, clock } = rig([life]);
    const start = supervisor.start().catch((error: Error) => error.message);
    clock.advance(60_000);
    expect(await start).toBe('not ready after 60 s: last words');
    expect(life.signals).toEqual(['SIGKILL']);
  });
});

describe('a role that dies', () => {
  test('is started again after 1, 2, 4, … at most 30 s', async () => {
    const { clock, told, launched } = await started(scripted());
    const delays = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
    for (const [index, delay] of delays.entries()) {
      launched[index]?.becomeReady();
      launched[index]?.end({ signal: 'SIGKILL' });
      await vi.waitFor(() => expect(told[index]).toBe(`worker-1 ended by SIGKILL: last words, again in ${delay}`));
      clock.advance(delay);
      await vi.waitFor(() => expect(launched).toHaveLength(index + 2));
    }
  });

  test('after a healthy minute begins at 1 s again', async () => {
    const { clock, told, launched } = await started(scripted());
    launched[0]?.end({ code: 1 });
    await vi.waitFor(() => expect(told).toHaveLength(1));
    clock.advance(1000);
    await vi.waitFor(() => expect(launched).toHaveLength(2));
    launched[1]?.becomeReady();
    clock.advance(59_000);
    await vi.waitFor(() => expect(clock.waits()).toEqual([]));
    clock.advance(1000);
    launched[1]?.end({ code: 1 });
    await vi.waitFor(() => expect(told[1]).toBe('worker-1 ended with 1: last words, again in 1000'));
  });

  test('before it is ready is started again too', async () => {
    const { clock, told, launched } = await started(scripted());
    launched[0]?.end({ code: 1 });
    await vi.waitFor(() => expect(told).toHaveLength(1));
    clock.advance(1000);
    await vi.waitFor(() => expect(launched).toHaveLength(2));
    launched[1]?.end({ code: 1 });
    await vi.waitFor(() => expect(told[1]).toBe('worker-1 ended with 1: last words, again in 2000'));
  });

  test('of its configuration is given up', async () => {
    const { told, launched, clock } = await started(scripted());
    launched[0]?.end({ code: 78 });
    await vi.waitFor(() => expect(told).toEqual(['worker-1 ended with 78: last words, given up']));
    expect(clock.waits()).toEqual([]);
    expect(launched).toHaveLength(1);
  });
});

describe('a stop', () => {
  test('is clean when the role ends with 0', async () => {
    const life = scripted((_signal, end) => end({ code: 0 }));
    const { supervisor, told, clock } = await started(life);
    expect(await supervisor.stop(5000)).toBe('clean');
    expect(life.signals).toEqual(['SIGTERM']);
    expect(told).toEqual([]);
    expect(clock.waits()).toEqual([]);
  });

  test('is not clean when the role ends with something else', async () => {
    const { supervisor } = await started(scripted((_signal, end) => end({ code: 1 })));
    expect(await supervisor.stop(5000)).toBe('failed');
  });

  test('kills a role that is still there at the deadline', async () => {
    const life = scripted((signal, end) => (signal === 'SIGKILL' ? end({ signal }) : undefined));
    const { supervisor, clock } = await started(life);
    const outcome = supervisor.stop(5000);
    clock.advance(5000);
    expect(await outcome).toBe('killed');
    expect(life.signals).toEqual(['SIGTERM', 'SIGKILL']);
  });

  test('while the role waits for its next start starts nothing any more', async () => {
    const { supervisor, clock, launched, told } = await started(scripted());
    launched[0]?.end({ code: 1 });
    await vi.waitFor(() => expect(told).toHaveLength(1));
    expect(await supervisor.stop(5000)).toBe('clean');
    clock.advance(60_000);
    expect(clock.waits()).toEqual([]);
    expect(launched).toHaveLength(1);
  });

  test('before the start is clean', async () => {
    expect(await rig([]).supervisor.stop(5000)).toBe('clean');
  });
});

test('a kill waits for nobody', async () => {
  const life = scripted();
  const { supervisor } = await started(life);
  supervisor.kill();
  expect(life.signals).toEqual(['SIGKILL']);
});
