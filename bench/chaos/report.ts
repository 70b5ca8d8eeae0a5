// A run as a table for people and as JSON for machines. Invariant: says what each figure is, and what was not tried.
import type { ChaosOptions, ChaosRun } from './run.ts';
import { isClean } from './verdict.ts';
import { recoveryMs } from './watch.ts';

export interface Report {
  readonly seed: number;
  readonly events: number;
  readonly conversations: number;
  /** That nobody keeps: each must be broken once. */
  readonly promised: number;
  readonly workers: number;
  readonly kills: number;
  readonly killsAtSteps: number;
  readonly pauses: number;
  readonly redisRestarts: number;
  readonly workersAddedAndRemoved: number;
  /** Restarts after which Redis did not know writes it had acknowledged, and how many of a test's. */
  readonly redisForgot: { readonly restarts: number; readonly writes: number };
  readonly deathsNobodyOrdered: number;
  readonly lost: number;
  readonly appliedTwice: number;
  readonly outOfOrder: number;
  readonly crmDuplicatesByKey: number;
  readonly crmDuplicatesByRecord: number;
  readonly crmBatchesAnsweredAgain: number;
  /** Seconds; of kills that no Redis outage overlapped. */
  readonly recovery: { readonly p50: number; readonly max: number; readonly of: number };
  readonly redisRecovery: { readonly p50: number; readonly max: number; readonly of: number };
  readonly seconds: number;
  readonly appendfsync: string;
  readonly redisVersion: string;
  readonly stuck: ChaosRun['stuck'] | null;
  readonly findings: readonly string[];
  readonly passed: boolean;
}

export function reportOf(options: ChaosOptions, run: ChaosRun): Report {
  const of = (...kinds: readonly string[]) => run.happened.filter(({ kind }) => kinds.includes(kind));
  const { verdict } = run;
  return {
    seed: options.seed,
    events: run.truth.events,
    conversations: run.truth.states.size,
    promised: run.truth.promised.size,
    workers: options.workers,
    kills: of('kill-worker', 'kill-feeder').length,
    killsAtSteps: run.happened.filter(({ step }) => step !== undefined).length,
    pauses: of('pause').length,
    redisRestarts: of('redis-restart').length,
    workersAddedAndRemoved: of('worker-added', 'worker-removed').length,
    redisForgot: forgottenOf(run),
    deathsNobodyOrdered: of('died-alone').length,
    lost: verdict.lost,
    appliedTwice: verdict.appliedTwice,
    outOfOrder: verdict.outOfOrder,
    crmDuplicatesByKey: verdict.duplicatesByKey,
    crmDuplicatesByRecord: verdict.duplicatesByRecord,
    crmBatchesAnsweredAgain: run.answeredAgain,
    recovery: spread(ownerRecoveries(run)),
    redisRecovery: spread(of('redis-restart').map(({ until = 0 }) => recoveryMs(run.waits, until))),
    seconds: rounded(run.seconds),
    appendfsync: options.appendfsync,
    redisVersion: run.redisVersion,
    stuck: run.stuck ?? null,
    findings: verdict.findings,
    passed: run.stuck === undefined && isClean(verdict),
  };
}

function forgottenOf({ happened }: ChaosRun): Report['redisForgot'] {
  const counts = happened.flatMap(({ forgotten = 0 }) => (forgotten > 0 ? [forgotten] : []));
  return { restarts: counts.length, writes: counts.reduce((sum, count) => sum + count, 0) };
}

/** Kills whose recovery a Redis outage cannot have lengthened. */
function ownerRecoveries({ happened, waits }: ChaosRun): number[] {
  const outages = happened.filter(({ kind }) => kind === 'redis-restart');
  const kills = happened.filter(({ kind }) => kind === 'kill-worker');
  return kills.flatMap(({ at }) => {
    const ms = recoveryMs(waits, at);
    const disturbed = outages.some((outage) => outage.at <= at + ms && (outage.until ?? 0) + 1000 >= at);
    return disturbed ? [] : [ms];
  });
}

function spread(ms: readonly number[]): Report['recovery'] {
  const sorted = ms.toSorted((a, b) => a - b);
  const p50 = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return { p50: rounded(p50 / 1000), max: rounded((sorted.at(-1) ?? 0) / 1000), of: sorted.length };
}

const rounded = (seconds: number): number => Math.round(seconds * 100) / 100;

const NOTES = `
lost, applied twice, out of order   against an oracle that applied the same frames once, in order, in memory: every
                                    conversation's state, every CRM record, the number of moves and of outputs; and
                                    every promise that nobody keeps is broken once, in the commits and in the CRM
recovery                            from a worker's SIGKILL to the end of the longest wait that ran then or began within
                                    a second: a wait is a partition with events in its log and no commit
Redis recovery                      the same, from the moment a killed Redis answers again
CRM batches answered again          sent again under their key with the same body, as an idempotency key allows
`;

const FSYNC_NOTES = {
  everysec: `Redis ran with appendfsync everysec: when its machine dies (power, kernel), up to about two seconds of what it
acknowledged can be missing, of all keys alike. When only its process dies, what it handed to the kernel stays; while a
slow disk holds a sync up, that too can be up to two seconds behind. appendfsync always (--appendfsync always) loses
nothing that was acknowledged, at the price of a sync per event loop turn.`,
  always:
    'Redis ran with appendfsync always: what it acknowledged was on disk, whether its process or its machine dies.',
};

export function tableOf(report: Report): string {
  const { recovery, redisRecovery } = report;
  const seconds = ({ p50, max, of }: Report['recovery']) => `p50 ${p50} s, max ${max} s (of ${of})`;
  const rows: readonly (readonly [string, string | number])[] = [
    ['seed', report.seed],
    ['events', `${report.events} of ${report.conversations} conversations, in ${report.seconds} s`],
    ['promises nobody keeps', `${report.promised}, of delivery and of reading`],
    ['workers', `${report.workers} (${report.workersAddedAndRemoved} times one was added or removed)`],
    ['kills', `${report.kills} (${report.killsAtSteps} at a named step)`],
    ['pauses', report.pauses],
    ['Redis restarts', report.redisRestarts],
    [
      'Redis forgot',
      `at ${report.redisForgot.restarts} restarts (${report.redisForgot.writes} acknowledged writes of the test)`,
    ],
    ['deaths nobody ordered', report.deathsNobodyOrdered],
    ['lost', report.lost],
    ['applied twice', report.appliedTwice],
    ['out of order', report.outOfOrder],
    ['CRM duplicates by key', report.crmDuplicatesByKey],
    ['CRM duplicates by record', report.crmDuplicatesByRecord],
    ['CRM batches answered again', report.crmBatchesAnsweredAgain],
    ['recovery', seconds(recovery)],
    ['Redis recovery', seconds(redisRecovery)],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(28)} ${value}`);
  const stuck = report.stuck === null ? [] : [`STUCK: ${JSON.stringify(report.stuck)}`];
  const notes = FSYNC_NOTES[report.appendfsync === 'always' ? 'always' : 'everysec'];
  return [...lines, ...stuck, ...report.findings, NOTES, notes, '', report.passed ? 'passed' : 'FAILED'].join('\n');
}
