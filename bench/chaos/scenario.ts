// What a run sends: native frames of an emulated contact centre under a clock of its own, with seeded copies and poison.
// Invariants: the same seed and count give the same frames; a window holds at most one change of a conversation (and
// its copies), so a window that is sent twice repeats only a conversation's newest news, which is what an at-least-once
// source may do. (Several changes repeated as a block can resume a hold that had just begun: see domain/conversation.)
import { createCentre } from '../../src/emulator/centre/centre.ts';
import { createDriver } from '../../src/emulator/driver/driver.ts';
import { createTimeline } from '../../src/emulator/driver/timeline.ts';
import { eventFrame } from '../../src/emulator/genesys/frames.ts';
import { createRandom, seedOf, type Random } from '../../src/emulator/random.ts';
import type { ScriptedFrame } from './script-file.ts';

export interface ScenarioOptions {
  readonly seed: number;
  readonly events: number;
  /** Of frames; each follows the original in the same window. */
  readonly copies?: number;
  /** Of frames; none can be read. */
  readonly poison?: number;
  /** Frames of a window, about. */
  readonly windowFrames?: number;
}

/** 2026-03-02T09:00:00Z. */
const EPOCH = Date.UTC(2026, 2, 2, 9);
/** Enough conversations at once for every partition to be busy, few enough for the agents to answer most of them. */
const PER_MINUTE = 60;
const STEP_MS = 5000;
const WINDOW_FRAMES = 100;
const DEFAULT_SHARE = { copies: 0.02, poison: 0.002 };

/** Calls `emit` with each window, in order. */
export function playScenario(options: ScenarioOptions, emit: (window: readonly ScriptedFrame[]) => void): void {
  const random = createRandom(seedOf('chaos', options.seed));
  const windows = new Windows(emit, options.windowFrames ?? WINDOW_FRAMES);
  const timeline = createTimeline(EPOCH);
  const left = { frames: options.events };
  const send = (key: string, change: string, raw: string): void => {
    if (left.frames === 0) return;
    left.frames -= 1;
    windows.add(key, change, { raw, receivedAt: Math.floor(timeline.now()) });
  };
  createDriver({
    seed: options.seed,
    epoch: EPOCH,
    conversationsPerMinute: PER_MINUTE,
    speed: 1,
    timeline,
    centre: createCentre(options.seed),
    publisher: {
      hears: (topicName) => topicName.endsWith('.conversations'),
      publish: (topicName, body, correlationId) => {
        const key = /"id":"([^"]+)"/.exec(body)?.[1] ?? '';
        const raw = eventFrame(topicName, body, correlationId);
        send(key, body, raw);
        if (random.chance(options.copies ?? DEFAULT_SHARE.copies)) send(key, body, raw);
        if (random.chance(options.poison ?? DEFAULT_SHARE.poison)) send('', correlationId, poisonFrame(random, raw));
      },
    },
  });
  while (left.frames > 0) timeline.runUntil(timeline.now() + STEP_MS);
  windows.end();
}

/** A frame cut short, or one that was never a frame; a number makes each unlike any other. */
function poisonFrame(random: Random, raw: string): string {
  const mark = random.between(0, 2 ** 31);
  return random.chance(0.5) ? raw.slice(0, -random.between(3, 60)) : `{"notAFrame":${mark}}`;
}

class Windows {
  private readonly emit: (window: readonly ScriptedFrame[]) => void;
  private readonly size: number;
  private readonly open: ScriptedFrame[][] = [];
  /** Number of the first open window. */
  private base = 0;
  private readonly last = new Map<string, { readonly change: string; readonly window: number }>();

  constructor(emit: (window: readonly ScriptedFrame[]) => void, size: number) {
    this.emit = emit;
    this.size = size;
  }

  add(key: string, change: string, frame: ScriptedFrame): void {
    const before = this.last.get(key);
    // poison belongs to no conversation and may go anywhere
    const earliest =
      before === undefined || key === '' ? this.base : before.window + (before.change === change ? 0 : 1);
    const window = Math.max(earliest, this.base);
    if (key !== '') this.last.set(key, { change, window });
    while (this.open.length <= window - this.base) this.open.push([]);
    this.open[window - this.base]?.push(frame);
    if ((this.open[0]?.length ?? 0) >= this.size) this.close();
  }

  end(): void {
    while (this.open.length > 0) this.close();
  }

  private close(): void {
    this.emit(this.open.shift() ?? []);
    this.base += 1;
  }
}
