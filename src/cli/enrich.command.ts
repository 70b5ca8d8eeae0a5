// `throughline enrich`: what the CRM knows is put on the conversations of a list, so many at a time.
import { Option, type Command } from 'commander';
import { wholeNumber } from './dead-letters/options.ts';
import type { EnrichOptions } from './enrich/enrich-here.ts';
import type { Terminal } from './terminal.ts';

const EXAMPLES = `
Examples:
  npx throughline enrich --conversations ids.txt
  npx throughline enrich --conversations - --json < conversations.ndjson

A line is an id, or JSON with a "conversationId". It runs through the API and
the workers of a running Throughline with THROUGHLINE_ENRICHMENT=on and an SQL
store for the audit, behind the conversations that go on by themselves; those
that are over or forgotten are said to be. Ctrl-C keeps what is done: the same
list, given again, goes on from there. Exit code 0 only when every conversation
was enriched.`;

export function enrichCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  program
    .command('enrich')
    .summary('put what the CRM knows on a list of conversations')
    .description('Looks up the customers of a list of conversations and puts what the CRM knows on each.')
    .requiredOption('--conversations <file>', 'one id a line, or NDJSON; - reads the input')
    .addOption(
      new Option('--concurrency <number>', 'conversations under way at once')
        .argParser(wholeNumber(1, 500))
        .default(10),
    ) // prettier-ignore
    .addOption(
      new Option('--timeout <ms>', 'longest wait for what comes of one')
        .argParser(wholeNumber(1000, 86_400_000))
        .default(120_000),
    ) // prettier-ignore
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: EnrichOptions) => {
      const { enrichHere } = await import('./enrich/enrich-here.ts');
      end(await enrichHere(options, terminal));
    });
}
