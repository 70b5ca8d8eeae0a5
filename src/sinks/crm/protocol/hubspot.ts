// HubSpot: CRM objects upserted in batches of 100 by a property with unique values. Invariant: every input carries a
// trace id, without which one bad input would refuse all; an upsert sent again changes nothing.
import { Retryable, Throttled, type Failure } from '../../../runtime/errors.ts';
import type { Answer, Asked } from '../crm-failure.ts';
import { retryAfterMs } from '../../retry-after.ts';
import { at } from '../mapping/template.ts';
import { httpMapping, type HubspotMapping } from '../mapping/schema.ts';
import { httpProtocol } from './http.ts';
import type { Protocol } from './protocol.ts';

/** Error categories that pass by themselves; the others are the record's own. */
const PASSING = ['RATE_LIMITS', 'CONFLICT', 'INTERNAL_ERROR', 'SERVICE_UNAVAILABLE', 'TIMEOUT', 'LOCKED'];
/** Pauses where HubSpot names a limit and no time. */
const PAUSES = [
  { name: 'SECONDLY', pauseMs: 1000 },
  { name: 'TEN_SECONDLY_ROLLING', pauseMs: 10_000 },
  { name: 'DAILY', pauseMs: 600_000 },
] as const;
/** Their own: the account is being moved to another data centre, for up to a day. */
const MIGRATING = 477;

export function hubspotProtocol({ objectType, idProperty }: HubspotMapping): Protocol {
  const http = httpProtocol(
    httpMapping.parse({
      kind: 'http',
      path: `/crm/v3/objects/${objectType}/batch/upsert`,
      wrap: 'inputs',
      idempotencyHeader: null,
      answer: {
        // its "results" hold what was taken, in an order of its own: failures are read from the errors
        results: null,
        id: 'context.objectWriteTraceId.0',
        code: 'category',
        status: 'httpStatus',
        outcomes: { retry: PASSING, reject: ['VALIDATION_ERROR', 'OBJECT_NOT_FOUND', 'MISSING_SCOPES', 'BAD_REQUEST'] },
      },
    }),
  );
  return {
    ...http,
    request: (items, key) => {
      const inputs = items.map(({ recordId, fields }) => ({
        recordId,
        fields: { idProperty, id: recordId, properties: asProperties(fields), objectWriteTraceId: recordId },
      }));
      return http.request(inputs, key);
    },
    refusal: hubspotRefusal,
  };
}

/** Property values travel as text; an empty one clears the property, null is refused. */
const asProperties = (fields: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value),
    ]),
  );

function hubspotRefusal(answer: Answer, { now }: Asked): Failure | undefined {
  const said = `HubSpot answered ${answer.status} to a batch`;
  const body = parsed(answer.text);
  if (answer.status === 429) {
    const policy = PAUSES.find(({ name }) => name === at(body, 'policyName'));
    const pause = retryAfterMs(answer.retryAfter, now, policy?.pauseMs);
    return new Throttled(
      'crm_throttled',
      policy === undefined ? said : `${said}: its ${policy.name} limit is used up`,
      pause,
    );
  }
  if (answer.status === MIGRATING) {
    return new Throttled('crm_throttled', `${said}: the account is being moved`, retryAfterMs(answer.retryAfter, now));
  }
  const errors = at(body, 'errors');
  const unknown = Array.isArray(errors) && errors.some((error) => at(error, 'code') === 'PROPERTY_DOESNT_EXIST');
  if (answer.status !== 400 || !unknown) return undefined;
  return new Retryable(
    'crm_wrong_mapping',
    `${said}: a property does not exist; check the fields and "idProperty" of the file THROUGHLINE_CRM_MAPPING names`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
