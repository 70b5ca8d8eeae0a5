// Reads the figures every second and notes when the first record reached the CRM in this run.
import { delay, type Clock } from '../../runtime/clock.ts';
import type { OverviewAnswer } from '../overview.ts';
import { liveText, type LiveLine } from './screen.ts';

export interface LiveOptions {
  readonly ask: () => Promise<OverviewAnswer>;
  readonly line: LiveLine;
  readonly columns: () => number;
  readonly clock: Clock;
  readonly startedAt: number;
  /** Records that the CRM had of earlier runs; unknown when nobody could tell. */
  readonly recordsBefore: number | undefined;
  readonly stopping: AbortSignal;
}

const EVERY_MS = 1000;

/** Resolves when asked to stop. */
export async function showLive(options: LiveOptions): Promise<void> {
  const { ask, line, columns, clock, startedAt, stopping } = options;
  let before = options.recordsBefore;
  let told = false;
  while (!stopping.aborted) {
    const answer = await ask();
    if (stopping.aborted) return;
    const records = recordsOf(answer);
    before ??= records;
    if (!told && records !== undefined && before !== undefined && records > before) {
      told = true;
      line.say(`First CRM record ${((clock.now() - startedAt) / 1000).toFixed(1)} s after the start.`);
    }
    line.update(describe(answer, columns()));
    await delay(clock, EVERY_MS, stopping);
  }
}

export const recordsOf = (answer: OverviewAnswer): number | undefined =>
  answer.kind === 'overview' ? answer.overview.totals.crmRecords : undefined;

function describe(answer: OverviewAnswer, columns: number): string {
  if (answer.kind === 'overview') return liveText(answer.overview, columns);
  if (answer.kind === 'absent') return 'no figures: the API does not answer';
  return `no figures: ${answer.kind === 'refused' ? 'the password is not taken' : answer.reason}`;
}
