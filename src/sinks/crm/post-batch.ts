// Posts one batch to the CRM: `{"records": [...]}` under an idempotency key, a verdict a record comes back.
// Invariant: one batch is one request per attempt; retrying belongs to the job, never to this client.
import axios, { type AxiosInstance } from 'axios';
import { z } from 'zod';
import type { RecordVerdict } from '../../runtime/stage.ts';
import { crmFailure } from './crm-failure.ts';

export interface BatchedRecord {
  readonly recordId: string;
}

export interface CrmClient {
  /** @throws Failure for the batch as a whole. */
  postBatch(records: readonly BatchedRecord[], key: string, signal: AbortSignal): Promise<RecordVerdict[]>;
}

export interface CrmClientOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** Largest answer that is read: 10,000 records at 400 bytes each. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** 207, or 200 with results: one entry a record, in order or by `recordId`. Anything else in the body is ignored. */
const answerSchema = z.object({
  results: z
    .array(
      z.object({
        recordId: z.string().max(256).optional(),
        status: z.number().int(),
        code: z.string().max(64).optional(),
      }),
    )
    .max(10_000),
});
type Answer = z.infer<typeof answerSchema>['results'][number];

export function crmClient(options: CrmClientOptions): CrmClient {
  const http: AxiosInstance = axios.create({
    timeout: options.timeoutMs,
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER_BYTES,
    headers: options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` },
  });
  return {
    postBatch: async (records, key, signal) => {
      try {
        const response = await http.post(options.url, { records }, { signal, headers: { 'Idempotency-Key': key } });
        return verdictsOf(response.data, records);
      } catch (error) {
        throw crmFailure(error, options.now());
      }
    },
  };
}

/** A 2xx without per-record results accepts the whole batch. */
function verdictsOf(body: unknown, records: readonly BatchedRecord[]): RecordVerdict[] {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) return records.map(() => ({ kind: 'done' }));
  const { results } = parsed.data;
  const byId = new Map(results.flatMap((result) => (result.recordId === undefined ? [] : [[result.recordId, result]])));
  return records.map((record, index) => verdict(byId.get(record.recordId) ?? results[index]));
}

function verdict(answer: Answer | undefined): RecordVerdict {
  if (answer === undefined)
    return { kind: 'retry', code: 'no_answer', message: 'the CRM did not answer for this record' };
  const { status } = answer;
  if (status < 300) return { kind: 'done' };
  const code = answer.code !== undefined && /^[\w.-]{1,40}$/.test(answer.code) ? answer.code : `http_${status}`;
  const message = `the CRM answered ${status} for this record`;
  const hopeless = status >= 400 && status < 500 && ![408, 409, 412, 429].includes(status);
  return { kind: hopeless ? 'reject' : 'retry', code, message };
}
