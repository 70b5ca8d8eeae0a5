// Salesforce: one sObject collection upserted by external id, 200 records a call, each answered for itself. Invariant:
// never all-or-none; an upsert by external id sent again changes nothing, which stands in for an idempotency key.
import { Retryable, Throttled, type Failure } from '../../../runtime/errors.ts';
import type { Answer, Asked } from '../crm-failure.ts';
import { retryAfterMs } from '../../retry-after.ts';
import { at } from '../mapping/template.ts';
import { httpMapping, type SalesforceMapping } from '../mapping/schema.ts';
import { httpProtocol } from './http.ts';
import type { Protocol } from './protocol.ts';

/** What passes by itself: locks, load, limits. */
const PASSING = [
  'UNABLE_TO_LOCK_ROW',
  'REQUEST_LIMIT_EXCEEDED',
  'REQUEST_RUNNING_TOO_LONG',
  'QUERY_TIMEOUT',
  'SERVER_UNAVAILABLE',
  'TXN_SECURITY_METERING_ERROR',
  'PROCESSING_HALTED',
];
/** The limit counts the last 24 hours, so it frees itself little by little. */
const LIMIT_PAUSE_MS = 300_000;

export function salesforceProtocol({ apiVersion, object, externalIdField }: SalesforceMapping): Protocol {
  const http = httpProtocol(
    httpMapping.parse({
      kind: 'http',
      method: 'PATCH',
      path: `/services/data/v${apiVersion}/composite/sobjects/${object}/${externalIdField}`,
      body: { allOrNone: false },
      idempotencyHeader: null,
      // a bare list in the order of the records; a failure's codes decide, and what is not passing is the record's own
      answer: { results: '', code: 'errors.0.statusCode', outcomes: { retry: PASSING, otherwise: 'reject' } },
    }),
  );
  return {
    ...http,
    request: (items, key) => {
      const attributes = { type: object };
      const typed = items.map(({ recordId, fields }) => ({
        recordId,
        fields: { attributes, [externalIdField]: recordId, ...fields },
      }));
      return http.request(typed, key);
    },
    refusal: salesforceRefusal,
  };
}

function salesforceRefusal(answer: Answer, { now }: Asked): Failure | undefined {
  const code = errorCodeOf(answer.text);
  const said = `Salesforce answered ${answer.status} ${code ?? ''} to a batch`;
  switch (code) {
    case 'REQUEST_LIMIT_EXCEEDED': {
      const pause = retryAfterMs(answer.retryAfter, now, LIMIT_PAUSE_MS);
      return new Throttled('crm_throttled', `${said}: the organisation’s API calls of 24 hours are used up`, pause);
    }
    case 'INVALID_FIELD':
    case 'INVALID_TYPE':
    case 'NOT_FOUND':
      // the same fields for every record: no split can find a culprit
      return new Retryable(
        'crm_wrong_mapping',
        `${said}: check "object", "externalIdField" and the fields of the file THROUGHLINE_CRM_MAPPING names, ` +
          'and that the user may see them',
      );
    default:
      return undefined;
  }
}

function errorCodeOf(text: string): string | undefined {
  try {
    const code = at(JSON.parse(text), '0.errorCode');
    return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
