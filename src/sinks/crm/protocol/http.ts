// Any CRM that takes a batch as JSON over HTTP, told by a mapping. Invariant: with the default mapping the body is
// `{"records": [...]}`, byte for byte the records of the pipeline, under an Idempotency-Key.
import { Retryable } from '../../../runtime/errors.ts';
import { jsonOf } from '../crm-failure.ts';
import type { HttpMapping } from '../mapping/schema.ts';
import { recordVerdicts } from './answer.ts';
import type { Protocol } from './protocol.ts';

export type HttpRules = Pick<HttpMapping, 'method' | 'path' | 'wrap' | 'body' | 'idempotencyHeader' | 'answer'>;

export const httpProtocol = ({ method, path, wrap, body, idempotencyHeader, answer: rules }: HttpRules): Protocol => ({
  request: (items, key) => {
    const records = items.map(({ fields }) => fields);
    return {
      method,
      path,
      headers: {
        'Content-Type': 'application/json',
        ...(idempotencyHeader === null ? {} : { [idempotencyHeader]: key }),
      },
      body: JSON.stringify(wrap === null ? records : { ...body, [wrap]: records }),
    };
  },
  verdicts: (answer, items) => {
    const verdicts = recordVerdicts(jsonOf(answer), items, rules);
    if (verdicts !== undefined) return verdicts;
    // a 207 promises an answer a record; without one nobody knows what was taken
    if (answer.status === 207) throw unreadable(rules.results, rules.errors);
    return items.map(() => ({ kind: 'done' }));
  },
});

const unreadable = (results: string | null, errors: string | null): Retryable =>
  new Retryable(
    'crm_answer_unreadable',
    `the CRM answered 207, but its body holds no list at "${results ?? errors}"; ` +
      'check "answer" in the file THROUGHLINE_CRM_MAPPING names',
  );
