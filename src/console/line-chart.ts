// A live line chart of the last three minutes, drawn by ECharts, with its legend and cross-hair in the page itself.
// Invariant: the axes stand still while the lines pass; no mark-up is made from data.
import type * as echarts from 'echarts';
import { make, setText } from './elements.ts';
import { NOTHING } from './format.ts';
import type { HistoryPoint } from './overview.ts';

declare global {
  interface Window {
    /** Loaded by its own script tag. */
    readonly echarts: typeof echarts;
  }
}

const SPAN_SECONDS = 180;
/** Points are a second apart: further away than this there was none. */
const GAP_MS = 1500;

export interface Series {
  readonly label: string;
  /** Also the class of its swatch, whose colour the line takes. */
  readonly name: string;
  readonly dashed?: true;
  readonly filled?: true;
  value(point: HistoryPoint): number | null;
}

export interface ChartShape {
  readonly frame: HTMLElement;
  readonly legend: HTMLElement;
  readonly series: readonly Series[];
  /** Axis labels. */
  readonly short: (value: number) => string;
  /** Legend values. */
  readonly long: (value: number) => string;
}

export interface LineChart {
  draw(history: readonly HistoryPoint[], now: number): void;
  /** Takes the colours of the theme anew. */
  recolour(): void;
}

interface LegendEntry {
  readonly series: Series;
  readonly swatch: HTMLElement;
  readonly value: HTMLElement;
}

export function createLineChart(shape: ChartShape): LineChart {
  const chart = window.echarts.init(shape.frame, null, { renderer: 'canvas' });
  const legend = shape.series.map((series) => createLegendEntry(shape.legend, series));
  let history: readonly HistoryPoint[] = [];
  let now = 0;
  let pointed: number | null = null;

  const showValues = (): void => {
    const point = pointed === null ? history.at(-1) : nearest(history, now - pointed * 1000);
    for (const { series, value } of legend) {
      const shown = point === undefined ? null : series.value(point);
      setText(value, shown === null ? NOTHING : shape.long(shown));
    }
  };
  const recolour = (): void => chart.setOption({ ...frameOption(shape), series: lookOf(legend) });
  recolour();
  new ResizeObserver(() => chart.resize()).observe(shape.frame);
  followPointer(chart, shape.frame, (secondsAgo) => {
    pointed = secondsAgo;
    showValues();
  });

  return {
    recolour,
    draw: (points, at) => {
      history = points;
      now = at;
      chart.setOption({ series: legend.map(({ series }) => ({ id: series.name, data: dataOf(series, points, at) })) });
      showValues();
      shape.frame.setAttribute('aria-label', describe(legend));
    },
  };
}

function createLegendEntry(list: HTMLElement, series: Series): LegendEntry {
  const swatch = make('span', { class: `swatch swatch-${series.name}` });
  const value = make('span', { class: 'legend-value', text: NOTHING });
  list.append(make('li', {}, swatch, make('span', { text: series.label }), value));
  return { series, swatch, value };
}

const describe = (legend: readonly LegendEntry[]): string =>
  `The last three minutes. Now: ${legend.map(({ series, value }) => `${series.label} ${value.textContent}`).join(', ')}`;

const dataOf = (series: Series, history: readonly HistoryPoint[], now: number): [number, number | null][] =>
  history.map((point) => [(point.at - now) / 1000, series.value(point)]);

function frameOption({ frame, short }: ChartShape): echarts.EChartsOption {
  const style = getComputedStyle(frame);
  const label = { color: style.color, fontFamily: style.fontFamily, fontSize: 11, hideOverlap: true };
  const rule = { lineStyle: { color: style.borderTopColor, width: 1 } };
  return {
    animation: false,
    grid: { left: 44, right: 14, top: 12, bottom: 24 },
    xAxis: {
      type: 'value',
      min: -SPAN_SECONDS,
      max: 0,
      interval: 60,
      axisLabel: {
        ...label,
        alignMinLabel: 'left',
        alignMaxLabel: 'right',
        formatter: (seconds: number) => (seconds === 0 ? 'now' : `${-seconds / 60} min ago`),
      },
      axisLine: { ...rule, onZero: false },
      axisTick: { show: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      splitNumber: 3,
      axisLabel: { ...label, formatter: short },
      axisLine: { show: false, onZero: false },
      axisTick: { show: false },
      splitLine: rule,
    },
  };
}

const lookOf = (legend: readonly LegendEntry[]): echarts.LineSeriesOption[] =>
  legend.map(({ series, swatch }) => {
    const colour = getComputedStyle(swatch).borderTopColor;
    return {
      id: series.name,
      type: 'line',
      showSymbol: false,
      silent: true,
      color: colour,
      lineStyle: { width: 1.75, type: series.dashed === true ? [5, 4] : 'solid', join: 'round' },
      ...(series.filled === true ? { areaStyle: { color: colour, opacity: 0.1 } } : {}),
    };
  });

/** Calls back with how many seconds ago the pointer is at, or null once it has left. */
function followPointer(chart: echarts.ECharts, frame: HTMLElement, onMove: (secondsAgo: number | null) => void): void {
  const label = make('span');
  const hair = make('div', { class: 'cross-hair' }, label);
  hair.hidden = true;
  frame.append(hair);
  frame.addEventListener('pointermove', (event) => {
    const offset = event.clientX - frame.getBoundingClientRect().left;
    const seconds = chart.convertFromPixel({ xAxisIndex: 0 }, offset);
    const inside = typeof seconds === 'number' && seconds >= -SPAN_SECONDS && seconds <= 0;
    hair.hidden = !inside;
    hair.style.transform = `translateX(${offset}px)`;
    hair.classList.toggle('is-late', offset > frame.clientWidth / 2);
    if (inside) setText(label, `${Math.round(-seconds)} s ago`);
    onMove(inside ? -seconds : null);
  });
  frame.addEventListener('pointerleave', () => {
    hair.hidden = true;
    onMove(null);
  });
}

function nearest(history: readonly HistoryPoint[], at: number): HistoryPoint | undefined {
  const distance = (point: HistoryPoint): number => Math.abs(point.at - at);
  const [closest] = history.toSorted((a, b) => distance(a) - distance(b));
  return closest !== undefined && distance(closest) < GAP_MS ? closest : undefined;
}
