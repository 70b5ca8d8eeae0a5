// The webhook targets: their state, how the last try went, and a switch for each. Asked for by itself, for it changes
// rarely. Invariant: what a person pressed stands until the API has answered.
import { byId, keepInStep, make, setAttribute, setText } from './elements.ts';
import { ago, count, NOTHING, plural } from './format.ts';

interface Target {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly enabled: boolean;
  readonly disabled: { readonly reason: string; readonly at: number } | null;
  readonly health: {
    readonly delivered: number;
    readonly failed: number;
    readonly failingSince: number | null;
    readonly lastAt: number | null;
    readonly lastOutcome: string | null;
  };
}

const PATH = '/api/v1/webhooks';
const ASK_MS = 5000;
const HEADS = ['Target', 'State', 'Last try', 'Switch'] as const;

export function setUpWebhooks(): void {
  const ask = async (): Promise<void> => {
    const response = await fetch(PATH).catch(() => undefined);
    // old figures are left to stand: the banner says when the server is gone
    if (response?.ok !== true) return;
    const { endpoints } = (await response.json()) as { readonly endpoints: readonly Target[] };
    show(endpoints, Date.now(), ask);
  };
  void ask();
  setInterval(() => void ask(), ASK_MS);
}

function show(targets: readonly Target[], now: number, again: () => Promise<void>): void {
  const off = targets.filter(({ enabled }) => !enabled).length;
  const failing = targets.filter(({ enabled, health }) => enabled && health.failingSince !== null).length;
  const note = byId('webhooks-note');
  const parts = [failing > 0 ? `${count(failing)} failing` : '', off > 0 ? `${count(off)} off` : ''];
  const said = parts.filter((part) => part !== '').join(', ');
  setText(note, targets.length === 0 ? '' : said === '' ? plural(targets.length, 'target') : said);
  setAttribute(note, 'data-alarming', String(failing > 0));
  const place = byId('webhooks');
  if (targets.length === 0) {
    place.replaceChildren(make('p', { class: 'panel-foot', text: 'None. Add one: npx throughline webhooks add' }));
    return;
  }
  const body = place.querySelector('tbody') ?? makeTable(place);
  const create = ({ id }: Target): HTMLTableRowElement => makeRow(id, again);
  keepInStep(body, targets, ({ id }) => id, create, (row, target) => showRow(row, target, now)); // prettier-ignore
}

function makeTable(place: HTMLElement): HTMLTableSectionElement {
  const heads = HEADS.map((text) => {
    const content = make('span', { class: text === 'Switch' ? 'unseen' : '', text });
    return make('th', { attributes: { scope: 'col' } }, content);
  });
  const body = make('tbody');
  place.replaceChildren(make('table', { class: 'compact' }, make('thead', {}, make('tr', {}, ...heads)), body));
  return body;
}

function makeRow(id: string, again: () => Promise<void>): HTMLTableRowElement {
  const button = make('button', { class: 'small', attributes: { type: 'button' } });
  const row = make(
    'tr',
    {},
    make('th', { class: 'target', attributes: { scope: 'row' } }),
    make('td'),
    make('td'),
    make('td', { class: 'number' }, button),
  );
  button.addEventListener('click', () => {
    if (isBusy(button)) return;
    const enabled = button.getAttribute('data-does') === 'enable';
    void turn(id, enabled, button, again);
  });
  return row;
}

function showRow(row: Element, target: Target, now: number): void {
  const { name, enabled, health } = target;
  const [head, state, last, action] = row.children;
  const [stateText, isBad] = stateOf(target);
  if (head !== undefined) setText(head, name);
  if (state !== undefined) {
    setText(state, stateText);
    setAttribute(state, 'class', isBad ? 'is-alarming' : '');
  }
  const lastText = health.lastAt === null ? NOTHING : `${health.lastOutcome ?? ''}, ${ago(now - health.lastAt)}`;
  if (last !== undefined) setText(last, lastText);
  const button = action?.querySelector('button');
  if (button instanceof HTMLButtonElement && !isBusy(button)) label(button, enabled ? 'disable' : 'enable', name);
  setAttribute(row, 'title', titleOf(target, now));
}

const isBusy = (button: HTMLButtonElement): boolean => button.hasAttribute('aria-disabled');

function label(button: HTMLButtonElement, does: 'enable' | 'disable', name: string): void {
  const text = does === 'enable' ? 'Enable' : 'Disable';
  setText(button, text);
  setAttribute(button, 'aria-label', `${text} ${name}`);
  setAttribute(button, 'data-does', does);
}

const OFF: Readonly<Record<string, string>> = { by_hand: 'off', failing: 'off: failed too long', gone: 'off: gone' };

function titleOf({ id, url, events, health }: Target, now: number): string {
  const { delivered, failingSince } = health;
  const failing = failingSince === null ? '' : `, failing since ${ago(now - failingSince)}`;
  return `${id}: ${url}, told of ${events.join(', ')}; ${count(delivered)} taken${failing}`;
}

function stateOf({ disabled, health }: Target): readonly [text: string, isBad: boolean] {
  if (disabled !== null) return [OFF[disabled.reason] ?? 'off', disabled.reason !== 'by_hand'];
  if (health.failingSince === null) return ['on', false];
  return ['failing', true];
}

async function turn(
  id: string,
  enabled: boolean,
  button: HTMLButtonElement,
  again: () => Promise<void>,
): Promise<void> {
  // not `disabled`: that would take the focus of who pressed it
  button.setAttribute('aria-disabled', 'true');
  const request = {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ enabled }),
  };
  const response = await fetch(`${PATH}/${encodeURIComponent(id)}`, request).catch(() => undefined);
  button.removeAttribute('aria-disabled');
  if (response?.ok === true) await again();
  else setText(button, 'Try again');
}
