// Carries out the plan of faults on a run's processes and its Redis, and keeps the log of what it did.
// Invariant: every killed worker is replaced, and when it is done nobody is paused and Redis answers.
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../src/emulator/random.ts';
import type { Crew, Member } from './crew.ts';
import type { Feeding } from './feeding.ts';
import type { Fault, PlannedFault } from './plan.ts';
import { testMemory } from './memory-test.ts';
import type { PrivateRedis } from './private-redis.ts';

export interface Happened {
  readonly kind:
    | 'kill-worker'
    | 'kill-feeder'
    | 'pause'
    | 'redis-restart'
    | 'worker-added'
    | 'worker-removed'
    | 'died-alone';
  /** `performance.now()` of its beginning, and of its end where it lasts. */
  readonly at: number;
  readonly until?: number;
  readonly step?: string;
  /** Of a Redis restart: writes it had acknowledged and did not know any more. */
  readonly forgotten?: number;
}

export interface DirectorNeeds {
  readonly crew: Crew;
  readonly server: PrivateRedis;
  readonly feeding: Feeding;
  readonly windows: number;
  readonly random: Random;
}

/** A step that is not reached in this time is killed where it is. */
const STEP_PATIENCE_MS = 4000;
const REPLACED_WITHIN_MS = 500;

export class Director {
  readonly happened: Happened[] = [];
  private readonly needs: DirectorNeeds;
  private readonly workers = new Set<Member>();
  /** Those that something is being done to. */
  private readonly busy = new Set<Member>();
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(needs: DirectorNeeds) {
    this.needs = needs;
  }

  async startWorkers(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.startWorker().ready));
  }

  async perform(plan: readonly PlannedFault[]): Promise<void> {
    const { feeding, windows } = this.needs;
    for (const { at, fault } of plan) {
      while (feeding.taken < at * windows) await pause(10);
      await this.begin(fault);
    }
    await feeding.fed;
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  private startWorker(): Member {
    const member = this.needs.crew.start('role-process', 'worker');
    this.workers.add(member);
    void member.ended.then(() => {
      this.workers.delete(member);
      if (this.needs.crew.isOver() || this.busy.has(member)) return;
      this.happened.push({ kind: 'died-alone', at: performance.now() });
      this.startWorker();
    });
    return member;
  }

  private async begin(fault: Fault): Promise<void> {
    if (fault.kind === 'restart-redis') await this.restartRedis(fault.ms);
    else if (fault.kind === 'add-worker') {
      this.startWorker();
      this.happened.push({ kind: 'worker-added', at: performance.now() });
    } else if (fault.kind === 'kill-feeder' || fault.kind === 'kill-feeder-at') this.track(this.killFeeder(fault));
    else {
      const victim = await this.pickWorker();
      this.busy.add(victim);
      if (fault.kind === 'pause-worker') this.track(this.pauseWorker(victim, fault.ms));
      else if (fault.kind === 'remove-worker') this.track(this.removeWorker(victim));
      else this.track(this.killWorker(victim, fault));
    }
  }

  private track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }

  /** Waits for one that nothing is being done to, and that has begun to work. */
  private async pickWorker(): Promise<Member> {
    for (;;) {
      const free = [...this.workers].filter((member) => !this.busy.has(member));
      const [first] = free;
      if (first !== undefined) {
        const victim = this.needs.random.pick(free);
        if (await Promise.race([victim.ready, pause(2000, true)])) return victim;
      }
      await pause(20);
    }
  }

  private async killWorker(victim: Member, fault: Fault): Promise<void> {
    const step = await this.kill(victim, fault);
    this.happened.push({ kind: 'kill-worker', at: performance.now(), ...(step === undefined ? {} : { step }) });
    await pause(this.needs.random.between(0, REPLACED_WITHIN_MS));
    await this.startWorker().ready;
  }

  private async killFeeder(fault: Fault): Promise<void> {
    const victim = this.needs.feeding.current;
    if (victim === undefined) return;
    await victim.ready;
    const step = await this.kill(victim, fault);
    this.happened.push({ kind: 'kill-feeder', at: performance.now(), ...(step === undefined ? {} : { step }) });
  }

  /** The step it died at, if it got there. */
  private async kill(victim: Member, fault: Fault): Promise<string | undefined> {
    let reached: string | undefined;
    if (fault.kind === 'kill-worker-at' || fault.kind === 'kill-feeder-at') {
      victim.dieAt(fault.step, fault.nth);
      const ended = await Promise.race([victim.ended.then(() => true), pause(STEP_PATIENCE_MS, false)]);
      if (ended) reached = fault.step;
    }
    victim.signal('SIGKILL');
    await victim.ended;
    return reached;
  }

  private async pauseWorker(victim: Member, ms: number): Promise<void> {
    const at = performance.now();
    victim.signal('SIGSTOP');
    await pause(ms);
    victim.signal('SIGCONT');
    this.happened.push({ kind: 'pause', at, until: performance.now() });
    this.busy.delete(victim);
  }

  private async removeWorker(victim: Member): Promise<void> {
    victim.signal('SIGTERM');
    await victim.ended;
    this.happened.push({ kind: 'worker-removed', at: performance.now() });
  }

  private async restartRedis(ms: number): Promise<void> {
    const { server } = this.needs;
    const memory = await testMemory(server.url);
    const at = performance.now();
    await server.kill();
    await pause(ms);
    await server.start();
    this.happened.push({ kind: 'redis-restart', at, until: performance.now(), forgotten: await memory() });
  }
}
