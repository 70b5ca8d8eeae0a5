// `throughline dead-letters …`: look at what was set aside, put it back to work, or throw it away; through the API, so
// from wherever it can be reached. Invariant: nothing is changed without a yes where it is more than one.
import { setTimeout as wait } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { apiAccess, apiAt, type AskApi } from './api-call.ts';
import { changeLetters, countLetters, tallyText, type Tally, type Task } from './dead-letters/change.ts';
import { confirmed, personAtTerminal, type Person } from './dead-letters/confirm.ts';
import {
  listLetters,
  listText,
  noMatch,
  PAYLOAD_WARNING,
  readLetter,
  showText,
  unsealed,
} from './dead-letters/look.ts';
import { addFilterOptions, FASTEST, filterFrom, MOST_CHANGED, MOST_LISTED, wholeNumber, type FilterOptions } from './dead-letters/options.ts'; // prettier-ignore
import { letters } from './dead-letters/text.ts';
import type { Change } from '../stores/dead-letters/change.ts';
import { EXIT_FAILED, EXIT_OK } from './exit.ts';
import { readSettings } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { readSecrets } from './up/secrets.ts';

type End = (exitCode: number) => void;

interface ChangeOptions extends FilterOptions {
  readonly limit: number;
  readonly rate?: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

interface Session {
  readonly terminal: Terminal;
  readonly end: End;
  readonly person: Person;
}

export function deadLettersCommand(
  program: Command,
  terminal: Terminal,
  end: End,
  person: Person = personAtTerminal,
): void {
  const group = program
    .command('dead-letters')
    .summary('list, show, retry or discard what was set aside')
    .description('What could not be applied or delivered, and what becomes of it.');
  const session = { terminal, end, person };
  addList(group, session);
  addShow(group, session);
  addRetry(group, session);
  addDiscard(group, session);
}

const api = (): AskApi => apiAt(apiAccess(readSettings()));
const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

function addList(group: Command, { terminal, end }: Session): void {
  const list = group
    .command('list')
    .summary('list them, newest first')
    .description('Lists dead letters, newest first.');
  addFilterOptions(list)
    .addOption(new Option('--limit <n>', 'how many at most').default(20).argParser(wholeNumber(1, MOST_LISTED)))
    .option('--json', 'as JSON')
    .action(async (options: FilterOptions & { limit: number; json?: boolean }) => {
      const filter = filterFrom(options);
      const found = await listLetters(api(), filter, options.limit);
      terminal.out(options.json === true ? json(found) : listText(found, filter, Date.now()));
      end(EXIT_OK);
    });
}

function addShow(group: Command, { terminal, end }: Session): void {
  group
    .command('show')
    .argument('<id>', 'from the list')
    .summary('show one with all its evidence')
    .description('Shows one dead letter with all its evidence.')
    .option('--payload', 'its content too, unsealed with THROUGHLINE_PAYLOAD_KEY; may hold personal data')
    .option('--json', 'as JSON')
    .action(async (id: string, { payload: wanted = false, json: asJson = false }: Record<string, boolean>) => {
      const settings = readSettings();
      const letter = await readLetter(apiAt(apiAccess(settings)), id, wanted);
      const key = settings.config.payloadKey ?? readSecrets(settings.dataDir)?.payloadKey;
      const payload = wanted ? unsealed(letter, key) : undefined;
      if (wanted) terminal.error(PAYLOAD_WARNING);
      const { sealed: _, ...shown } = letter;
      terminal.out(asJson ? json({ ...shown, payload }) : showText(letter, payload, terminal));
      end(EXIT_OK);
    });
}

function addRetry(group: Command, session: Session): void {
  const retry = group
    .command('retry')
    .argument('[id...]', 'these only')
    .summary('put them back to work')
    .description('Replays dead letters through their partition or buffer. Doing it twice is harmless.');
  addChangeOptions(retry)
    .addOption(new Option('--rate <n>', 'letters a second').default(50).argParser(wholeNumber(1, FASTEST)))
    .action((ids: string[], options: ChangeOptions) => change('retry', ids, options, session));
}

function addDiscard(group: Command, session: Session): void {
  const discard = group
    .command('discard')
    .argument('[id...]', 'these only')
    .summary('remove them for good')
    .description('Removes dead letters for good; the log of the API names each.');
  addChangeOptions(discard).action((ids: string[], options: ChangeOptions) => change('discard', ids, options, session));
}

const addChangeOptions = (command: Command): Command =>
  addFilterOptions(command)
    .addOption(
      new Option('--limit <n>', 'how many at most, newest first')
        .default(MOST_CHANGED, 'all')
        .argParser(wholeNumber(1, MOST_CHANGED)),
    )
    .option('--dry-run', 'say what would be done, do nothing')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'as JSON');

async function change(kind: Change, ids: string[], options: ChangeOptions, session: Session): Promise<void> {
  const { terminal, end, person } = session;
  const { limit, rate = FASTEST, dryRun = false, yes = false, json: asJson = false } = options;
  const task: Task = { change: kind, filter: filterFrom(options), ids: [...new Set(ids)], limit, rate };
  const ask = api();
  const report = async (tally: Tally): Promise<void> => {
    terminal.out(asJson ? json(tally) : await summary(task, tally, ask));
    end(task.ids.length > 0 && tally.skipped.length > 0 ? EXIT_FAILED : EXIT_OK);
  };
  const isSure = yes || task.ids.length === 1;
  const counted = dryRun || !isSure ? await countLetters(task, ask) : undefined;
  if (dryRun && counted !== undefined) return report(counted);
  if (counted !== undefined && counted.done > 1) {
    const verb = kind === 'retry' ? 'Retry' : 'Discard';
    if (!(await confirmed(`${verb} ${letters(counted.done)}`, terminal, person))) {
      terminal.out('Nothing was done.\n');
      return end(EXIT_FAILED);
    }
  }
  // what came in while the question stood was not agreed to
  const agreed = counted === undefined ? task : { ...task, limit: Math.max(1, counted.matched) };
  const onProgress = progressLine(terminal, asJson, counted?.matched);
  const tally = await changeLetters(agreed, { ask, onProgress, pace: { now: Date.now, wait } });
  if (terminal.isTty && !asJson) terminal.error(START_OF_LINE);
  return report(tally);
}

async function summary(task: Task, tally: Tally, ask: AskApi): Promise<string> {
  if (tally.matched > 0) return tallyText(task.change, tally);
  const { byCode, waiting } = await listLetters(ask, {}, 1);
  return `${waiting === 0 ? 'There are no dead letters.' : noMatch(task.filter, byCode)}\n`;
}

const START_OF_LINE = '\r\u001B[K';

/** Redrawn in place; a file gets the summary only. */
function progressLine(terminal: Terminal, silent: boolean, total: number | undefined): (tally: Tally) => void {
  if (!terminal.isTty || silent) return () => undefined;
  const of = total === undefined ? '' : ` of ${total}`;
  return ({ matched, skipped }) =>
    terminal.error(`${START_OF_LINE}${matched}${of} looked at, ${skipped.length} skipped`);
}
