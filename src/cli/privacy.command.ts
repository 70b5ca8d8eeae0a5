// `throughline privacy`: takes personal data out of files and measures how well. Invariant: it works on files and the
// input alone: no Redis, no store, no network, no setting.
import { Option, type Command } from 'commander';
import { STYLES } from '../domain/privacy/redact.ts';
import { evaluateHere, type EvaluateOptions } from './privacy/evaluate-here.ts';
import { redactHere, type RedactOptions } from './privacy/redact-here.ts';
import { region } from './privacy/messages.ts';
import type { Terminal } from './terminal.ts';

const REDACT_HELP = `
Examples:
  npx throughline privacy redact transcript.txt --region NL
  npx throughline privacy redact - --profile customer.json < chat.txt
  npx throughline privacy redact --ndjson records.ndjson --style mask

A profile is JSON: {"name": …, "emails": […], "phones": […], "addresses": […],
"ids": […]}; each of its values goes wherever it stands. With --ndjson every
line is a record: fields go by their names, other text is searched. Names of
third persons and addresses told in passing stay: see
src/domain/privacy/README.md.`;

const EVALUATE_HELP = `
Example:
  npx throughline privacy evaluate --input messages.ndjson --gold labels.ndjson

  input  {"id", "text", "region"?, "profile"? {"name", "emails", "phones"}}
  gold   {"id", "spans": [{"start", "end", "type"}]}, offsets in UTF-16
  out    {"id", "spans"}

A labelled span counts as found only when all its letters and digits are; a
span found is right when at least half of it is labelled. Names of third
persons, addresses and labels without a detector are counted apart.`;

export function privacyCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  const privacy = program.command('privacy').summary('take personal data out of texts, and measure how well').description('Takes personal data out of texts and records, and measures how well it is found.'); // prettier-ignore
  privacy
    .command('redact')
    .argument('[file]', 'a text, or NDJSON; - reads the input', '-')
    .summary('print a text without its personal data')
    .description('Prints a text, or records, without the personal data in it.')
    .addOption(
      new Option('--region <code>', 'how phone numbers without a country code are read: NL, US …').argParser(region),
    )
    .option('--profile <file>', 'what is known of the person: JSON')
    .addOption(
      new Option('--style <style>', 'marks, stars of the same length, or nothing').choices(STYLES).default('token'),
    )
    .option('--ndjson', 'each line is a JSON record')
    .addHelpText('after', REDACT_HELP)
    .action(async (file: string, options: RedactOptions) => end(await redactHere(file, options, terminal)));
  privacy
    .command('evaluate')
    .summary('measure against labelled messages')
    .description('Finds personal data in labelled messages: recall, precision, and what else was destroyed.')
    .requiredOption('--input <file>', 'the messages: NDJSON')
    .requiredOption('--gold <file>', 'their labels: NDJSON')
    .option('--out <file>', 'write what was found there')
    .option('--json', 'print the figures as JSON')
    .addHelpText('after', EVALUATE_HELP)
    .action(async (options: EvaluateOptions) => end(await evaluateHere(options, terminal)));
}
