// Retrying or discarding dead letters, request by request, at a rate. Invariants: the loop follows the API's cursor from
// new to old, so what fails again (and is newer) is never met twice; the sum of what was asked for is the sum reported.
import {
  changeResponseSchema,
  MOST_A_REQUEST,
  type ChangeRequest,
  type ChangeResponse,
} from '../../api/routes/dead-letters-schema.ts';
import type { Change } from '../../stores/dead-letters/change.ts';
import type { AskApi } from '../api-call.ts';
import type { FilterOptions } from './options.ts';
import { codes, letters } from './text.ts';

export interface Task {
  readonly change: Change;
  readonly filter: FilterOptions;
  /** None: those that match the filter. */
  readonly ids: readonly string[];
  readonly limit: number;
  /** Letters a second. */
  readonly rate: number;
}

export type Tally = Omit<ChangeResponse, 'next'>;

export interface Pace {
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

interface Running {
  readonly ask: AskApi;
  readonly pace: Pace;
  readonly onProgress: (tally: Tally) => void;
}

export async function countLetters(task: Task, ask: AskApi): Promise<Tally> {
  return run(task, true, { ask, pace: { now: () => 0, wait: () => Promise.resolve() }, onProgress: () => undefined });
}

export const changeLetters = (task: Task, running: Running): Promise<Tally> => run(task, false, running);

async function run(task: Task, dryRun: boolean, { ask, pace, onProgress }: Running): Promise<Tally> {
  // a request changes what the rate allows within a second, so that a replay arrives evenly
  const most = dryRun ? MOST_A_REQUEST : Math.min(MOST_A_REQUEST, task.rate);
  const tally: Tally = { matched: 0, done: 0, skipped: [], byCode: {}, dryRun };
  for (const body of requests(task, most, tally)) {
    const startedAt = pace.now();
    const answer = await ask(
      { method: 'POST', path: `/api/v1/dead-letters/${task.change}`, body: { ...body.next(), dryRun } },
      changeResponseSchema,
    );
    add(tally, answer);
    body.answered(answer);
    onProgress(tally);
    const due = dryRun ? 0 : (answer.done / task.rate) * 1000 - (pace.now() - startedAt);
    if (due > 0 && !body.isLast()) await pace.wait(due);
  }
  return tally;
}

interface Step {
  next(): ChangeRequest;
  answered(answer: ChangeResponse): void;
  isLast(): boolean;
}

/** Yields while there is something left to ask for. */
function* requests({ filter, ids, limit }: Task, most: number, tally: Tally): Generator<Step> {
  let at = 0;
  let cursor: string | null | undefined;
  const left = (): number => limit - tally.matched;
  const isLast = (): boolean => (ids.length > 0 ? at >= ids.length : cursor === null) || left() <= 0;
  const step: Step = {
    next: () => {
      const size = Math.min(most, left());
      if (ids.length === 0) return { ...filter, limit: size, ...(typeof cursor === 'string' ? { cursor } : {}) };
      const some = ids.slice(at, at + size);
      at += some.length;
      return { ...filter, ids: some, limit: some.length };
    },
    answered: (answer) => {
      cursor = answer.next;
    },
    isLast,
  };
  while (!isLast()) yield step;
}

function add(tally: Tally, answer: ChangeResponse): void {
  tally.matched += answer.matched;
  tally.done += answer.done;
  tally.skipped.push(...answer.skipped);
  for (const [code, count] of Object.entries(answer.byCode)) tally.byCode[code] = (tally.byCode[code] ?? 0) + count;
}

const DONE = { retry: 'Retried', discard: 'Discarded' } as const;
const WOULD = { retry: 'Would retry', discard: 'Would discard' } as const;
const REASONS = {
  not_replayable: 'its content was not kept, so it cannot be replayed',
  not_found: 'does not wait: replayed, discarded, or never there',
  under_way: 'is being replayed already',
} as const;
const MOST_NAMED = 10;

export function tallyText(change: Change, { done, byCode, skipped, dryRun }: Tally): string {
  const verb = dryRun ? WOULD[change] : DONE[change];
  const detail = done === 0 ? '' : ` (${codes(byCode)})`;
  const end = dryRun ? ' Nothing was done.' : '';
  const again = change === 'retry' && !dryRun && done > 0 ? `${AGAIN}\n` : '';
  return `${verb} ${letters(done)}${detail}.${end}\n${skippedText(skipped)}${again}`;
}

const AGAIN = 'What fails again is listed again.';

function skippedText(skipped: Tally['skipped']): string {
  if (skipped.length === 0) return '';
  const named = skipped.slice(0, MOST_NAMED).map(({ id, reason }) => `  ${id}: ${REASONS[reason]}`);
  const rest = skipped.length - named.length;
  return [`Skipped ${letters(skipped.length)}:`, ...named, ...(rest > 0 ? [`  and ${rest} more`] : []), ''].join('\n');
}
