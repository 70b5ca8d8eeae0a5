// Rows as a text table: a column a key, numbers to the right and rounded to what they can mean.

export type Cell = string | number | undefined;
export type Row = Readonly<Record<string, Cell>>;

export function table(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => show(row[column])))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? '').length)));
  const isNumber = columns.map((column) => rows.every((row) => typeof row[column] !== 'string'));
  const draw = (line: readonly string[]): string =>
    line.map((cell, at) => (isNumber[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join('  ');
  return lines.map(draw).join('\n');
}

function show(cell: Cell): string {
  if (cell === undefined || (typeof cell === 'number' && !Number.isFinite(cell))) return '–';
  if (typeof cell === 'string') return cell;
  if (Number.isInteger(cell) || Math.abs(cell) >= 100) return Math.round(cell).toLocaleString('en-GB');
  return cell.toFixed(Math.abs(cell) < 1 ? 3 : 2);
}
