// How enrichment does: success rate, latency, cache, what came of each, and what holds it back. Invariant: its places stand
// from the first figures on, so that nothing moves when figures come.
import { byId, keepInStep, make, setAttribute, setText } from './elements.ts';
import { count, duration, inline, milliseconds, NOTHING, percent } from './format.ts';
import type { EnrichmentFacts, Overview } from './overview.ts';

interface Tile {
  readonly name: string;
  readonly title: string;
  readonly text: (facts: EnrichmentFacts) => string;
}

const share = (ratio: number | null): string => (ratio === null ? NOTHING : percent(ratio));
const time = (of: 'p50' | 'p95' | 'p99') => ({
  name: of,
  title: 'From what began an enrichment to its injection',
  text: ({ latencyMs }: EnrichmentFacts) => inline(milliseconds(latencyMs?.[of])),
});

const TILES: readonly Tile[] = [
  {
    name: 'Success',
    title: 'Of those that succeeded or failed; what had nothing to do is neither',
    text: ({ successRate }) => share(successRate),
  },
  time('p50'),
  time('p95'),
  time('p99'),
  {
    name: 'Cache hits',
    title: 'Questions of look-ups answered without asking the CRM',
    text: ({ cache }) => share(cache.hitRate),
  },
];
/** As the API counts them as failures. */
const FAILURES: ReadonlySet<string> = new Set(['failed', 'lookup_failed', 'validation_failed', 'nothing_valid']);

export function showEnrichment({ enrichment }: Overview): void {
  const trouble = troubleOf(enrichment);
  const note = byId('enrichment-note');
  const minutes = `last ${enrichment.windowSeconds / 60} min`;
  setText(note, enrichment.enabled ? (trouble ?? minutes) : 'off');
  setAttribute(note, 'data-alarming', String(enrichment.enabled && trouble !== undefined));
  keepInStep(byId('enrichment'), TILES, ({ name }) => name, makeTile, (tile, { text }) => showTile(tile, text(enrichment))); // prettier-ignore
  const outcomes = Object.entries(enrichment.outcomes).toSorted(([, a], [, b]) => b - a);
  const foot = byId('enrichment-outcomes');
  if (outcomes.length === 0) return setText(foot, enrichment.enabled ? `Nothing in the ${minutes}.` : 'Switched off: THROUGHLINE_ENRICHMENT'); // prettier-ignore
  if (foot.firstElementChild === null) foot.replaceChildren();
  keepInStep(
    foot,
    outcomes,
    ([name]) => name,
    makeOutcome,
    (item, [, n]) => showCount(item, n),
  );
}

/** What a person may have to do something about; the CRM's own word for it is in the log. */
function troubleOf({ heldBack, breakersOpen }: EnrichmentFacts): string | undefined {
  const [remote] = breakersOpen;
  if (remote !== undefined) return `${remote} fails: calls wait`;
  const [held] = heldBack;
  if (held === undefined) return undefined;
  return held.forMs === null ? `${held.queue} paused` : `${held.queue} waits ${duration(held.forMs)}`;
}

const makeTile = ({ name, title }: Tile): HTMLElement => make('div', { title }, make('dt', { text: name }), make('dd'));

function showTile(tile: Element, text: string): void {
  const value = tile.lastElementChild;
  if (value !== null) setText(value, text);
}

const makeOutcome = ([name]: readonly [string, number]): HTMLElement =>
  make('span', { class: FAILURES.has(name) ? 'is-alarming' : '' }, make('b'), document.createTextNode(` ${name.replaceAll('_', ' ')}`)); // prettier-ignore

function showCount(item: Element, n: number): void {
  const number = item.firstElementChild;
  if (number !== null) setText(number, count(n));
}
