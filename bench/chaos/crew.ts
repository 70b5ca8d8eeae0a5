// The processes of a run: started, killed, paused, told at which step to die. Invariant: none outlives the run, however
// it ends; a death that nobody ordered is reported, never hidden.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Step } from '../../src/runtime/steps.ts';
import type { DeathOrder, SelfSignal } from '../processes/death.ts';

export interface Member {
  readonly pid: number;
  /** Resolves when it has said that it works; false when it ended before. */
  readonly ready: Promise<boolean>;
  readonly ended: Promise<Ending>;
  isAlive(): boolean;
  signal(signal: NodeJS.Signals): void;
  dieAt(step: Step, nth?: number, signal?: SelfSignal): void;
  onMessage(listen: (message: { readonly type?: string; readonly next?: number }) => void): void;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface CrewOptions {
  /** Folder of compiled processes: `dist/bench/processes`. */
  readonly processes: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where what they write goes; nowhere when left out. */
  readonly logFile?: string | undefined;
}

export interface Crew {
  /** `program` without its ending: `role-process`. */
  start(program: string, ...args: readonly string[]): Member;
  /** SIGKILL for whoever is left, paused ones included; nobody is to be started afterwards. */
  killAll(): Promise<void>;
  isOver(): boolean;
}

/** Where the processes are when this very file runs compiled. */
export const ownProcesses = (): string => fileURLToPath(new URL('../processes', import.meta.url));

export function createCrew({ processes, environment, logFile }: CrewOptions): Crew {
  const alive = new Set<ChildProcess>();
  let over = false;
  const output = logFile === undefined ? 'ignore' : openSync(logFile, 'a');
  const killNow = (): void => {
    for (const child of alive) child.kill('SIGKILL');
  };
  // the last resort, for a run that ends by an error nobody caught
  process.once('exit', killNow);
  return {
    start: (program, ...args) => {
      const stdio = ['ignore', output, output, 'ipc'] as const;
      const child = fork(`${processes}/${program}.js`, args, { env: environment, stdio: [...stdio], execArgv: [] });
      alive.add(child);
      child.once('exit', () => alive.delete(child));
      return memberOf(child);
    },
    isOver: () => over,
    killAll: async () => {
      over = true;
      const ends = [...alive].map((child) => once(child, 'exit'));
      killNow();
      await Promise.all(ends);
      process.removeListener('exit', killNow);
    },
  };
}

function memberOf(child: ChildProcess): Member {
  const ended: Promise<Ending> = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const saidReady = new Promise<boolean>((resolve) => {
    child.on('message', (message: { type?: string }) => {
      if (message.type === 'ready') resolve(true);
    });
  });
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  // to a process that has just gone there is nobody to send to
  child.on('error', () => undefined);
  return {
    pid: child.pid ?? 0,
    ready: Promise.race([saidReady, ended.then(() => false)]),
    ended,
    isAlive,
    signal: (signal) => {
      if (isAlive()) child.kill(signal);
    },
    dieAt: (step, nth = 1, signal = 'SIGKILL') => {
      if (child.connected) child.send({ type: 'die', step, nth, signal } satisfies DeathOrder, () => undefined);
    },
    onMessage: (listen) => child.on('message', listen),
  };
}
