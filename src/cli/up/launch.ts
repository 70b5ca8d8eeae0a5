// Starts one role as a process of its own. Invariant: in a process group of its own, so that Ctrl-C in a terminal
// reaches `up` alone, which then stops the roles in their order.
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { WORKER_NODE_ARGUMENTS } from '../../runtime/heap.ts';
import type { RoleInstance } from './plan.ts';
import { lastWords, openLog, rotateLog, sizeOf } from './log-file.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Launched {
  /** Never rejects; stays open when the process ends before it is ready. */
  readonly ready: Promise<void>;
  readonly ended: Promise<Exit>;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Why it ended, in its own words. */
  lastWords(): string;
}

export type Launch = (instance: RoleInstance) => Launched;

export interface LaunchOptions {
  /** The program that takes `--role`. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logDir: string;
}

const readySchema = z.object({ type: z.literal('ready') });

export function launcher({ program, environment, logDir }: LaunchOptions): Launch {
  return ({ name, role }) => {
    const log = join(logDir, `${name}.log`);
    rotateLog(log);
    const before = sizeOf(log);
    const output = openLog(log);
    const heap = role === 'worker' ? WORKER_NODE_ARGUMENTS : [];
    const child = spawn(process.execPath, [...heap, '--enable-source-maps', program, '--role', role], {
      env: environment,
      detached: true,
      stdio: ['ignore', output, output, 'ipc'],
    });
    closeSync(output);
    return {
      ready: new Promise((resolve) => {
        child.on('message', (message) => {
          if (readySchema.safeParse(message).success) resolve();
        });
      }),
      ended: new Promise((resolve) => {
        child.once('exit', (code, signal) => resolve({ code, signal }));
        child.once('error', () => resolve({ code: null, signal: null }));
      }),
      signal: (signal) => void child.kill(signal),
      lastWords: () => lastWords(log, before),
    };
  };
}
