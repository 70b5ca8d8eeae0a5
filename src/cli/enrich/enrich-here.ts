// A run of `throughline enrich` from the command line: the list, where it stands, and what a person is told of it.
import { readFileSync } from 'node:fs';
import { systemClock } from '../../runtime/clock.ts';
import { apiAccess, apiAt } from '../api-call.ts';
import { columns } from '../dead-letters/text.ts';
import { CommandFailure, EXIT_FAILED, EXIT_OK, EXIT_USAGE } from '../exit.ts';
import { readSettings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import { createLiveLine } from '../up/screen.ts';
import { listenForStop } from '../up/stop-signal.ts';
import { apiHost } from './api-host.ts';
import { enrichAll, summaryOf, type BulkHost, type BulkSummary } from './bulk-run.ts';
import { readConversationList } from './conversation-list.ts';
import { openRunFile, type RunFile } from './run-file.ts';

export interface EnrichOptions {
  readonly conversations: string;
  readonly concurrency: number;
  readonly timeout: number;
  readonly json?: boolean;
}

/** A list of a hundred thousand is some megabytes to write. */
const SAVE_MS = 1000;

/** Resolves with the exit code. */
export async function enrichHere(options: EnrichOptions, terminal: Terminal): Promise<number> {
  const list = readConversationList(textOf(options.conversations));
  if (!list.ok) throw new CommandFailure(list.problem, EXIT_USAGE);
  const settings = readSettings();
  const file = openRunFile(settings.dataDir, list.ids, systemClock.now());
  const before = file.done.size;
  const cutShort = await runHere(options, list.ids, file, terminal, apiAt(apiAccess(settings)));
  const summary = summaryOf(list.ids, file.done);
  terminal.out(options.json === true ? `${JSON.stringify({ ...summary, cutShort }, undefined, 2)}\n` : summaryText(summary, before)); // prettier-ignore
  if (cutShort) terminal.error('Stopped before its end: the same command goes on from here.\n');
  return !cutShort && summary.succeeded === summary.conversations ? EXIT_OK : EXIT_FAILED;
}

function textOf(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new CommandFailure(`--conversations ${path} cannot be read (${code}): name a file, or - for the input.`, EXIT_USAGE); // prettier-ignore
  }
}

/** True when it was stopped before its end. What is known by then is kept, whatever ended it. */
async function runHere(
  { concurrency, timeout: patienceMs }: EnrichOptions,
  ids: readonly string[],
  file: RunFile,
  terminal: Terminal,
  ask: ReturnType<typeof apiAt>,
): Promise<boolean> {
  const stop = listenForStop(systemClock, () => process.exit(EXIT_FAILED));
  const line = createLiveLine({ ...terminal, out: terminal.error }, () => systemClock.now());
  let savedAt = 0;
  const onProgress = (waiting: number): void => {
    if (systemClock.now() - savedAt >= SAVE_MS) {
      file.save();
      savedAt = systemClock.now();
    }
    line.update(progressText(ids.length, file.done.size, waiting, terminal.columns()));
  };
  try {
    // even where nothing has come of any yet, the next run must go by this one's name
    file.save();
    const host = apiHost(ask, file.run);
    await harvest(file, ids, host);
    await enrichAll({ ids, done: file.done, concurrency, patienceMs, host, clock: systemClock, stopping: stop.requested, onProgress }); // prettier-ignore
  } finally {
    file.save();
    line.end();
    stop.release();
  }
  const cutShort = ids.some((id) => !file.done.has(id));
  if (!cutShort) file.remove();
  return cutShort;
}

/** What came of conversations while nobody looked is not asked for again. */
async function harvest({ resumedFrom, done }: RunFile, ids: readonly string[], host: BulkHost): Promise<void> {
  if (resumedFrom === undefined) return;
  const open = new Set(ids.filter((id) => !done.has(id)));
  for (const [id, settled] of await host.settled(open, resumedFrom)) done.set(id, settled);
}

const BAR = 24;

function progressText(all: number, done: number, waiting: number, width: number): string {
  const filled = Math.floor((done / all) * BAR);
  const bar = width < 60 ? '' : `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} `;
  return `${bar}${Math.floor((done / all) * 100)} % · ${done} of ${all} conversations · ${waiting} under way`;
}

function summaryText(summary: BulkSummary, before: number): string {
  const { conversations, done, succeeded, successRate, latencyMs, outcomes } = summary;
  const rows = Object.entries(outcomes).map(([outcome, count]) => [outcome, String(count)]);
  const times =
    latencyMs === null ? 'none' : `p50 ${latencyMs.p50} ms, p95 ${latencyMs.p95} ms, p99 ${latencyMs.p99} ms`;
  const lines = [
    columns([['outcome', 'conversations'], ...rows]),
    `done      ${done} of ${conversations}${before > 0 ? `, ${before} of them in an earlier run` : ''}`,
    `success   ${succeeded} (${(successRate * 100).toFixed(1)} %)`,
    `latency   ${times}`,
  ];
  return `${lines.join('\n')}\n`;
}
