// The compiled product in a folder of its own, for processes that a test may break: a copy, so that neither a rebuild nor
// a patch of one test touches another. Invariant: a patch that does not find its text is an error, never a silent pass.
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Build {
  /** Where its processes are. */
  readonly processes: string;
  remove(): void;
}

export interface Patch {
  /** In dist/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const PATCHES = {
  /** An owner that lost its partition may still write. */
  withoutFencing: {
    file: 'src/partitions/scripts/commit.lua',
    from: "if (held[1] or '0-0') ~= ARGV[1] or (held[2] or '0') ~= ARGV[2] then",
    to: 'if false then',
  },
  /** A receiver that takes what it has taken before. */
  withoutSequence: {
    file: 'src/runtime/batch/scripts/accept.lua',
    from: 'if number == 0 or number > last then',
    to: 'if true then',
  },
  /** Nobody looks for forgotten partitions. */
  withoutSweep: {
    file: 'src/partitions/sweep.js',
    from: 'await waker.takeOver(partition, epoch);',
    to: '',
  },
  /** The log is trimmed by position: what was appended after the read goes too. */
  trimmedByPosition: {
    file: 'src/partitions/scripts/commit.lua',
    from: "redis.call('XTRIM', log, 'MINID', ms .. '-' .. string.format('%d', tonumber(n) + 1))",
    to: "redis.call('XTRIM', log, 'MAXLEN', 0)",
  },
  /** Timers live in the worker that was told of them. */
  withTimersInMemory: {
    file: 'src/runtime/timers.js',
    from: 'await queue.addBulk(jobs);',
    to: 'for (const job of jobs) setTimeout(() => void queue.add(job.name, job.data), job.opts.delay);',
  },
  /** A job whose worker died is given up. */
  withoutTakingUp: {
    file: 'src/runtime/stage-worker.js',
    from: 'maxStalledCount: Number.MAX_SAFE_INTEGER',
    to: 'maxStalledCount: 0',
  },
  /** A worker that is told to stop and never comes to an end. */
  withoutEnd: {
    file: 'workers/roles/worker.role.js',
    from: 'await partitions.stop();',
    to: 'await new Promise(() => undefined);',
  },
  /** What says nothing new is taken for news. */
  withoutDedupe: {
    file: 'src/domain/conversation/reduce.js',
    from: 'if (state !== undefined && isSame(state, next))',
    to: 'if (false)',
  },
  /** All drains of a process share one cache of states. */
  withSharedCache: {
    file: 'src/partitions/drain.js',
    from: 'states = new Map();',
    to: 'states = (globalThis.sharedStates ??= new Map());',
  },
} as const satisfies Record<string, Patch>;

export function compiledCopy(...patches: readonly Patch[]): Build {
  execFileSync(process.execPath, ['bin/build.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const folder = mkdtempSync(join(tmpdir(), 'tl-build-'));
  const dist = join(folder, 'dist');
  cpSync('dist', dist, { recursive: true });
  copyFileSync('package.json', join(folder, 'package.json'));
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  for (const patch of patches) apply(dist, patch);
  return {
    processes: join(dist, 'bench', 'processes'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function apply(dist: string, { file, from, to }: Patch): void {
  const path = join(dist, file);
  const parts = readFileSync(path, 'utf8').split(from);
  if (parts.length !== 2)
    throw new Error(`${file} holds the text to patch ${parts.length - 1} times, not once: ${from}`);
  writeFileSync(path, parts.join(to));
}
