// `throughline privacy evaluate`: the detectors against labelled messages. Invariant: every label has its message and every
// message its labels, or nothing is measured.
import { z } from 'zod';
import { detect } from '../../domain/privacy/detect.ts';
import { evaluation, type Evaluation, type LabelledSpan, type TypeScore } from '../../domain/privacy/evaluate.ts';
import type { Span } from '../../domain/privacy/pii.ts';
import { columns } from '../dead-letters/text.ts';
import { CommandFailure, EXIT_OK, EXIT_USAGE } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { writeWhole } from '../whole-file.ts';
import { profileSchema, recordsOf } from './messages.ts';
import { contextOf } from './redact-here.ts';

export interface EvaluateOptions {
  readonly input: string;
  readonly gold: string;
  readonly out?: string;
  readonly json?: boolean;
}

const messageSchema = z.object({
  id: z.string(),
  text: z.string(),
  region: z.string().nullish(),
  profile: profileSchema.nullish(),
});
const offset = z.number().int().nonnegative();
const goldSchema = z.object({
  id: z.string(),
  spans: z.array(z.object({ start: offset, end: offset, type: z.string() })),
});

interface Measured extends Evaluation {
  readonly megabytesPerSecond: number;
}

export async function evaluateHere(options: EvaluateOptions, terminal: Terminal): Promise<number> {
  const gold = new Map<string, readonly LabelledSpan[]>();
  for await (const { id, spans } of recordsOf(options.gold, goldSchema)) gold.set(id, spans);
  const scores = evaluation();
  const cost = { bytes: 0, milliseconds: 0 };
  const found = measure(options, gold, scores, cost);
  if (options.out === undefined) for await (const _ of found);
  else await writeWhole(options.out, found);
  const megabytesPerSecond = Number((cost.bytes / 1000 / Math.max(1, cost.milliseconds)).toFixed(3));
  const measured = { ...scores.result(), megabytesPerSecond };
  terminal.out(options.json === true ? `${JSON.stringify(measured, undefined, 2)}\n` : sheet(measured));
  return EXIT_OK;
}

/** Gives what was found, a line a message. */
async function* measure(
  options: EvaluateOptions,
  gold: Map<string, readonly LabelledSpan[]>,
  scores: ReturnType<typeof evaluation>,
  cost: { bytes: number; milliseconds: number },
): AsyncGenerator<Uint8Array> {
  for await (const { id, text, region, profile } of recordsOf(options.input, messageSchema)) {
    const labels = gold.get(id);
    if (labels === undefined) {
      throw new CommandFailure(`"${options.input}": message "${id}" has no labels in "${options.gold}".`, EXIT_USAGE);
    }
    gold.delete(id);
    const started = performance.now();
    const found: readonly Span[] = detect(text, contextOf(region ?? undefined, profile ?? undefined));
    cost.milliseconds += performance.now() - started;
    cost.bytes += Buffer.byteLength(text);
    scores.add({ text, profile: profile ?? undefined, gold: labels, found });
    yield Buffer.from(`${JSON.stringify({ id, spans: found })}\n`);
  }
  if (gold.size === 0) return;
  throw new CommandFailure(
    `"${options.gold}": ${gold.size} of its labels have no message in "${options.input}".`,
    EXIT_USAGE,
  );
}

export function sheet({
  messages,
  recall,
  precision,
  f1,
  destroyed,
  types,
  beyond,
  megabytesPerSecond,
}: Measured): string {
  const head = ['type', 'labelled', 'recall', 'found', 'precision', 'F1'];
  const row = (one: TypeScore): string[] => [
    one.type,
    String(one.gold),
    share(one.recall),
    String(one.found),
    share(one.precision),
    share(one.f1),
  ];
  return [
    `${messages} messages: recall ${share(recall)}, precision ${share(precision)}, F1 ${share(f1)}; ` +
      `${(destroyed * 100).toFixed(2)} % of other text destroyed; ${megabytesPerSecond} MB/s`,
    '',
    columns([head, ...types.map(row)]),
    ...(beyond.length === 0
      ? []
      : [
          '',
          'Labelled beyond what is promised:',
          columns([head.slice(0, 3), ...beyond.map((one) => row(one).slice(0, 3))]),
        ]),
    '',
  ].join('\n');
}

const share = (value: number | null): string => (value === null ? '-' : value.toFixed(4));
