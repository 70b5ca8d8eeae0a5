// One attribute as a row: what is expected, what is there, and what comes of it. Invariant: a result is always a word, and
// a colour to find it by; a customer's data reaches the page as text only.
import { make } from './elements.ts';
import type { InspectedAttribute, Result } from './inspection.ts';

const RESULTS: readonly Result[] = ['OK', 'MISMATCH', 'MISSING'];

export function attributeRow(attribute: InspectedAttribute): HTMLTableRowElement {
  const { key, target, required, expected, actual, result, hint } = attribute;
  const tags = [...(target === 'custom' ? ['custom'] : []), ...(required ? ['required'] : [])];
  const name = make('th', { attributes: { scope: 'row' } }, make('span', { class: 'key', text: key }));
  for (const text of tags) name.append(' ', make('span', { class: 'tag', text }));
  const value = make('td', { class: 'col-value' }, ...valueOf(attribute));
  if (hint !== undefined) value.append(make('p', { class: 'hint', text: hint }));
  return make(
    'tr',
    {},
    name,
    make('td', {}, make('span', { class: 'result', text: result, attributes: { 'data-result': result } })),
    labelled('Expected', expected),
    labelled('Actual', actual),
    value,
  );
}

/** Where the table is narrow its head is gone, and the cell says what it is. */
const labelled = (label: string, text: string): HTMLTableCellElement =>
  make('td', { text, attributes: { 'data-label': label } });

function valueOf({ value, sent }: InspectedAttribute): Node[] {
  if (value === undefined) return [];
  const before = make('code', { text: JSON.stringify(value) });
  if (sent === undefined) return [before];
  return [before, make('span', { class: 'becomes', text: ' becomes ' }), make('code', { text: JSON.stringify(sent) })];
}

export function showTally(list: Element, attributes: readonly InspectedAttribute[]): void {
  const items = RESULTS.map((name) => [name, attributes.filter(({ result }) => result === name).length] as const);
  list.replaceChildren(
    ...items.map(([name, count]) => {
      // what there is none of alarms nobody
      const colour: Record<string, string> = count > 0 ? { 'data-result': name } : {};
      return make('li', {}, make('span', { class: 'result', text: `${count} ${name}`, attributes: colour }));
    }),
  );
}

export function showNames(place: Element, names: readonly string[]): void {
  if (names.length === 0) return place.replaceChildren(make('span', { class: 'none', text: 'none' }));
  place.replaceChildren(...names.map((text) => make('code', { text })));
}
