// `throughline inspect-attributes`: what enrichment would put onto a conversation, and with --send, putting it there.
// Invariants: a dry run unless told otherwise; it shows a customer's data on purpose, to the terminal and nowhere else.
import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';
import { inspectionSentSchema } from '../api/routes/inspection-schema.ts';
import { inspectionSchema, type InspectedAttribute, type Inspection } from '../domain/enrichment/inspect.ts';
import { apiAccess, apiAt } from './api-call.ts';
import { harmless } from './dead-letters/text.ts';
import { EXIT_FAILED, EXIT_OK } from './exit.ts';
import { readSettings } from './settings.ts';
import type { Terminal } from './terminal.ts';

interface Options {
  readonly flow?: string;
  readonly send?: boolean;
  readonly json?: boolean;
}

const HELP = `
Each attribute that the flow or schema declares is held against what the CRM has
of the customer:
  OK        it passes, as it is or converted (before → after)
  MISMATCH  it cannot be converted: it is left out, the rest goes
  MISSING   the CRM has nothing of it

Examples:
  npx throughline inspect-attributes 7c0e1d5a-…          look; change nothing
  npx throughline inspect-attributes 7c0e1d5a-… --send   and put it there
  npx throughline inspect-attributes 7c0e1d5a-… --flow 5f3c1c2e-…

It shows a customer's data. Ends with 1 where an attribute does not match.`;

export function inspectAttributesCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  program
    .command('inspect-attributes')
    .argument('<conversation>', 'id of a conversation that Throughline remembers', someId)
    .summary('show what enrichment would put onto a conversation')
    .description('Shows, key by key, what of the CRM’s data would go onto a conversation, and the exact JSON.')
    .option('--flow <id>', 'against this flow instead of the one that is configured', uuid)
    .option('--send', 'send it, too')
    .option('--json', 'as JSON')
    .addHelpText('after', HELP)
    .action(async (conversation: string, { flow, send = false, json = false }: Options) => {
      const ask = apiAt(apiAccess(readSettings()));
      const path = `/api/v1/conversations/${encodeURIComponent(conversation)}/attributes/inspection`;
      const query = { flowId: flow };
      const answer = send
        ? await ask({ method: 'POST', path, query }, inspectionSentSchema)
        : { inspection: await ask({ method: 'GET', path, query }, inspectionSchema), traceId: undefined };
      const { inspection, traceId } = answer;
      terminal.out(
        json ? `${exactJson(send ? answer : inspection)}\n` : sheet(inspection, traceId, terminal.columns()),
      );
      end(inspection.attributes.some(({ result }) => result === 'MISMATCH') ? EXIT_FAILED : EXIT_OK);
    });
}

export function sheet(inspection: Inspection, traceId: string | undefined, width: number): string {
  const { conversationId, schema, schemaIsStale, customer, attributes, missing, extra, send } = inspection;
  const lines = [
    `Conversation  ${harmless(conversationId)}`,
    ...wrapped('Schema        ', [`${schema}${schemaIsStale ? ', the last known' : ''}`], width),
    `Customer      ${CUSTOMER[customer]}`,
    '',
    ...table(attributes, width),
    '',
    ...wrapped('Missing: ', missing, width),
    ...wrapped('Extra, will be ignored: ', extra, width),
    '',
    ...(Object.keys(send).length === 0 ? ['Nothing is to be sent.'] : ['To be sent:', exactJson(send)]),
    '',
    traceId === undefined
      ? 'A dry run: nothing was sent. --send sends it.'
      : `Handed to the injection, trace ${harmless(traceId)}.`,
  ];
  return `${lines.join('\n')}\n`;
}

const CUSTOMER: Readonly<Record<Inspection['customer'], string>> = {
  fresh: 'as the CRM says now',
  cached: 'as the CRM said a short while ago',
  stale: 'as last known: the CRM does not answer',
  unknown: 'not known to the CRM, or nothing to find them by',
};

const HEAD = ['attribute', 'expected', 'actual', 'result', 'value'] as const;
/** What a long key or type may take of a line; the rest is the value's. */
const WIDEST = [24, 18, 8, 8] as const;
const GAP = 2;

/** A hint has a line of its own, so that the table keeps its width. */
function table(attributes: readonly InspectedAttribute[], width: number): string[] {
  const rows = attributes.map((one) => [one.key, one.expected, one.actual, one.result, valueOf(one)].map(harmless));
  const widths = WIDEST.map((most, at) => Math.min(most, Math.max(...[HEAD, ...rows].map((row) => row[at]?.length ?? 0)))); // prettier-ignore
  const line = (row: readonly string[]): string => {
    const cells = widths.map((wide, at) => cut(row[at] ?? '', wide).padEnd(wide + GAP));
    const start = `  ${cells.join('')}`;
    return `${start}${cut(row[4] ?? '', Math.max(8, width - start.length))}`.trimEnd();
  };
  const hints = attributes.map(({ hint }) =>
    hint === undefined ? [] : [`      ${cut(hint, Math.max(8, width - 6))}`],
  );
  return [line(HEAD), ...rows.flatMap((row, at) => [line(row), ...(hints[at] ?? [])])];
}

function valueOf({ value, sent }: InspectedAttribute): string {
  if (value === undefined) return '';
  return sent === undefined ? JSON.stringify(value) : `${JSON.stringify(value)} → ${JSON.stringify(sent)}`;
}

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);

function wrapped(label: string, words: readonly string[], width: number): string[] {
  if (words.length === 0) return [`${label}none`];
  const lines = [label];
  for (const [at, word] of words.entries()) {
    const piece = harmless(word) + (at < words.length - 1 ? ', ' : '');
    const last = lines.at(-1) ?? '';
    if (last.length + piece.trimEnd().length > width && last.trim() !== label.trim()) lines.push(`  ${piece}`);
    else lines[lines.length - 1] = last + piece;
  }
  return lines.map((line) => line.trimEnd());
}

/** The same JSON, with what could steer a terminal in its escaped spelling. */
const exactJson = (value: unknown): string =>
  JSON.stringify(value, undefined, 2).replaceAll(
    /[\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function someId(text: string): string {
  if (text.length > 0 && text.length <= 64) return text;
  throw new InvalidArgumentError('It has 1 to 64 characters.');
}

function uuid(text: string): string {
  if (z.uuid().safeParse(text).success) return text;
  throw new InvalidArgumentError('It is a UUID, such as 5f3c1c2e-0000-4000-8000-1d2c3b4a5968.');
}
