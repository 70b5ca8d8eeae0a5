// The gaps of the live stream: how complete what we know is, and the newest few.
import { byId, keepInStep, make, setAttribute, setText } from './elements.ts';
import { ago, count, duration, percent, plural } from './format.ts';
import type { GapRow, Overview } from './overview.ts';

export function showGaps({ gaps, at }: Overview): void {
  const { open, repairing, lost, repaired } = gaps;
  const unsettled = [
    open > 0 ? plural(open, 'open gap') : '',
    repairing > 0 ? `${count(repairing)} under repair` : '',
    lost > 0 ? `${count(lost)} lost` : '',
  ].filter((text) => text !== '');
  const note = byId('gaps-note');
  setText(note, unsettled.length === 0 ? `${percent(gaps.completeness)} complete` : unsettled.join(', '));
  setAttribute(note, 'data-alarming', String(lost > 0));
  const create = (): HTMLTableRowElement =>
    make(
      'tr',
      {},
      make('th', { attributes: { scope: 'row' } }),
      make('td'),
      make('td', { class: 'number' }),
      make('td', { class: 'number' }),
    );
  keepInStep(byId('gaps'), gaps.newest, ({ id }) => id, create, (row, gap) => showRow(row, gap, at)); // prettier-ignore
  const { known, reconciled } = gaps;
  setText(
    byId('gaps-foot'),
    `${plural(repaired, 'gap')} repaired; ${count(reconciled)} of ${plural(known, 'conversation')} reconciled`,
  );
}

function showRow(row: Element, gap: GapRow, now: number): void {
  const [cause, state, length, read] = row.children;
  if (cause !== undefined) setText(cause, `${gap.cause.replaceAll('_', ' ')}, ${ago(now - gap.from)}`);
  if (state !== undefined) setText(state, gap.covered ? 'covered' : gap.state);
  if (length !== undefined) setText(length, duration((gap.to ?? now) - gap.from));
  if (read !== undefined) setText(read, `${count(gap.reconciled)} / ${count(gap.known)}`);
  setAttribute(row, 'data-lost', String(gap.state === 'lost'));
  setAttribute(row, 'title', titleOf(gap));
}

function titleOf({ id, known, reconciled, changed, covered }: GapRow): string {
  if (covered) return `Gap ${id}: the socket of another ingester was live all the while`;
  return `Gap ${id}: ${reconciled} of ${known} conversations read again, ${changed} of them had news`;
}
