// The overview as a table for a terminal of 80 columns. Invariant: nothing in it depends on the time of day.
import type { Overview } from '../api/sampling/overview-schema.ts';

type Row = readonly (string | number)[];

export function statusTable(overview: Overview): string {
  const { version, sla } = overview;
  const queues = overview.queues.map(({ name, waiting, active, delayed, failed, paused }): Row => {
    return [name, waiting, active, delayed, failed, paused ? 'paused' : ''];
  });
  const processes = overview.processes.map(({ role, pid, host, startedAt }): Row => {
    return [role, pid, host, age(overview.at - startedAt)];
  });
  const objectives = sla.objectives.map(({ objective, pending, atRisk, met, breach }): Row => {
    return [objective, pending, atRisk, met, breach];
  });
  return [
    `Throughline ${version}\n`,
    columns(figuresOf(overview)),
    '',
    columns([['promise', 'pending', 'at risk', 'met', 'breached'], ...objectives]),
    '',
    columns([['queue', 'waiting', 'active', 'delayed', 'failed', ''], ...queues]),
    '',
    columns([['process', 'pid', 'host', 'up for'], ...processes]),
    '',
  ].join('\n');
}

function figuresOf(overview: Overview): readonly Row[] {
  const { stream, totals, rates, conversations, latencyMs, sla, deadLetters, crm } = overview;
  return [
    ['Stream', stream.native ? streamText(stream) : 'switched off: THROUGHLINE_GENESYS_STREAM'],
    ...(stream.ingesters.length > 1 ? stream.ingesters.map((one): Row => ['', `${one.id}: ${streamText(one)}`]) : []),
    ...(stream.trouble === null ? [] : [['', stream.trouble] satisfies Row]),
    ['Gaps', gapsText(overview.gaps)],
    ['Events', `${totals.eventsApplied} applied, ${round(rates.eventsPerSecond)}/s`],
    ['State moves', `${totals.moves}, ${round(rates.movesPerSecond)}/s`],
    ['In flight', `${conversations.inFlight}${mediaText(conversations.byMedia)}`],
    [
      'CRM',
      `${crm.delivered} delivered, ${crm.waiting} waiting, ${many(crm.inFlightBatches, 'batch', 'batches')} under way`,
    ],
    ['Latency', latencyMs === null ? 'nothing came in the last minute' : latencyText(latencyMs)],
    ['SLA', `${sla.compliant} kept, ${sla.breach} breached, ${sla.missingReceipt} without receipt`],
    ['Deadlines', deadlinesText(sla.deadlines)],
    ...enrichmentRows(overview.enrichment),
    ['Dead letters', deadLetters.waiting],
    ['Partitions', partitionsText(overview.partitions)],
  ];
}

/** Each column as wide as its widest cell. */
function columns(rows: readonly Row[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, String(cell).length);
  }
  const line = (row: Row): string => row.map((cell, index) => String(cell).padEnd(widths[index] ?? 0)).join('  ');
  return rows.map((row) => `  ${line(row)}`.trimEnd()).join('\n');
}

function gapsText({ open, repairing, lost, completeness }: Overview['gaps']): string {
  const unsettled = `${open} open, ${repairing} under repair, ${lost} lost`;
  return `${percent(completeness)} complete, ${unsettled}`;
}

function enrichmentRows(figures: Overview['enrichment']): readonly Row[] {
  const { enabled, windowSeconds, succeeded, failed, leftOut, successRate, latencyMs, cache } = figures;
  if (!enabled) return [['Enrichment', 'off']];
  const within = `in ${windowSeconds / 60} min`;
  const rate = successRate === null ? `none tried ${within}` : `${percent(successRate)} succeeded ${within}`;
  const counts = `${succeeded} done, ${failed} failed, ${leftOut} with nothing to do`;
  const hits = cache.hitRate === null ? [] : [`cache hits ${percent(cache.hitRate)}`];
  const times = [...(latencyMs === null ? [] : [latencyText(latencyMs)]), ...hits].join(', ');
  const trouble = enrichmentTrouble(figures).map((text): Row => ['', text]);
  return [['Enrichment', `${rate}: ${counts}`], ...(times === '' ? [] : [['', times] satisfies Row]), ...trouble];
}

const enrichmentTrouble = ({ heldBack, breakersOpen }: Overview['enrichment']): readonly string[] => [
  ...heldBack.map(({ queue, forMs }) => `${queue} ${forMs === null ? 'is paused' : `waits for ${age(forMs)}`}`),
  ...breakersOpen.map((remote) => `${remote} fails again and again: calls to it wait`),
];

function deadlinesText({ armed, overdueMs }: Overview['sla']['deadlines']): string {
  return `${armed} armed, ${overdueMs === null ? 'none overdue' : `the oldest overdue for ${age(overdueMs)}`}`;
}

type Heard = Pick<Overview['stream'], 'connected' | 'lastFrameAgeMs' | 'topics' | 'channels' | 'paused' | 'reconnects'>;

function streamText({ connected, lastFrameAgeMs, topics, channels, paused, reconnects }: Heard): string {
  const last = lastFrameAgeMs === null ? 'no frame yet' : `last frame ${age(lastFrameAgeMs)} ago`;
  const state = connected ? (paused ? 'connected, paused' : 'connected') : 'not connected';
  const followed = `${many(topics, 'topic', 'topics')} on ${many(channels, 'channel', 'channels')}`;
  return `${state}, ${followed}, ${last}, ${many(reconnects, 'reconnect', 'reconnects')}`;
}

function partitionsText(partitions: Overview['partitions']): string {
  const sum = (of: (partition: Overview['partitions'][number]) => number): number =>
    partitions.reduce((total, partition) => total + of(partition), 0);
  const paused = partitions.filter((partition) => partition.paused !== null).map(({ id }) => id);
  const entries = many(
    sum(({ depth }) => depth),
    'entry',
    'entries',
  );
  const outputs = many(
    sum(({ outbox }) => outbox),
    'output',
    'outputs',
  );
  const waiting = `${entries} and ${outputs} waiting`;
  return `${partitions.length}, ${waiting}${paused.length === 0 ? '' : `, paused: ${paused.join(', ')}`}`;
}

function mediaText(byMedia: Readonly<Record<string, number>>): string {
  const parts = Object.entries(byMedia).map(([media, inFlight]) => `${media} ${inFlight}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

const latencyText = ({ p50, p95, p99 }: NonNullable<Overview['latencyMs']>): string =>
  `p50 ${round(p50)} ms, p95 ${round(p95)} ms, p99 ${round(p99)} ms`;

/** Rounded down: what is not whole is not 100 %. */
const percent = (ratio: number): string => `${(Math.floor(ratio * 10_000) / 100).toFixed(2)} %`;

const many = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`;

const round = (value: number): string => String(Number(value.toFixed(1)));

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
