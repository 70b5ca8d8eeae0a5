// Finding and making elements. Invariant: data reaches the page as text or attribute values, never as markup.

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element #${id}`);
  return found;
}

export interface Shape {
  readonly class?: string;
  readonly text?: string;
  readonly title?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  shape: Shape = {},
  ...children: readonly Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (shape.class !== undefined) element.className = shape.class;
  if (shape.text !== undefined) element.textContent = shape.text;
  if (shape.title !== undefined) element.title = shape.title;
  for (const [name, value] of Object.entries(shape.attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

export function makeSvg(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Node[]
): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const iconOf = (name: string): string => `/assets/icons.svg#${name}`;

/** One of the symbols in icons.svg. */
export const makeIcon = (name: string): SVGElement =>
  makeSvg('svg', { class: 'icon', 'aria-hidden': 'true' }, makeSvg('use', { href: iconOf(name) }));

export const useIcon = (within: Element, name: string): void =>
  within.querySelector('use')?.setAttribute('href', iconOf(name));

/** Touches the page only when something changed: a text node replaced each second would lose a selection. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Makes `parent` hold one child per item, in order, keeping the child of a key that stays: focus, selection and
 * scroll position survive an update.
 */
export function keepInStep<T>(
  parent: Element,
  items: readonly T[],
  keyOf: (item: T) => string,
  create: (item: T) => Element,
  update: (element: Element, item: T) => void,
): void {
  const existing = new Map([...parent.children].map((child) => [child.getAttribute('data-key') ?? '', child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const element = existing.get(key) ?? create(item);
    existing.delete(key);
    setAttribute(element, 'data-key', key);
    update(element, item);
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  for (const gone of existing.values()) gone.remove();
}
