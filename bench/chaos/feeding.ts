// Keeps a feeder at work until the whole script is in the logs: a dead one is followed by another, which begins with the
// first window that nobody answered for. Invariant: no window is skipped, and windows go in order.
import { setTimeout as pause } from 'node:timers/promises';
import type { Crew, Member } from './crew.ts';

export interface FeedingOptions {
  readonly crew: Crew;
  readonly script: string;
  readonly windows: number;
  readonly windowsPerSecond: number;
  /** Feeders in a row at most; any number when left out. */
  readonly lives?: number;
}

/** As long as a supervisor would take to notice and start again. */
const RESTART_MS = 100;

export class Feeding {
  /** Windows answered for. */
  taken = 0;
  /** The one at work; none before the first and after the last. */
  current: Member | undefined;
  /** Resolves when all windows are answered for. */
  readonly fed: Promise<void>;
  private readonly options: FeedingOptions;

  constructor(options: FeedingOptions) {
    this.options = options;
    this.fed = this.run();
  }

  private async run(): Promise<void> {
    const { crew, lives = Number.POSITIVE_INFINITY } = this.options;
    for (let life = 0; life < lives && !this.isDone() && !crew.isOver(); life += 1) {
      await this.oneLife();
      await pause(RESTART_MS);
    }
    this.current = undefined;
  }

  private async oneLife(): Promise<void> {
    const { crew, script, windowsPerSecond } = this.options;
    const member = crew.start('feeder-process', script, String(this.taken), String(windowsPerSecond));
    this.current = member;
    member.onMessage(({ type, next }) => {
      if (type !== 'taken' || next === undefined) return;
      this.taken = next;
      if (this.isDone()) member.signal('SIGTERM');
    });
    await member.ended;
  }

  private isDone(): boolean {
    return this.taken >= this.options.windows;
  }
}
