// Dynamics 365: rows upserted by alternate key, many in one `$batch`. Invariant: without `atomic` each row is answered
// for itself; with it one change set is taken or refused whole, and a refused one is split by the batch stage.
import { Conflict, Poison, Retryable, Throttled, type Failure } from '../../../runtime/errors.ts';
import type { RecordVerdict } from '../../../runtime/stage.ts';
import { isHtml, notJson, refusal, type Asked } from '../crm-failure.ts';
import { retryAfterMs } from '../../retry-after.ts';
import { at } from '../mapping/template.ts';
import { transformed, Unmappable } from '../mapping/transforms.ts';
import type { DynamicsMapping } from '../mapping/schema.ts';
import { readAnswers, writeBatch, type BatchPart, type PartAnswer } from './odata-batch.ts';
import type { CrmRequest, Item, Protocol } from './protocol.ts';

/** The platform finds no row by an alternate key with one of these in it. */
const UNFIT_FOR_KEYS = /[/<>*%&:\\?+#]/;

export const dynamicsProtocol = (mapping: DynamicsMapping): Protocol => ({
  request: (items, key) => batchRequest(mapping, items, key),
  verdicts: (answer, items, asked) => {
    if (isHtml(answer)) throw notJson(answer);
    return verdictsOf(mapping, readAnswers(answer.contentType, answer.text), items, asked);
  },
  refusal: (answer, asked) => {
    if (!/^multipart\//i.test(answer.contentType)) return undefined;
    // refused as a whole, the reason is told by the first part that failed
    const failed = readAnswers(answer.contentType, answer.text).find(({ status }) => status >= 400);
    return failed === undefined ? undefined : wholeFailure(failed, asked);
  },
});

function batchRequest(mapping: DynamicsMapping, items: readonly Item[], key: string): CrmRequest {
  const root = `/api/data/v${mapping.apiVersion}`;
  const parts = items.map((item) => rowPart(mapping, root, item));
  const { contentType, body } = writeBatch(parts, key, mapping.atomic);
  const prefer = mapping.atomic ? {} : { Prefer: 'odata.continue-on-error' };
  return {
    method: 'POST',
    path: `${root}/$batch`,
    headers: { 'Content-Type': contentType, 'OData-MaxVersion': '4.0', 'OData-Version': '4.0', ...prefer },
    body,
  };
}

const CONDITIONS = { upsert: {}, update: { 'If-Match': '*' }, create: { 'If-None-Match': '*' } } as const;

function rowPart({ entitySet, key, write }: DynamicsMapping, root: string, { recordId, fields }: Item): BatchPart {
  const value = String(transformed(recordId, key.transform));
  return {
    method: 'PATCH',
    target: `${root}/${entitySet}(${key.attribute}='${encodeURIComponent(value.replaceAll("'", "''"))}')`,
    headers: { 'Content-Type': 'application/json', ...CONDITIONS[write] },
    body: JSON.stringify(fields),
  };
}

/** Before anything is sent. @throws Unmappable */
export function requireFitKey({ key }: DynamicsMapping, recordId: string): void {
  if (UNFIT_FOR_KEYS.test(String(transformed(recordId, key.transform))))
    throw new Unmappable(`"recordId" for the alternate key "${key.attribute}" holds a character that no key may hold (/ < > * % & : \\ ? + #); add a "replace" to "key.transform"`); // prettier-ignore
}

function verdictsOf(
  mapping: DynamicsMapping,
  answers: readonly PartAnswer[],
  items: readonly Item[],
  asked: Asked,
): RecordVerdict[] {
  const limited = answers.find(isThrottled);
  if (limited !== undefined) throw wholeFailure(limited, asked);
  const first = answers.find(({ status }) => status >= 400);
  // what every row is told alike is no single row's fault: the columns, the table, or what the user may do
  const alike = answers.every((answer) => isWrongMapping(answer) || [401, 403].includes(answer.status));
  if (first !== undefined && (alike || mapping.atomic)) throw wholeFailure(first, asked);
  // answers come in the order of the requests
  return items.map((_, index) => verdictOf(answers[index], mapping));
}

function verdictOf(answer: PartAnswer | undefined, { write }: DynamicsMapping): RecordVerdict {
  if (answer === undefined)
    return { kind: 'retry', code: 'no_answer', message: 'Dynamics 365 did not answer for this record' };
  const { status } = answer;
  if (status < 300) return { kind: 'done' };
  // asked not to overwrite, and there is a row: as wished
  if (status === 412 && write === 'create') return { kind: 'done' };
  const code = codeOf(answer) ?? `http_${status}`;
  const message = `Dynamics 365 answered ${status} for this record`;
  if (status === 409 || status === 412) return { kind: 'retry', code: 'crm_conflict', message };
  const hopeless = status < 500 && ![408, 423, 425].includes(status);
  return { kind: hopeless ? 'reject' : 'retry', code, message };
}

function wholeFailure(part: PartAnswer, asked: Asked): Failure {
  const said = `Dynamics 365 answered ${part.status} to a batch`;
  if (isThrottled(part)) {
    const pause = retryAfterMs(part.headers['retry-after'], asked.now);
    return new Throttled('crm_throttled', `${said}: its service protection limit is used up`, pause);
  }
  if (isWrongMapping(part)) return wrongMapping();
  if (part.status === 409 || part.status === 412) return new Conflict('crm_conflict', said);
  const plain = { status: part.status, text: part.body, contentType: 'application/json', location: undefined };
  const failure = refusal({ ...plain, retryAfter: part.headers['retry-after'] }, asked);
  // the address of a single row: the batch endpoint itself was found
  return part.status === 404 ? new Poison('crm_refused', said) : failure;
}

/** Requests, execution time, and requests at once, each of 5 minutes and a user. */
const LIMIT_CODES = new Set(['0x80072322', '0x80072321', '0x80072326']);

const isThrottled = (answer: PartAnswer): boolean =>
  answer.status === 429 || LIMIT_CODES.has(codeOf(answer)?.toLowerCase() ?? '');

const isWrongMapping = ({ status, body }: PartAnswer): boolean =>
  (status === 400 || status === 404) && /undeclared property|resource not found for the segment/i.test(body);

const wrongMapping = (): Retryable =>
  new Retryable(
    'crm_wrong_mapping',
    'Dynamics 365 does not know a table or column of the mapping; check "entitySet" and the fields of the file ' +
      'THROUGHLINE_CRM_MAPPING names',
  );

function codeOf({ body }: PartAnswer): string | undefined {
  try {
    const code = at(JSON.parse(body), 'error.code');
    return typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
