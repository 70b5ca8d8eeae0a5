// Dead letters as text for a terminal. Invariant: what came from outside cannot steer the terminal: control characters
// are shown as dots.
import type { Letter } from '../../stores/dead-letters/letter.ts';

type Row = readonly string[];

export function letterTable(letters: readonly Letter[], now: number): string {
  const head: Row = ['id', 'age', 'stage', 'code', 'topic or conversation', 'size', 'tries'];
  const rows = letters.map((letter): Row => [
    letter.id,
    age(now - letter.parkedAt),
    letter.stage,
    letter.code + (letter.replayable ? '' : ' (no content)'),
    letter.conversationId ?? letter.topic ?? '',
    letter.sizeBytes === undefined ? '' : size(letter.sizeBytes),
    String(letter.attempts),
  ]);
  return columns([head, ...rows]);
}

export function letterSheet(letter: Letter): string {
  const { partition, parkedAt, receivedAt, sizeBytes, attempts, replayable } = letter;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Id', letter.id],
    ['Stage', letter.stage],
    ['Code', letter.code],
    ['Message', letter.message],
    ['Last failure', letter.lastFailure],
    ['Partition', partition === undefined ? undefined : String(partition)],
    ['Conversation', letter.conversationId],
    ['Topic', letter.topic],
    ['Received', receivedAt === undefined ? undefined : moment(receivedAt)],
    ['Set aside', moment(parkedAt)],
    ['Size', sizeBytes === undefined ? undefined : `${sizeBytes} bytes`],
    ['SHA-256', letter.sha256],
    ['Tries', String(attempts)],
    ['Replayable', replayable ? 'yes' : 'no, its content was not kept'],
  ];
  return columns(lines.flatMap(([label, value]) => (value === undefined ? [] : [[label, value]])));
}

export function columns(rows: readonly Row[]): string {
  const plain = rows.map((row) => row.map(harmless));
  const widths: number[] = [];
  for (const row of plain) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  const line = (row: Row): string => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ');
  return plain.map((row) => `  ${line(row)}`.trimEnd()).join('\n');
}

/** C0, C1, and the marks that turn the direction of writing. */
export const harmless = (text: string): string => text.replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, '·');

export const letters = (count: number): string => `${count} dead ${count === 1 ? 'letter' : 'letters'}`;

export const codes = (byCode: Readonly<Record<string, number>>): string =>
  Object.entries(byCode)
    .sort(([, one], [, other]) => other - one)
    .map(([code, count]) => `${code} ${count}`)
    .join(', ');

const moment = (at: number): string => new Date(at).toISOString();

function size(bytes: number): string {
  return bytes < 10_240 ? `${bytes} B` : `${Math.round(bytes / 1024)} KB`;
}

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
