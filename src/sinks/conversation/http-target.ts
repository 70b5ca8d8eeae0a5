// Any HTTP resource a conversation that has an ETag: read with GET, written with If-Match.
// Invariant: nothing is written without the strong ETag of what was read: without it an update could be lost unseen.
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { z } from 'zod';
import type { Breaker } from '../../runtime/breaker.ts';
import { Poison, Retryable } from '../../runtime/errors.ts';
import { httpFailure } from './http-failure.ts';
import { fieldsIn, valuesFor, type Values } from './stamped-values.ts';
import type { ConversationTarget } from './target.ts';

export interface HttpTargetOptions {
  /** With `{conversationId}` in it. */
  readonly url: string;
  /** PATCH sends what changes (JSON merge patch), PUT the whole object with it. */
  readonly method: 'PATCH' | 'PUT';
  readonly token: string | undefined;
  readonly timeoutMs: number;
  readonly stampsKey: string;
  readonly breaker: Breaker;
  readonly now: () => number;
}

const MAX_ANSWER_BYTES = 1024 * 1024;
const MEDIA_TYPE = { PATCH: 'application/merge-patch+json', PUT: 'application/json' } as const;

const objectSchema = z.record(z.string(), z.unknown());

interface Read {
  readonly values: Values;
  readonly etag: string;
}

export function httpTarget(options: HttpTargetOptions): ConversationTarget {
  const { method, token, timeoutMs, stampsKey, breaker, now } = options;
  const http: AxiosInstance = axios.create({
    timeout: timeoutMs,
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER_BYTES,
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  });

  const read = async (url: string, signal: AbortSignal): Promise<Read> => {
    try {
      return readAnswer(await http.get<unknown>(url, { signal, headers: { Accept: 'application/json' } }));
    } catch (error) {
      throw httpFailure(error, 'GET', now());
    }
  };

  const write = async (url: string, held: Read, values: Values, signal: AbortSignal): Promise<void> => {
    const data = method === 'PUT' ? { ...held.values, ...values } : values;
    const headers = { 'If-Match': held.etag, 'Content-Type': MEDIA_TYPE[method] };
    try {
      await http.request({ method, url, data: JSON.stringify(data), headers, signal });
    } catch (error) {
      throw httpFailure(error, method, now());
    }
  };

  return {
    kind: 'http',
    read: async (conversationId, signal) => {
      const url = options.url.replaceAll('{conversationId}', encodeURIComponent(conversationId));
      const held = await breaker.run(() => read(url, signal));
      const fields = fieldsIn(held.values, stampsKey);
      return {
        fields,
        write: (news, writing) => breaker.run(() => write(url, held, valuesFor(news, fields, stampsKey), writing)),
      };
    },
  };
}

function readAnswer({ data, headers }: AxiosResponse<unknown>): Read {
  const values = objectSchema.safeParse(data);
  // not poison: an HTML page of a proxy in the way is the usual cause, and it passes
  if (!values.success) throw new Retryable('unexpected_answer', 'GET of a conversation gave no JSON object; check THROUGHLINE_CONVERSATION_UPDATE_URL'); // prettier-ignore
  const etag: unknown = headers['etag'];
  if (typeof etag !== 'string' || !/^"[^"]*"$/.test(etag)) {
    // RFC 9110 §13.1.1: If-Match never holds for a weak one
    throw new Poison('no_etag', 'GET of a conversation gave no strong ETag: without it what others write could be lost; let the resource send one'); // prettier-ignore
  }
  return { values: values.data, etag };
}
