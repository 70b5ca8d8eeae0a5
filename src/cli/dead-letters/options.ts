// The options that choose dead letters: judged before anything is asked of the API. Invariant: a message names the option
// and what it takes.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { INSTANT_FORMS, parseInstant } from '../../stores/dead-letters/instant.ts';
import { CommandFailure, EXIT_USAGE } from '../exit.ts';

export interface FilterOptions {
  readonly stage?: string;
  readonly code?: string;
  readonly conversation?: string;
  /** ISO 8601. */
  readonly since?: string;
  readonly until?: string;
}

export const MOST_LISTED = 1000;
export const MOST_CHANGED = 1_000_000;
export const FASTEST = 1000;

export function addFilterOptions(command: Command): Command {
  return command
    .addOption(new Option('--stage <name>', 'set aside by this stage').argParser(name))
    .addOption(new Option('--code <code>', 'set aside for this reason').argParser(name))
    .addOption(new Option('--conversation <id>', 'of this conversation').argParser(conversationId))
    .addOption(new Option('--since <when>', 'set aside at or after: ISO 8601, or 30m, 2h, 3d ago').argParser(instant))
    .addOption(new Option('--until <when>', 'set aside at or before: the same forms').argParser(instant));
}

export const wholeNumber =
  (minimum: number, maximum: number) =>
  (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };

/** Only the fields of the filter; ends the command where they contradict each other. */
export function filterFrom({ stage, code, conversation, since, until }: FilterOptions): FilterOptions {
  if (since !== undefined && until !== undefined && Date.parse(since) > Date.parse(until)) {
    throw new CommandFailure('--since is later than --until, so nothing can match: swap the two.', EXIT_USAGE);
  }
  const given = Object.entries({ stage, code, conversation, since, until }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

function name(text: string): string {
  if (/^[\w-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('It has 1 to 64 letters, digits, _ and - only.');
}

export function conversationId(text: string): string {
  if (text.length > 0 && text.length <= 128) return text;
  throw new InvalidArgumentError('It has 1 to 128 characters.');
}

/** Settled once, here: "2h ago" must not move while a long replay goes on. */
export function instant(text: string): string {
  const at = parseInstant(text, Date.now());
  if (at === undefined) throw new InvalidArgumentError(`It ${INSTANT_FORMS}.`);
  return new Date(at).toISOString();
}
