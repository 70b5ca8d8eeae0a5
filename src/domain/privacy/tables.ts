// Records that people paste: a line of field names with the values below it, or quoted values beside their names (JSON,
// XML). Invariant: of a table at least two columns are named as personal fields, and a row has as many cells as names.
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

/** `"dob": "1980-05-04"`, `dob="1980-05-04"`; names of people are for names.ts, which asks that they look like one. */
const QUOTED = /(?<![\p{L}\d])([\p{L}][\p{L}_ -]{1,30})(?:["']\s{0,3}[:=]|=)\s{0,3}(["'])(?=([^"'\n]{1,200})\2)/dgu;

export function findQuotedFields(text: string): Span[] {
  return [...text.matchAll(QUOTED)].flatMap(({ 1: name = '', 3: value = '', indices }) => {
    const type = fieldType(name);
    const at = indices?.[3];
    if (type === undefined || type === 'NAME' || at === undefined || !/[\p{L}\p{N}]{2}/u.test(value)) return [];
    return [{ start: at[0], end: at[1], type }];
  });
}

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
