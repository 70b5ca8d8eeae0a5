// The two charts: how much passes, and how long it takes.
import { byId } from './elements.ts';
import { count, inline, milliseconds, rate } from './format.ts';
import { createLineChart, type LineChart } from './line-chart.ts';
import type { LiveState } from './live.ts';

export interface Charts {
  draw(state: LiveState): void;
  recolour(): void;
}

export function setUpCharts(): Charts {
  const charts: readonly LineChart[] = [
    createLineChart({
      frame: byId('throughput'),
      legend: byId('throughput-legend'),
      series: [
        { label: 'Events', name: 'events', filled: true, value: (point) => point.eventsPerSecond },
        { label: 'State moves', name: 'moves', value: (point) => point.movesPerSecond },
        { label: 'CRM records', name: 'crm', dashed: true, value: (point) => point.crmRecordsPerSecond },
      ],
      short: (value) => count(value),
      long: rate,
    }),
    createLineChart({
      frame: byId('latency'),
      legend: byId('latency-legend'),
      series: [
        { label: 'p50', name: 'p50', dashed: true, value: (point) => point.p50 },
        { label: 'p95', name: 'p95', filled: true, value: (point) => point.p95 },
      ],
      short: (value) => (value === 0 ? '0' : inline(milliseconds(value)).replace('.0 ', ' ')),
      long: (value) => inline(milliseconds(value)),
    }),
  ];
  return {
    draw: ({ history, overview }) => {
      for (const chart of charts) chart.draw(history, overview.at);
    },
    recolour: () => {
      for (const chart of charts) chart.recolour();
    },
  };
}
