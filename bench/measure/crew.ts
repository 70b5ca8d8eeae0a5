// Worker processes of one round: started, asked, held still, let go, ended. Invariant: a crew outlives no round, and no
// bench: a worker whose parent is gone ends itself.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WORKER_NODE_ARGUMENTS } from '../../src/runtime/heap.ts';

export interface WorkerOrder {
  readonly subject: string;
  readonly workload: string;
  readonly redisUrl: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Collect each event's latency. */
  readonly latencies: boolean;
}

/** What a worker says of itself; sums over a crew, but for the latencies. */
export interface WorkerReport {
  readonly applied: number;
  readonly cpuMicros: number;
  readonly commands: number;
  readonly rssBytes: number;
  /** Append to commit, in ms, of every event since the last report; only where the subject measures it. */
  readonly latencies: readonly number[];
}

export class Crew {
  readonly members: ChildProcess[] = [];
  private readonly order: WorkerOrder;

  constructor(order: WorkerOrder) {
    this.order = order;
  }

  async addAll(count: number, execArgv: readonly string[] = []): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.add(execArgv)));
  }

  async add(execArgv: readonly string[] = []): Promise<ChildProcess> {
    const program = fileURLToPath(new URL('../processes/speed-process.js', import.meta.url));
    const child = fork(program, [JSON.stringify(this.order)], {
      execArgv: [...WORKER_NODE_ARGUMENTS, ...execArgv],
      serialization: 'advanced',
    });
    await answerOf(child, 'ready');
    this.members.push(child);
    return child;
  }

  async report(): Promise<WorkerReport> {
    const reports = await Promise.all(this.members.map((child) => reportOf(child)));
    const sum = (of: (report: WorkerReport) => number): number => reports.reduce((total, one) => total + of(one), 0);
    return {
      applied: sum((one) => one.applied),
      cpuMicros: sum((one) => one.cpuMicros),
      commands: sum((one) => one.commands),
      rssBytes: sum((one) => one.rssBytes),
      latencies: reports.flatMap((one) => one.latencies),
    };
  }

  /** Nothing of it runs until `resume`. */
  hold(): void {
    for (const child of this.members) child.kill('SIGSTOP');
  }

  resume(): void {
    for (const child of this.members) child.kill('SIGCONT');
  }

  async kill(child: ChildProcess): Promise<void> {
    this.members.splice(this.members.indexOf(child), 1);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async stop(): Promise<void> {
    this.resume();
    await Promise.all(this.members.splice(0).map(leave));
  }
}

/** At once: how well a subject stops is not what is measured. */
async function leave(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}

async function reportOf(child: ChildProcess): Promise<WorkerReport> {
  child.send({ type: 'report' });
  return (await answerOf(child, 'report')) as WorkerReport;
}

function answerOf(child: ChildProcess, type: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null): void => reject(new Error(`a worker process ended with ${code}`));
    const hear = (message: { type?: string; body?: unknown }): void => {
      if (message.type !== type) return;
      child.off('message', hear);
      child.off('exit', gone);
      resolve(message.body);
    };
    child.on('message', hear);
    child.once('exit', gone);
  });
}
