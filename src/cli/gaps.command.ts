// `throughline gaps …`: when the live stream was not heard, what repaired it, and another try for what was given up.
import { Option, type Command } from 'commander';
import { gapListSchema, gapRepairSchema, MOST_GAPS, type GapList } from '../api/routes/gaps-schema.ts';
import { apiAccess, apiAt } from './api-call.ts';
import { wholeNumber } from './dead-letters/options.ts';
import { columns, harmless } from './dead-letters/text.ts';
import { EXIT_FAILED, EXIT_OK } from './exit.ts';
import { readSettings } from './settings.ts';
import type { Terminal } from './terminal.ts';

type Gap = GapList['gaps'][number];

interface ListOptions {
  readonly limit: number;
  readonly json?: boolean;
}

export function gapsCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  const group = program
    .command('gaps')
    .summary('show when the live stream was not heard, and what repaired it')
    .description('Shows each interval without a live socket, and what repaired it. Ends with 1 while any is lost.')
    .addOption(new Option('--limit <n>', 'how many, newest first').default(20).argParser(wholeNumber(1, MOST_GAPS)))
    .option('--json', 'as JSON')
    .action(async ({ limit, json = false }: ListOptions) => {
      const ask = apiAt(apiAccess(readSettings()));
      const list = await ask({ method: 'GET', path: '/api/v1/gaps', query: { limit } }, gapListSchema);
      terminal.out(json ? `${JSON.stringify(list, undefined, 2)}\n` : gapText(list));
      end((list.summary.byState.lost ?? 0) > 0 ? EXIT_FAILED : EXIT_OK);
    });
  group
    .command('repair')
    .argument('<id>', 'from the list')
    .summary('try a lost one again')
    .description('Tries a gap again that was given up; does nothing to one that is not lost.')
    .action(async (id: string) => {
      const ask = apiAt(apiAccess(readSettings()));
      const path = `/api/v1/gaps/${encodeURIComponent(id)}/repair`;
      const { state } = await ask({ method: 'POST', path }, gapRepairSchema);
      terminal.out(`Gap ${harmless(id)} is ${state}.\n`);
      end(EXIT_OK);
    });
}

export function gapText({ summary, gaps }: GapList): string {
  if (gaps.length === 0) return 'There was no gap: nothing was ever started here, or the ledger is empty.\n';
  const head = ['id', 'from', 'for', 'cause', 'state', 'known', 'read', 'changed', 'by'];
  const { byState, known, reconciled, completeness } = summary;
  const states = Object.entries(byState).map(([state, count]) => `${count} ${state}`);
  const soFar = (byState.open ?? 0) + (byState.repairing ?? 0) > 0 ? ' so far' : '';
  const total = `Complete to ${percent(completeness)}${soFar}: ${reconciled} of ${known} conversations reconciled. Gaps: ${states.join(', ')}.`;
  const errors = gaps.flatMap(({ id, state, lastError }) =>
    state === 'repaired' || lastError === null ? [] : [`  ${id}: ${harmless(lastError)}`],
  );
  return [columns([head, ...gaps.map(rowOf)]), '', ...errors, total, ''].join('\n');
}

const rowOf = ({ id, from, to, cause, state, known, reconciled, changed, coveredBy }: Gap): readonly string[] => [
  id,
  new Date(from).toISOString(),
  to === null ? 'goes on' : seconds(to - from),
  cause,
  state,
  String(known),
  String(reconciled),
  String(changed),
  coveredBy === null ? (state === 'repaired' ? 'reading again' : '') : `socket of ${coveredBy}`,
];

const seconds = (ms: number): string => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;

/** Rounded down: what is not whole is not 100 %. */
const percent = (ratio: number): string => `${(Math.floor(ratio * 10_000) / 100).toFixed(2)} %`;
