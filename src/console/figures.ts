// The row of figures: each a number and the shape of its last minute.
import { make, makeSvg, byId, setAttribute, setText } from './elements.ts';
import { count, milliseconds, NOTHING, rate, type Quantity } from './format.ts';
import type { LiveState } from './live.ts';
import type { HistoryPoint } from './overview.ts';

/** One point a second. */
const TREND_POINTS = 60;
const [WIDTH, HEIGHT] = [100, 24];

interface Figure {
  readonly label: string;
  readonly title: string;
  readonly href?: string;
  /** Marks the figure when it is not zero. */
  readonly alarming?: true;
  now(state: LiveState): Quantity;
  level(point: HistoryPoint): number | null;
  /** Drawn from zero: how much. Otherwise from the lowest value: which way. */
  readonly fromZero?: true;
}

const perSecond = (value: number): Quantity => ({ value: rate(value), unit: '/s' });
const plain = (value: number): Quantity => ({ value: count(value), unit: '' });

const FIGURES: readonly Figure[] = [
  {
    label: 'Events',
    title: 'Events applied to conversations, per second',
    now: ({ overview }) => perSecond(overview.rates.eventsPerSecond),
    level: (point) => point.eventsPerSecond,
    fromZero: true,
  },
  {
    label: 'State moves',
    title: 'Legal state moves, per second',
    now: ({ overview }) => perSecond(overview.rates.movesPerSecond),
    level: (point) => point.movesPerSecond,
    fromZero: true,
  },
  {
    label: 'CRM records',
    title: 'Records the CRM has accepted, per second',
    now: ({ overview }) => perSecond(overview.rates.crmRecordsPerSecond),
    level: (point) => point.crmRecordsPerSecond,
    fromZero: true,
  },
  {
    label: 'Latency p95',
    title: 'From frame received to state committed, last minute',
    now: ({ overview }) => milliseconds(overview.latencyMs?.p95),
    level: (point) => point.p95,
    fromZero: true,
  },
  {
    label: 'In flight',
    title: 'Open conversations',
    href: '#conversations-title',
    now: ({ overview }) => plain(overview.conversations.inFlight),
    level: (point) => point.inFlight,
  },
  {
    label: 'SLA breaches',
    title: 'Breaches since the deployment began',
    href: '#sla-title',
    alarming: true,
    now: ({ overview }) => plain(overview.sla.breach),
    level: (point) => point.slaBreaches,
  },
  {
    label: 'Dead letters',
    title: 'Events and records that wait for a person',
    href: '#letters-title',
    alarming: true,
    now: ({ overview }) => plain(overview.deadLetters.waiting),
    level: (point) => point.deadLetters,
  },
];

export function setUpFigures(): (state: LiveState) => void {
  const draws = FIGURES.map((figure) => {
    const { root, draw } = createFigure(figure);
    byId('figures').append(root);
    return draw;
  });
  return (state) => {
    for (const draw of draws) draw(state);
  };
}

function createFigure(figure: Figure) {
  const value = make('span', { class: 'figure-value', text: NOTHING });
  const unit = make('span', { class: 'figure-unit' });
  const area = makeSvg('path', { class: 'trend-area' });
  const line = makeSvg('path', { class: 'trend-line' });
  const view = {
    class: 'trend',
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  };
  const label = make('span', { class: 'figure-label', text: figure.label });
  const body = [label, make('span', { class: 'figure-now' }, value, unit), makeSvg('svg', view, area, line)];
  const root =
    figure.href === undefined
      ? make('div', { class: 'figure', title: figure.title }, ...body)
      : make('a', { class: 'figure', title: figure.title, attributes: { href: figure.href } }, ...body);
  const draw = (state: LiveState): void => {
    const now = figure.now(state);
    setText(value, now.value);
    setText(unit, now.unit);
    const points = state.history.slice(-TREND_POINTS).map((point) => figure.level(point));
    const path = trendPath(points, figure.fromZero === true);
    setAttribute(line, 'd', path);
    setAttribute(area, 'd', path === '' ? '' : `${path}V${HEIGHT}H${x(0, points.length)}Z`);
    root.classList.toggle('is-alarming', figure.alarming === true && (points.at(-1) ?? 0) > 0);
  };
  return { root, draw };
}

const x = (index: number, length: number): number => WIDTH - ((length - 1 - index) * WIDTH) / (TREND_POINTS - 1);

/** A level that never moves lies at the foot. */
function trendPath(points: readonly (number | null)[], fromZero: boolean): string {
  const known = points.filter((point) => point !== null);
  if (known.length < 2) return '';
  const low = fromZero ? 0 : Math.min(...known);
  const span = Math.max(...known) - low || 1;
  const steps = points.map((point, index) =>
    point === null
      ? undefined
      : `${x(index, points.length).toFixed(1)} ${(HEIGHT - 1.5 - ((point - low) / span) * (HEIGHT - 4)).toFixed(1)}`,
  );
  return `M${steps.filter((step) => step !== undefined).join('L')}`;
}
