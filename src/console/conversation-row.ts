// One conversation as a table row: who takes part in which state, what that makes of the whole, and for how long.
import { keepInStep, make, makeIcon, setAttribute, setText } from './elements.ts';
import { clockAge, NOTHING, shortId } from './format.ts';
import { mediaIcon, mediaLabel } from './media.ts';
import type { Conversation, Participant } from './overview.ts';

const GONE: ReadonlySet<string> = new Set(['left', 'failed']);

export function createRow({ conversationId, media }: Conversation): HTMLTableRowElement {
  const link = make('a', {
    text: shortId(conversationId),
    title: conversationId,
    attributes: { href: `/api/v1/conversations/${encodeURIComponent(conversationId)}` },
  });
  return make(
    'tr',
    {},
    make('td', { class: 'col-media' }, makeIcon(mediaIcon(media)), make('span', { text: mediaLabel(media) })),
    make('th', { class: 'col-id', attributes: { scope: 'row' } }, link),
    make('td', { class: 'col-queue' }),
    make('td', { class: 'col-people' }, make('ul', { class: 'people' })),
    make('td', { class: 'col-state' }, make('span', { class: 'state' })),
    make('td', { class: 'col-age' }),
  );
}

export function updateRow(row: Element, conversation: Conversation): void {
  setAttribute(row, 'data-started', String(conversation.startedAt));
  const queue = row.querySelector('.col-queue');
  if (queue !== null) {
    setText(queue, conversation.queueId === undefined ? NOTHING : shortId(conversation.queueId));
    setAttribute(queue, 'title', conversation.queueId ?? 'Not in a queue yet');
  }
  const people = row.querySelector('.people');
  if (people !== null) showPeople(people, conversation);
  const state = row.querySelector('.state');
  if (state !== null) {
    const { name, text } = stateOf(conversation);
    setText(state, text);
    setAttribute(state, 'data-state', name);
  }
}

export function tickRow(row: Element, now: number): void {
  const age = row.querySelector('.col-age');
  if (age !== null) setText(age, clockAge(now - Number(row.getAttribute('data-started'))));
}

/** Those present one by one; those who left only as a number, or a long call would be a wall of chips. */
function showPeople(list: Element, { participants }: Conversation): void {
  const everyone = Object.entries(participants).toSorted(([, a], [, b]) => a.since - b.since);
  const present = everyone.filter(([, { state }]) => !GONE.has(state));
  const left = everyone.length - present.length;
  const chips: [string, string, string][] = present.map(([id, person]) => [id, person.purpose, person.state]);
  if (left > 0) chips.push(['gone', '', `${left} left`]);
  keepInStep(
    list,
    chips,
    ([id]) => id,
    createChip,
    (chip, [, purpose, state]) => {
      const [who, doing] = chip.children;
      if (who !== undefined) setText(who, purpose);
      if (doing !== undefined) setText(doing, state);
      setAttribute(chip, 'data-state', purpose === '' ? 'left' : state);
    },
  );
}

const createChip = (): HTMLLIElement =>
  make('li', { class: 'chip' }, make('span', { class: 'chip-who' }), make('span', { class: 'chip-state' }));

/** What the agents' states make of the whole, most telling first. */
function stateOf({ participants }: Conversation): { name: string; text: string } {
  const agents = Object.values(participants).filter(({ purpose }) => purpose === 'agent' || purpose === 'user');
  const some = (state: string): boolean => agents.some((agent: Participant) => agent.state === state);
  if (some('held')) return { name: 'held', text: 'on hold' };
  if (some('active')) return { name: 'active', text: 'with agent' };
  if (some('joined') || some('pending')) return { name: 'joined', text: 'alerting' };
  if (agents.some(({ afterCallWork }) => afterCallWork === 'pending'))
    return { name: 'pending', text: 'after-call work' };
  return { name: 'pending', text: 'waiting' };
}
