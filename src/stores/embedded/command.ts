// Runs a program of the machine to its end. Invariant: bounded in time and in what is kept of its output; a program
// that is missing, fails or hangs is an answer, not an exception.
import { execFile } from 'node:child_process';

/** The variables a program is run with; PATH among them decides which program that is. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface CommandOptions {
  readonly environment: Variables;
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** As whom, for root only. */
  readonly uid?: number;
  readonly gid?: number;
}

export interface CommandResult {
  readonly ok: boolean;
  /** The program is not on PATH. */
  readonly missing: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it failed, in its own last words. */
  readonly reason: string;
}

const MAX_OUTPUT_BYTES = 4_194_304;

export function run(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { environment, timeoutMs, ...rest } = options;
  // LC_ALL: versions and states are read from the output, which must not be translated
  const env = { ...environment, LC_ALL: 'C' };
  const settings = { ...rest, env, timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES, encoding: 'utf8' } as const;
  return new Promise((resolve) => {
    execFile(command, [...args], settings, (error, stdout, stderr) => {
      if (error === null) resolve({ ok: true, missing: false, stdout, stderr, reason: '' });
      else if (error.code === 'ENOENT') resolve(failed(`${command} is not on this machine`, { missing: true }));
      else if (error.killed === true) resolve(failed(`no answer within ${timeoutMs / 1000} s`, { stdout, stderr }));
      else
        resolve(failed(lastLine(stderr) ?? lastLine(stdout) ?? `ended with ${String(error.code)}`, { stdout, stderr }));
    }).stdin?.end();
  });
}

const failed = (reason: string, known: Partial<CommandResult>): CommandResult => ({
  ok: false,
  missing: false,
  stdout: '',
  stderr: '',
  ...known,
  reason,
});

/** Lines that start with "W:" are warnings of apt, beside the point when it fails. */
const lastLine = (text: string): string | undefined =>
  text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '' && !line.startsWith('W:'))
    ?.slice(0, 300);
