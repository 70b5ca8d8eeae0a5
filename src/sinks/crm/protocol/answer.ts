// What an answer says of each record, read by the mapping's rules. Invariant: a record is done only when the answer says
// so or, in an answer that lists none but failures, when every failure names another record.
import type { RecordVerdict } from '../../../runtime/stage.ts';
import { at } from '../mapping/template.ts';
import type { AnswerRules } from '../mapping/schema.ts';
import type { Item } from './protocol.ts';

const done: RecordVerdict = { kind: 'done' };
const untold: RecordVerdict = { kind: 'retry', code: 'no_answer', message: 'the CRM did not answer for this record' };

/** Undefined: the body says nothing of single records. */
export function recordVerdicts(body: unknown, items: readonly Item[], rules: AnswerRules): RecordVerdict[] | undefined {
  const results = rules.results === null ? undefined : at(body, rules.results);
  if (Array.isArray(results)) return fromResults(results, items, rules);
  const errors = rules.errors === null ? undefined : at(body, rules.errors);
  return Array.isArray(errors) ? fromErrors(errors, items, rules) : undefined;
}

function fromResults(results: readonly unknown[], items: readonly Item[], rules: AnswerRules): RecordVerdict[] {
  const named = new Map<unknown, unknown>();
  for (const [position, entry] of results.entries()) {
    // by id, or by the place it names, or by the place it stands at
    named.set(idOf(entry, rules) ?? at(entry, rules.index) ?? position, entry);
  }
  return items.map(({ recordId }, position) => {
    const entry = named.get(recordId) ?? named.get(position);
    return entry === undefined ? untold : verdictOf(entry, rules);
  });
}

function fromErrors(errors: readonly unknown[], items: readonly Item[], rules: AnswerRules): RecordVerdict[] {
  const known = new Set(items.map(({ recordId }) => recordId));
  const failed = new Map<string, RecordVerdict>();
  let nameless = 0;
  for (const entry of errors) {
    const index = at(entry, rules.index);
    const id = idOf(entry, rules) ?? (typeof index === 'number' ? items[index]?.recordId : undefined);
    if (id === undefined || !known.has(id)) nameless += 1;
    else failed.set(id, failure(entry, rules));
  }
  // who failed is not known: whoever is not known to have failed is asked for again
  return items.map(({ recordId }) => failed.get(recordId) ?? (nameless > 0 ? untold : done));
}

const idOf = (entry: unknown, { id }: AnswerRules): string | undefined => {
  const value = at(entry, id);
  return typeof value === 'string' && value.length <= 512 ? value : undefined;
};

function verdictOf(entry: unknown, rules: AnswerRules): RecordVerdict {
  const success = at(entry, rules.success);
  const { kind, status, code } = judged(entry, rules);
  if (success === true || (success !== false && kind === 'done')) return done;
  const says = success === false || kind !== undefined || status !== undefined || code !== undefined;
  return says ? failure(entry, rules) : untold;
}

function failure(entry: unknown, rules: AnswerRules): RecordVerdict {
  const { kind, status, code } = judged(entry, rules);
  const label = code !== undefined && /^[\w.-]{1,40}$/.test(code) ? code : `http_${status ?? 'none'}`;
  const message = `the CRM answered ${status ?? label} for this record`;
  const verdict = kind === 'retry' || kind === 'reject' ? kind : rules.outcomes.otherwise;
  return { kind: verdict, code: label, message };
}

interface Judged {
  readonly kind: 'done' | 'retry' | 'reject' | undefined;
  readonly status: number | undefined;
  readonly code: string | undefined;
}

/** A code of the CRM's own speaks before the status, an exact status before its class. */
function judged(entry: unknown, rules: AnswerRules): Judged {
  const given = at(entry, rules.status);
  const status = typeof given === 'number' && Number.isInteger(given) ? given : statusIn(given);
  const coded = at(entry, rules.code);
  const code = typeof coded === 'string' ? coded : undefined;
  const { done: good, retry, reject } = rules.outcomes;
  const statuses = status === undefined ? [] : [String(status), `${Math.floor(status / 100)}xx`];
  for (const name of code === undefined ? statuses : [code, ...statuses]) {
    if (retry.includes(name)) return { kind: 'retry', status, code };
    if (reject.includes(name)) return { kind: 'reject', status, code };
    if (good.includes(name)) return { kind: 'done', status, code };
  }
  return { kind: undefined, status, code };
}

const statusIn = (given: unknown): number | undefined =>
  typeof given === 'string' && /^[1-5]\d\d$/.test(given) ? Number(given) : undefined;
