// Tables that people paste: a line of field names, and below it the values. Invariant: at least two columns are named as
// personal fields, and a row has as many cells as the line of names; anything else is no table.
import { fieldType } from './fields.ts';
import type { PiiType, Span } from './pii.ts';

interface Cell {
  readonly start: number;
  readonly text: string;
}

const LINE = /[^\n]+/g;
const SEPARATORS = [',', ';', '\t', '|'] as const;
const FEWEST_COLUMNS = 2;
/** A line of a form; a longer one is prose. */
const LONGEST_LINE = 2000;
const RULE = /^[\s|+:=-]+$/;

export function findInTables(text: string): Span[] {
  if (!text.includes('\n')) return [];
  const spans: Span[] = [];
  let header: { readonly separator: string; readonly types: readonly (PiiType | undefined)[] } | undefined;
  for (const { index, 0: line } of text.matchAll(LINE)) {
    if (line.length > LONGEST_LINE) header = undefined;
    else if (header === undefined) header = headerOf(line);
    else if (!RULE.test(line)) {
      const cells = cellsOf(line, index, header.separator);
      const { types } = header;
      if (cells.length === types.length) spans.push(...cells.flatMap((cell, at) => spanOf(cell, types[at])));
      else header = headerOf(line);
    }
  }
  return spans;
}

function headerOf(line: string): { separator: string; types: (PiiType | undefined)[] } | undefined {
  for (const separator of SEPARATORS) {
    if (!line.includes(separator)) continue;
    const types = cellsOf(line, 0, separator).map(({ text }) => fieldType(text));
    if (types.filter((type) => type !== undefined).length >= FEWEST_COLUMNS) return { separator, types };
  }
  return undefined;
}

function spanOf({ start, text }: Cell, type: PiiType | undefined): Span[] {
  return type === undefined || !/[\p{L}\p{N}]{2}/u.test(text) ? [] : [{ start, end: start + text.length, type }];
}

/** Trimmed; quotes keep a separator in. */
function cellsOf(line: string, offset: number, separator: string): Cell[] {
  const cells: Cell[] = [];
  let [start, isQuoted] = [0, false];
  for (let at = 0; at <= line.length; at += 1) {
    const character = line.charAt(at);
    if (character === '"') isQuoted = !isQuoted;
    if (at < line.length && (character !== separator || isQuoted)) continue;
    const raw = line.slice(start, at);
    const text = raw.replaceAll(/^[\s"]+|[\s"]+$/g, '');
    cells.push({ start: offset + start + (/^[\s"]+/.exec(raw)?.[0].length ?? 0), text });
    start = at + 1;
  }
  return cells;
}
