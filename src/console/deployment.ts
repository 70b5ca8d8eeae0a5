// The panels beside and below the conversations: dead letters, promises, enrichment, gaps, partitions, queues and processes.
import { byId, keepInStep, make, setAttribute, setText } from './elements.ts';
import { showEnrichment } from './enrichment.ts';
import { showGaps } from './gaps.ts';
import { ago, count, duration, plural } from './format.ts';
import type { Overview, ProcessRow, QueueRow } from './overview.ts';
import { showPartitions } from './partitions.ts';
import { showSla } from './sla.ts';

export function showDeployment(overview: Overview): void {
  showPartitions(overview.partitions);
  showGaps(overview);
  showQueues(overview.queues);
  showSla(overview);
  showEnrichment(overview);
  showDeadLetters(overview);
  showProcesses(overview);
}

function showQueues(queues: readonly QueueRow[]): void {
  const create = ({ name }: QueueRow): HTMLTableRowElement => {
    const link = make('a', { text: name, attributes: { href: `/queues/queue/${encodeURIComponent(name)}` } });
    const paused = make('span', { class: 'tag' });
    const cells = [0, 1, 2, 3].map(() => make('td', { class: 'number' }));
    return make('tr', {}, make('th', { attributes: { scope: 'row' } }, link, paused), ...cells);
  };
  keepInStep(
    byId('queues'),
    queues,
    ({ name }) => name,
    create,
    (row, queue) => {
      showNumbers(row, [queue.waiting, queue.active, queue.delayed, queue.failed].map(count));
      row.lastElementChild?.classList.toggle('is-alarming', queue.failed > 0);
      const tag = row.querySelector('.tag');
      if (tag !== null) setText(tag, queue.paused ? 'paused' : '');
    },
  );
}

function showNumbers(row: Element, texts: readonly string[]): void {
  const cells = row.querySelectorAll('td.number');
  for (const [i, text] of texts.entries()) {
    const cell = cells[i];
    if (cell !== undefined) setText(cell, text);
  }
}

/** More codes than this do not tell more; Bull Board has them all. */
const MOST_CODES = 4;

function showDeadLetters({ deadLetters }: Overview): void {
  const note = byId('letters-note');
  setText(note, `${count(deadLetters.waiting)} waiting`);
  setAttribute(note, 'data-alarming', String(deadLetters.waiting > 0));
  const codes = Object.entries(deadLetters.byCode).toSorted(([, a], [, b]) => b - a);
  const named = codes.slice(0, MOST_CODES).map(([code, n]) => `${code} ${count(n)}`);
  if (codes.length > MOST_CODES) named.push(plural(codes.length - MOST_CODES, 'more code'));
  const looked = codes.reduce((sum, [, n]) => sum + n, 0);
  const which = looked < deadLetters.waiting ? `Newest ${count(looked)} by code` : 'By code';
  setText(byId('letters-foot'), named.length === 0 ? 'Nothing was set aside.' : `${which}: ${named.join(', ')}`);
}

function showProcesses({ processes, at, version }: Overview): void {
  setText(byId('version'), `version ${version}`);
  const create = ({ role, host, pid, id }: ProcessRow): HTMLTableRowElement =>
    make(
      'tr',
      { title: id },
      make('th', { text: role, attributes: { scope: 'row' } }),
      make('td', { class: 'host', text: `${host} · ${pid}` }),
      make('td', { class: 'number' }),
      make('td', { class: 'number' }),
    );
  keepInStep(
    byId('processes'),
    processes,
    ({ id }) => id,
    create,
    (row, { startedAt, ageMs }) => {
      showNumbers(row, [duration(at - startedAt), ago(ageMs)]);
      setAttribute(row, 'data-silent', String(ageMs > 15_000));
    },
  );
}
