// The partitions as a strip of small cells, and a way to resume those that a poison flood has paused.
import { byId, keepInStep, make, setAttribute, setText } from './elements.ts';
import { brief, duration, plural } from './format.ts';
import type { Partition } from './overview.ts';

/** Depths at which a cell gets darker: nothing, some, a batch, a backlog. */
const STEPS = [0, 1, 50, 1000];

export function showPartitions(partitions: readonly Partition[]): void {
  const create = (): HTMLLIElement =>
    make(
      'li',
      { class: 'partition' },
      make('span', { class: 'partition-id' }),
      make('span', { class: 'partition-depth' }),
      make('span', { class: 'partition-epoch' }),
    );
  keepInStep(byId('partitions'), partitions, ({ id }) => String(id), create, showCell);
  const waiting = partitions.reduce((sum, { depth }) => sum + depth, 0);
  const awake = partitions.filter((partition) => partition.awake).length;
  setText(
    byId('partitions-note'),
    `${awake} of ${partitions.length} awake, ${plural(waiting, 'entry', 'entries')} waiting`,
  );
  showPaused(partitions.filter(({ paused }) => paused !== null));
}

function showCell(cell: Element, partition: Partition): void {
  const [id, depth, epoch] = cell.children;
  const paused = partition.paused !== null;
  if (id !== undefined) setText(id, `p${partition.id}`);
  if (depth !== undefined) setText(depth, brief(partition.depth));
  if (epoch !== undefined) setText(epoch, paused ? 'paused' : `e${partition.epoch}`);
  setAttribute(cell, 'data-level', String(STEPS.filter((step) => partition.depth >= step).length - 1));
  setAttribute(cell, 'data-awake', String(partition.awake));
  setAttribute(cell, 'data-paused', String(paused));
  setAttribute(cell, 'title', titleOf(partition));
}

function titleOf({ id, depth, outbox, oldestMs, epoch, awake, paused }: Partition): string {
  const oldest = oldestMs === null ? '' : `, oldest ${duration(oldestMs)}`;
  const state = paused === null ? (awake ? 'awake' : 'asleep') : `paused: ${paused}`;
  return `Partition ${id}: ${plural(depth, 'entry', 'entries')} waiting${oldest}, ${outbox} in the outbox, epoch ${epoch}, ${state}`;
}

function showPaused(paused: readonly Partition[]): void {
  const create = ({ id }: Partition): HTMLLIElement => {
    const button = make('button', { class: 'small', text: 'Resume', attributes: { type: 'button' } });
    button.setAttribute('aria-label', `Resume partition ${id}`);
    button.addEventListener('click', () => void resume(id, button));
    return make('li', {}, make('span'), button);
  };
  keepInStep(
    byId('paused'),
    paused,
    ({ id }) => String(id),
    create,
    (entry, { id, paused: reason }) => {
      const text = entry.firstElementChild;
      if (text !== null) setText(text, `Partition ${id} is paused: ${reason ?? ''}`);
    },
  );
}

async function resume(id: number, button: HTMLButtonElement): Promise<void> {
  button.disabled = true;
  const response = await fetch(`/api/v1/partitions/${id}/resume`, { method: 'POST' }).catch(() => undefined);
  button.disabled = false;
  if (response?.ok !== true) setText(button, 'Could not resume: try again');
}
