// `throughline identity …`: who is who in a file of records, how sure, and why. Invariants: works on files alone, without
// a store; prints ids, fields and scores, never a person's values.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { DEFAULT_THRESHOLD } from '../domain/identity/bands.ts';
import { wholeNumber } from './dead-letters/options.ts';
import { CommandFailure, EXIT_OK, EXIT_USAGE } from './exit.ts';
import type { Common, NearMisses } from './identity/answers.ts';
import type { Terminal } from './terminal.ts';

interface Session {
  readonly group: Command;
  readonly terminal: Terminal;
  readonly end: (exitCode: number) => void;
}

const HELP = `
A record is a line of JSON with an id and any of: name (or given and surname),
email or emails, phone or phones, externalIds [{source, value}], region (two
letters, reads national numbers), dob, street, city, postcode, state.
Truth is a line of JSON with the id and its cluster; or person, linkable,
ambiguous and trap.

Examples:
  npx throughline identity evaluate records.ndjson truth.ndjson
  npx throughline identity evaluate records.ndjson truth.ndjson --json
  npx throughline identity explain ev-17 ev-42 --input records.ndjson
  npx throughline identity near-misses records.ndjson --min-score 60`;

export function identityCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  const group = program
    .command('identity')
    .summary('which records are one person, and why')
    .description('Tells which records of a file are one person, how sure that is, and why.')
    .addHelpText('after', HELP);
  const session = { group, terminal, end };
  addEvaluate(session);
  addExplain(session);
  addNearMisses(session);
}

const common = (command: Command): Command =>
  command
    .addOption(
      new Option('--threshold <score>', 'of 100: at 85, 90 is a match, from 75 on a person decides')
        .default(DEFAULT_THRESHOLD)
        .argParser(score(50, 99)),
    )
    .option('--json', 'as JSON');

const score =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,3}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };

interface EvaluateOptions extends Common {
  readonly input?: string;
  readonly truth?: string;
  readonly out?: string;
}

function addEvaluate({ group, terminal, end }: Session): void {
  common(
    group
      .command('evaluate')
      .summary('precision and recall on records whose truth is known')
      .description('Resolves a file of records and holds the profiles against the truth.')
      .argument('[input]', 'the records, NDJSON; or --input')
      .argument('[truth]', 'who each is, NDJSON; or --truth')
      .option('--input <file>', 'the records')
      .option('--truth <file>', 'who each is')
      .option('--out <file>', 'write {id, profile_id} of each record into this file'),
  ).action(async (first: string | undefined, second: string | undefined, options: EvaluateOptions) => {
    const input = given('input', first, options.input);
    const truth = given('truth', second, options.truth);
    const { evaluationOf } = await import('./identity/answers.ts');
    terminal.out(await evaluationOf({ ...options, input, truth }));
    end(EXIT_OK);
  });
}

function given(name: string, argument: string | undefined, option: string | undefined): string {
  if (argument !== undefined && option !== undefined) {
    throw new CommandFailure(
      `The ${name} file is given twice, as an argument and by --${name}: leave one out.`,
      EXIT_USAGE,
    );
  }
  const path = argument ?? option;
  if (path === undefined) throw new CommandFailure(`Name the ${name} file: --${name} <file>.`, EXIT_USAGE);
  return path;
}

function addExplain({ group, terminal, end }: Session): void {
  common(
    group
      .command('explain')
      .summary('why two records are one person, or are not')
      .description('Tells field by field why two records of a file are one profile, or are not.')
      .argument('<one>', 'the id of a record')
      .argument('<other>', 'the id of another')
      .requiredOption('--input <file>', 'the records, all of them: how rare a name is, is told by the others'),
  ).action(async (one: string, other: string, options: Common & { readonly input: string }) => {
    const { explanationOf } = await import('./identity/answers.ts');
    terminal.out(await explanationOf(one, other, options));
    end(EXIT_OK);
  });
}

function addNearMisses({ group, terminal, end }: Session): void {
  common(
    group
      .command('near-misses')
      .summary('profiles that nearly became one')
      .description(
        'Lists the pairs of profiles that were held apart, the surest first: what another threshold would join.',
      )
      .argument('<input>', 'the records, NDJSON')
      .option('--vetoed', 'also those that no threshold would join, and what holds them apart')
      .addOption(new Option('--min-score <score>', 'not below this').default(50).argParser(score(0, 100)))
      .addOption(new Option('--limit <n>', 'at most so many').default(50).argParser(wholeNumber(1, 100_000))),
  ).action(async (input: string, options: NearMisses) => {
    const { nearMissesOf } = await import('./identity/answers.ts');
    terminal.out(await nearMissesOf(input, options));
    end(EXIT_OK);
  });
}
