// Messages that were not done, told so that the log can be read while a remote is down: of each code one line at once, then
// one a minute that says how many there were. Invariant: what nobody foresaw is told every time; metrics count them all.
import { Failure } from './errors.ts';
import type { Settled } from './settle.ts';

const AGAIN_MS = 60_000;
/** Budgets that are used up and handed-back jobs are no trouble: they come again by themselves. */
const QUIET: ReadonlySet<Settled['outcome']> = new Set(['throttled', 'interrupted']);

export interface Trouble extends Settled {
  readonly stage: string;
  readonly jobId: string | undefined;
  readonly attempt: number;
}

/** The part of a logger that it needs. */
interface Log {
  warn(line: object, text: string): void;
  debug(line: object, text: string): void;
}

export interface Troubles {
  tell(trouble: Trouble, error: unknown): void;
}

export function troublesOf(log: Log, now: () => number = () => performance.now()): Troubles {
  // as many as a stage has codes
  const told = new Map<string, { readonly at: number; more: number }>();
  return {
    tell: (trouble, error) => {
      if (QUIET.has(trouble.outcome)) {
        log.debug({ ...trouble, err: error }, 'message not done');
        return;
      }
      const kind = `${trouble.outcome} ${trouble.code}`;
      const last = told.get(kind);
      const isForeseen = error instanceof Failure && trouble.outcome !== 'fatal';
      if (isForeseen && last !== undefined && now() - last.at < AGAIN_MS) {
        last.more += 1;
        return;
      }
      told.set(kind, { at: now(), more: 0 });
      const since = last === undefined || last.more === 0 ? {} : { untoldSince: last.more };
      log.warn({ ...trouble, ...since, err: error }, 'message not done');
    },
  };
}
