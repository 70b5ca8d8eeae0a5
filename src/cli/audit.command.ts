// `throughline audit`: what came of each injection, as a table, or all of it as NDJSON or CSV. Invariant: a file appears
// under its name when it is complete, or not at all.
import { Option, type Command } from 'commander';
import type { z } from 'zod';
import { auditPageSchema, MOST_RECORDS } from '../api/routes/audit-schema.ts';
import { apiAccess, apiAt, downloadFrom, type ApiAccess } from './api-call.ts';
import { conversationId, instant, wholeNumber } from './dead-letters/options.ts';
import { columns } from './dead-letters/text.ts';
import { EXIT_OK } from './exit.ts';
import { readSettings } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { writeWhole } from './whole-file.ts';

interface Options {
  readonly conversation?: string;
  readonly since?: string;
  readonly until?: string;
  readonly outcome?: string;
  readonly limit: number;
  readonly format: 'table' | 'ndjson' | 'csv';
  readonly out?: string;
}

export function auditCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  program
    .command('audit')
    .summary('what came of each injection of attributes')
    .description(
      'Shows the audit of enrichment, newest first; or writes all of it that the options let through, oldest first. ' +
        'It holds hashes of what was sent, never values.',
    )
    .addOption(new Option('--conversation <id>', 'of this conversation').argParser(conversationId))
    .addOption(new Option('--since <when>', 'from then on: ISO 8601, or 30m, 2h, 3d ago').argParser(instant))
    .addOption(new Option('--until <when>', 'before then: the same forms').argParser(instant))
    .option('--outcome <outcome>', 'with this outcome')
    .addOption(new Option('--limit <n>', 'rows of the table').default(50).argParser(wholeNumber(1, MOST_RECORDS)))
    .addOption(new Option('--format <format>', 'how').choices(['table', 'ndjson', 'csv']).default('table'))
    .option('--out <file>', 'into this file; an older one of that name is replaced')
    .action(async (options: Options) => {
      const access = apiAccess(readSettings());
      const text = options.format === 'table' ? table(access, options) : lines(access, options);
      if (options.out === undefined) await print(terminal, text);
      else await writeWhole(options.out, text);
      end(EXIT_OK);
    });
}

const filterOf = ({ conversation, since, until, outcome }: Options) => ({
  conversationId: conversation,
  since,
  until,
  outcome,
});

const lines = (access: ApiAccess, options: Options): AsyncIterable<Uint8Array> => {
  const query = { ...filterOf(options), format: options.format };
  return downloadFrom(access, { method: 'GET', path: '/api/v1/audit/export', query });
};

async function* table(access: ApiAccess, options: Options): AsyncGenerator<Uint8Array> {
  const query = { ...filterOf(options), limit: options.limit };
  const page = await apiAt(access)({ method: 'GET', path: '/api/v1/audit', query }, auditPageSchema);
  yield Buffer.from(auditText(page));
}

export function auditText({ records, nextCursor }: z.output<typeof auditPageSchema>): string {
  if (records.length === 0) return 'No audit record matches.\n';
  const head = ['time', 'conversation', 'outcome', 'latency', 'error', 'payload', 'trace'];
  const rows = records.map((record) => [
    record.timestamp,
    record.conversationId,
    record.outcome,
    `${record.latencyMs} ms`,
    record.error?.code ?? '',
    record.payloadHash?.slice(0, 12) ?? '',
    record.traceId,
  ]);
  const more = nextCursor === null ? [] : ['', 'More match: --limit shows them, --format ndjson or csv all of them.'];
  return [columns([head, ...rows]), ...more, ''].join('\n');
}

async function print(terminal: Terminal, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    terminal.out(decoder.decode(chunk, { stream: true }));
    if (!(await terminal.taken())) return;
  }
}
