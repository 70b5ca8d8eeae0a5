// The audit as text, a line a record: NDJSON, or CSV that a spreadsheet shows as it is. Invariant: no cell can begin a formula.
import type { AuditRecord } from './audit-record.ts';

export const EXPORT_FORMATS = ['ndjson', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const COLUMNS = ['timestamp', 'conversationId', 'traceId', 'outcome', 'success', 'latencyMs', 'payloadHash', 'errorCode', 'errorMessage'] as const; // prettier-ignore

export async function* exported(
  pages: AsyncIterable<readonly AuditRecord[]>,
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`;
  const line = format === 'csv' ? csvLine : (record: AuditRecord) => `${JSON.stringify(record)}\n`;
  for await (const records of pages) yield records.map(line).join('');
}

function csvLine({ error, ...record }: AuditRecord): string {
  const cells = { ...record, errorCode: error?.code ?? '', errorMessage: error?.message ?? '' };
  return `${COLUMNS.map((column) => cell(String(cells[column] ?? ''))).join(',')}\r\n`;
}

/** A quote mark before what a spreadsheet would work out (=, +, -, @, or white space before them). */
export function cell(text: string): string {
  const harmless = /^[\s\0]*[=+\-@|%]/.test(text) || /^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
