// What `up` shows: one short screen, then a line that lives. Invariant: a message never tears the live line, and where
// nobody watches nothing is overwritten.
import { createColors } from 'picocolors';
import type { Overview } from '../../api/sampling/overview-schema.ts';
import type { Terminal } from '../terminal.ts';
import type { Plan } from './plan.ts';

export interface Facts {
  readonly version: string;
  readonly plan: Pick<Plan, 'config' | 'emulated' | 'consoleUrl'>;
  /** Undefined when the password was configured: then it is not shown. */
  readonly madePassword: string | undefined;
  /** The same of the token for `POST /v1/events`. */
  readonly madeEventsToken: string | undefined;
  readonly redis: string;
  readonly warehouse: string;
  readonly logDir: string;
  /** Where a person watches. Decided by the terminal alone: a log must hold no escape codes, whatever CI says. */
  readonly colours: boolean;
}

export function welcome(facts: Facts): string {
  const { version, plan, madePassword, madeEventsToken, redis, warehouse, logDir, colours } = facts;
  const pc = createColors(colours);
  const { config, consoleUrl } = plan;
  const password = madePassword === undefined ? 'password as configured' : `password ${pc.bold(madePassword)}`;
  const token = madeEventsToken === undefined ? 'token as configured' : `token ${pc.bold(madeEventsToken)}`;
  const platform = plan.emulated
    ? `emulated, seed ${config.emulatorSeed}, ${config.emulatorRatePerMinute} conversations a minute`
    : (config.genesysGatewayUrl ?? config.genesysRegion);
  const rows: readonly (readonly [string, string])[] = [
    ['Console', `${pc.cyan(consoleUrl)}   ${password}`],
    ['Bull Board', pc.cyan(`${consoleUrl}/queues`)],
    ['Metrics', pc.cyan(`${consoleUrl}/metrics`)],
    ['API docs', pc.cyan(`${consoleUrl}/docs`)],
    ['Events', `POST ${pc.cyan(`${consoleUrl}/v1/events`)}   ${token}`],
    ['Platform', config.genesysStream === 'off' ? `${platform}; not listened to` : platform],
    ['Redis', redis],
    ['SQL store', warehouse],
    ['Data', config.dataDir],
    ['Logs', logDir],
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(12)}${value}`);
  return `\n${pc.bold(`Throughline ${version}`)}\n\n${lines.join('\n')}\n\n  Ctrl-C stops everything; what it has is kept.\n\n`;
}

/** The figures in one line, in short words where the long ones do not fit. */
export function liveText({ totals, rates, conversations, latencyMs, deadLetters }: Overview, columns: number): string {
  const figures = [
    `${count(totals.eventsApplied)} (${count(rates.eventsPerSecond)}/s)`,
    count(totals.moves),
    count(totals.crmRecords),
    count(conversations.inFlight),
    latencyMs === null ? '–' : `${latencyMs.p95 < 10 ? latencyMs.p95.toFixed(1) : Math.round(latencyMs.p95)} ms`,
  ];
  const more = deadLetters.waiting > 0 ? [`dead letters ${count(deadLetters.waiting)}`] : [];
  const write = (words: readonly string[]): string =>
    [...figures.map((figure, index) => `${words[index] ?? ''} ${figure}`), ...more].join(' · ');
  const long = write(['events in', 'state moves', 'CRM records out', 'in flight', 'p95']);
  return long.length < columns ? long : write(['events', 'moves', 'CRM', 'open', 'p95']);
}

export interface LiveLine {
  /** Something to keep, above the live line. */
  say(message: string): void;
  update(text: string): void;
  /** Leaves the last text standing; what is updated next is shown at once. */
  end(): void;
}

/** Where nobody watches, a line is for a log file: now and then is enough. */
const QUIET_EVERY_MS = 10_000;

export function createLiveLine({ isTty, columns, out }: Terminal, now: () => number): LiveLine {
  let shown = '';
  let last = Number.NEGATIVE_INFINITY;
  const clear = (): void => {
    if (shown !== '') out('\r\u001B[K');
  };
  const redraw = (text: string): void => {
    clear();
    // A line that wraps could not be overwritten
    shown = text.slice(0, columns() - 1);
    out(shown);
  };
  return {
    say: (message) => {
      clear();
      out(`${message}\n`);
      out(shown);
    },
    update: (text) => {
      if (isTty) {
        redraw(text);
      } else if (now() - last >= QUIET_EVERY_MS) {
        last = now();
        out(`${text}\n`);
      }
    },
    end: () => {
      if (shown !== '') out('\n');
      shown = '';
      last = Number.NEGATIVE_INFINITY;
    },
  };
}

const count = (value: number): string =>
  (Number.isInteger(value) ? value : Number(value.toFixed(1))).toLocaleString('en-US');
