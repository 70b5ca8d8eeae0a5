// The one place that knows what an error of PostgreSQL means. Invariants: no message of the server goes on (it may quote
// values), only its SQLSTATE; what time or a person can heal never costs a row: its queue waits.
import { Failure, Poison, Retryable, Throttled } from '../../runtime/errors.ts';

const AWAY_MS = 2000;
/** A person must act: full disk, missing right, wrong password. */
const UNFIT_MS = 10_000;

/** Of the client library and of Node: nothing of the server came back. */
const GONE = /ECONN|ENOENT|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN/;
const GONE_TEXT = /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable/;

interface Meaning {
  readonly states: RegExp;
  readonly failure: (state: string) => Failure;
}

const away = (): Failure => new Throttled('warehouse_away', 'the SQL store cannot be reached', AWAY_MS);
const unfit = (code: string, what: string) => (state: string) =>
  new Throttled(code, `the SQL store ${what} (SQLSTATE ${state})`, UNFIT_MS);

const MEANINGS: readonly Meaning[] = [
  // connection exceptions, shutting down or starting, too many connections, a standby that only reads
  { states: /^(08|57P|53300|25006)/, failure: away },
  { states: /^53/, failure: unfit('warehouse_full', 'is out of disk or memory') },
  { states: /^(28|3D|42501)/, failure: unfit('warehouse_refused', 'refuses this user or database') },
  { states: /^(3F|42P01|42703)/, failure: unfit('warehouse_schema', 'lacks a table or column') },
  {
    states: /^(40|55P03|57014)/,
    failure: (state) => new Retryable('warehouse_busy', `the SQL store was too busy (SQLSTATE ${state})`),
  },
  {
    states: /^(22|23)/,
    failure: (state) => new Poison('warehouse_row', `the SQL store cannot take this row (SQLSTATE ${state})`),
  },
];

/** A row of a month for which there is no partition yet. */
export const NO_MONTH = 'warehouse_no_month';

export function warehouseFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code = '', message = '', routine } = error as { code?: string; message?: string; routine?: string };
  // a check violation too, by its SQLSTATE
  if (routine === 'ExecFindPartition') return new Retryable(NO_MONTH, 'the SQL store has no partition for this month');
  // a host of several addresses fails with one error for all of them
  if (GONE.test(code) || GONE_TEXT.test(message) || error instanceof AggregateError) return away();
  const meaning = MEANINGS.find(({ states }) => states.test(code));
  return (
    meaning?.failure(code) ?? new Retryable('warehouse_failed', `the SQL store failed (SQLSTATE ${code || 'none'})`)
  );
}
