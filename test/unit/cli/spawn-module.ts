// Runs a piece of JavaScript in a real Node process that can load our TypeScript: `load('/src/…')`.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll } from 'vitest';

const PRELUDE = `
  import { createServer } from 'vite';
  const server = { middlewareMode: true, hmr: false, ws: false, watch: null };
  const vite = await createServer({ configFile: false, server, appType: 'custom', logLevel: 'error' });
  const load = (path) => vite.ssrLoadModule(path);
`;

/** A test that failed half-way leaves no process behind. */
const spawned: ChildProcess[] = [];
afterAll(() => {
  for (const child of spawned.splice(0)) child.kill('SIGKILL');
});

export interface SpawnedModule {
  readonly child: ChildProcess;
  /** Everything it has written so far. */
  output(): string;
  /** The next IPC message. */
  message(): Promise<unknown>;
  /** Resolves with the exit code, or the signal that ended it. */
  ended(): Promise<number | string>;
}

/** Detached: in a process group of its own, as a terminal gives one to what a person starts. */
export function spawnModule(body: string, env: NodeJS.ProcessEnv = {}, detached = false): SpawnedModule {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PRELUDE + body], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
    detached,
  });
  spawned.push(child);
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the child has no output');
  let text = '';
  for (const stream of [stdout, stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  // Not the child's own `close`: it never comes once the parent has disconnected
  const ended = Promise.all([once(child, 'exit'), once(stdout, 'close'), once(stderr, 'close')]);
  return {
    child,
    output: () => text,
    message: async () => {
      const [message] = (await once(child, 'message')) as [unknown];
      return message;
    },
    ended: async () => {
      const [[code, signal]] = (await ended) as [[number | null, string | null], unknown[], unknown[]];
      return code ?? signal ?? 'unknown';
    },
  };
}
