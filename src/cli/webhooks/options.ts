// The options of a new webhook target. Invariant: a message names the option and what it takes.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { LONGEST_TIMEOUT_MS } from '../../stores/webhooks/endpoint.ts';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from '../../domain/webhooks/events.ts';
import { wholeNumber } from '../dead-letters/options.ts';

export interface AddOptions {
  readonly events: WebhookEventType[];
  readonly secret?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly disabled?: boolean;
}

export const addOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--events <kinds>', 'what it is told, joined by commas (webhooks list --events)')
        .argParser(kinds)
        .default(['conversation.attributes.enriched'], 'conversation.attributes.enriched'),
    )
    .option('--secret <secret>', 'of your own making: whsec_ and 24 to 64 bytes in base64')
    .addOption(new Option('--header <name: value>', 'sent along; may be given more than once').argParser(header))
    .addOption(
      new Option('--timeout-ms <n>', 'longest wait for its answer').argParser(wholeNumber(100, LONGEST_TIMEOUT_MS)),
    )
    .option('--disabled', 'do not call it yet');

function kinds(text: string): WebhookEventType[] {
  const known: ReadonlySet<string> = new Set(WEBHOOK_EVENT_TYPES);
  const asked = text.split(',').map((kind) => kind.trim());
  if (asked.every((kind): kind is WebhookEventType => known.has(kind))) return asked;
  throw new InvalidArgumentError(`It must be kinds of events joined by commas: ${WEBHOOK_EVENT_TYPES.join(', ')}.`);
}

function header(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return { ...before, [name]: value };
  throw new InvalidArgumentError('It must be a header as in "X-Index-Sync: true".');
}

const HOURS = { m: 1 / 60, h: 1, d: 24 } as const;

export function overlapHours(text: string): number {
  const [, amount, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  if (amount !== undefined) return Number(amount) * HOURS[unit as keyof typeof HOURS];
  throw new InvalidArgumentError('It must be a number with m, h or d, as in 30m, 24h or 7d; 0h for none.');
}
