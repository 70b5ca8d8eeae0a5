// The table of conversations in flight: asked for every two seconds while the page is looked at, oldest first unless
// asked otherwise. Invariant: at most 200 rows, and a row stays the same element as long as its conversation lasts.
import { byId, keepInStep, make, setAttribute, setText } from './elements.ts';
import { plural } from './format.ts';
import { createRow, tickRow, updateRow } from './conversation-row.ts';
import { MEDIA, mediaLabel } from './media.ts';
import { leaveIfSignedOut } from './live.ts';
import type { Conversation, ConversationList, Overview } from './overview.ts';

const EVERY_MS = 2000;
const LIMIT = 200;

type Order = 'oldest' | 'newest';

export interface Conversations {
  /** Once a second: ages go on between two answers. */
  tick(): void;
  /** What the overview knows better than the list: whether events can come at all. */
  note(overview: Overview): void;
}

interface View {
  order: Order;
  media: string;
  list: ConversationList | undefined;
  /** Server clock minus ours: ages must not depend on how well this machine's clock is set. */
  clockOffset: number;
  connected: boolean;
}

export function setUpConversations(): Conversations {
  const view: View = { order: 'oldest', media: 'all', list: undefined, clockOffset: 0, connected: true };
  setUpFilter((chosen) => {
    view.media = chosen;
    show(view);
  });
  setUpSort((chosen) => {
    view.order = chosen;
    void load(view);
  });
  repeatWhileVisible(() => load(view));
  return {
    tick: () => {
      for (const row of byId('conversations').children) tickRow(row, Date.now() + view.clockOffset);
    },
    note: (overview) => {
      view.connected = overview.stream.connected;
    },
  };
}

async function load(view: View): Promise<void> {
  const { order } = view;
  const response = await fetch(`/api/v1/conversations?limit=${LIMIT}&order=${order}`).catch(() => undefined);
  if (response?.status === 401) await leaveIfSignedOut();
  if (response?.ok !== true || order !== view.order) return;
  const list = (await response.json()) as ConversationList;
  view.list = list;
  view.clockOffset = list.at - Date.now();
  show(view);
}

function show({ list, media, order, clockOffset, connected }: View): void {
  const all = list?.conversations ?? [];
  const shown = all.filter((conversation) => media === 'all' || conversation.media === media);
  showRows(shown, Date.now() + clockOffset);
  const empty = byId('conversations-empty');
  setText(empty, list === undefined ? 'Looking for conversations' : emptyText(media, connected));
  empty.hidden = shown.length > 0;
  setText(byId('conversations-foot'), list === undefined ? '\u00a0' : footText(list, shown.length, order));
  showFilter(all, media);
}

function showRows(shown: readonly Conversation[], now: number): void {
  keepInStep(
    byId('conversations'),
    shown,
    ({ conversationId }) => conversationId,
    createRow,
    (row, conversation) => {
      updateRow(row, conversation);
      tickRow(row, now);
    },
  );
}

function emptyText(media: string, connected: boolean): string {
  if (media !== 'all') return `No ${mediaLabel(media).toLowerCase()} conversation is in flight.`;
  return connected
    ? 'No conversations yet: the first one shows here as soon as its first event arrives.'
    : 'No conversations yet: the ingest stream is disconnected, so no events arrive.';
}

function footText({ inFlight, conversations }: ConversationList, shown: number, order: Order): string {
  const all = plural(inFlight, 'conversation');
  if (conversations.length < inFlight) return `${all} in flight; the ${conversations.length} ${order} are listed`;
  return shown < conversations.length ? `${shown} of ${all} in flight` : `${all} in flight`;
}

function setUpFilter(onChoice: (media: string) => void): void {
  for (const name of ['all', ...MEDIA]) {
    const label = make('span', { text: name === 'all' ? 'All' : mediaLabel(name) });
    const tally = make('span', { class: 'filter-count' });
    const attributes = { type: 'button', 'data-media': name, 'aria-pressed': String(name === 'all') };
    const button = make('button', { attributes }, label, tally);
    button.addEventListener('click', () => onChoice(name));
    byId('media-filter').append(button);
  }
}

function showFilter(conversations: readonly Conversation[], chosen: string): void {
  for (const button of byId('media-filter').children) {
    const name = button.getAttribute('data-media');
    const found = name === 'all' ? conversations : conversations.filter(({ media }) => media === name);
    const tally = button.querySelector('.filter-count');
    if (tally !== null) setText(tally, String(found.length));
    setAttribute(button, 'aria-pressed', String(name === chosen));
  }
}

function setUpSort(onChoice: (order: Order) => void): void {
  const head = byId('age-head');
  byId('age-sort').addEventListener('click', () => {
    const oldestFirst = head.getAttribute('aria-sort') !== 'descending';
    head.setAttribute('aria-sort', oldestFirst ? 'descending' : 'ascending');
    onChoice(oldestFirst ? 'oldest' : 'newest');
  });
}

function repeatWhileVisible(task: () => Promise<void>): void {
  const again = async (): Promise<void> => {
    if (!document.hidden) await task();
    setTimeout(() => void again(), EVERY_MS);
  };
  void again();
}
