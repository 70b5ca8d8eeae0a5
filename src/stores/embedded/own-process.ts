// A server that we start for this run alone. Invariants: it does not outlive us where the kernel can see to that; it is
// started again, ever more slowly, when it ends before it was asked to.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, type Variables } from './command.ts';

export interface OwnProcess {
  child: ChildProcess;
  stopping: boolean;
}

/** What a server's command line begins with so that the kernel sends it `signal` when we die, however we die. */
export async function deathGuard(environment: Variables, signal: 'TERM' | 'INT'): Promise<readonly string[]> {
  const guard = ['setpriv', '--pdeathsig', signal, '--'];
  const { ok } = await run('setpriv', [...guard.slice(1), 'true'], { environment, timeoutMs: 5000 });
  return ok ? guard : [];
}

/** Starts it again, after 0.5 to 10 s, for as long as nobody asked it to stop. */
export async function keepUp(server: OwnProcess, again: () => ChildProcess, onEnd: () => void): Promise<void> {
  for (let delay = 500; ; delay = Math.min(delay * 2, 10_000)) {
    const since = Date.now();
    await ended(server.child);
    if (server.stopping) return;
    if (Date.now() - since > 60_000) delay = 500;
    onEnd();
    await sleep(delay, undefined, { ref: false });
    if (server.stopping) return;
    server.child = again();
  }
}

export async function terminate(child: ChildProcess, signal: 'SIGTERM' | 'SIGINT', timeoutMs: number): Promise<void> {
  if (hasEnded(child)) return;
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await ended(child);
  clearTimeout(timer);
}

export const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function ended(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, 'exit');
}
