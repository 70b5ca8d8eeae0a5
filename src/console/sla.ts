// What was promised to customers and how it stands: messages by status, conversations by objective, deadlines.
import { byId, keepInStep, make, setAttribute, setText } from './elements.ts';
import { count, duration, plural } from './format.ts';
import type { ObjectiveRow, Overview, SlaFacts } from './overview.ts';

const NAMES: Readonly<Record<string, string>> = {
  messageDelivery: 'Delivery',
  messageRead: 'Reading',
  voiceAnswer: 'Voice answer',
  firstResponse: 'First response',
};

export function showSla({ sla }: Overview): void {
  const { armed, overdueMs } = sla.deadlines;
  const note = byId('sla-note');
  setText(
    note,
    overdueMs === null ? `${plural(armed, 'deadline')} armed` : `a deadline is ${duration(overdueMs)} late`,
  );
  setAttribute(note, 'data-alarming', String(overdueMs !== null));
  setAttribute(note, 'title', overdueMs === null ? '' : 'It should have rung: does a worker run?');
  const create = ({ objective }: ObjectiveRow): HTMLTableRowElement =>
    make(
      'tr',
      {},
      make('th', { text: NAMES[objective] ?? objective, attributes: { scope: 'row' } }),
      ...[0, 1, 2, 3].map(() => make('td', { class: 'number' })),
    );
  keepInStep(byId('sla'), sla.objectives, ({ objective }) => objective, create, showRow);
  setText(byId('sla-foot'), messagesText(sla));
}

function showRow(row: Element, { pending, atRisk, met, breach }: ObjectiveRow): void {
  const cells = row.querySelectorAll('td');
  for (const [i, value] of [pending, atRisk, met, breach].entries()) {
    const cell = cells[i];
    if (cell !== undefined) setText(cell, count(value));
  }
  cells[1]?.classList.toggle('is-pressing', atRisk > 0);
  cells[3]?.classList.toggle('is-alarming', breach > 0);
}

const messagesText = ({ compliant, breach, missingReceipt }: SlaFacts): string =>
  `Messages: ${count(compliant)} in time, ${count(breach)} in breach, ${count(missingReceipt)} without receipt`;
