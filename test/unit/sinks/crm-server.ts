// A bare HTTP server that answers as told and remembers what it was asked, and a client of it.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../src/runtime/clock.ts';
import { crmClient, type CrmClient } from '../../../src/sinks/crm/crm-client.ts';
import { mappingSchema } from '../../../src/sinks/crm/mapping/schema.ts';
import type { BatchedRecord } from '../../../src/sinks/crm/mapping/mapped.ts';
import { Failure } from '../../../src/runtime/errors.ts';

export interface Told {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface CrmServer {
  readonly url: string;
  readonly seen: Seen[];
  answer: Told | ((seen: Seen) => Told);
  close(): void;
}

export async function startCrmServer(): Promise<CrmServer> {
  const seen: Seen[] = [];
  const state = { answer: { status: 200 } as CrmServer['answer'] };
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const asked = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      seen.push(asked);
      const told = typeof state.answer === 'function' ? state.answer(asked) : state.answer;
      response.writeHead(told.status, told.headers).end(told.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, { url, seen, close: () => server.close() });
}

export const NOW = Date.parse('2026-03-02T12:00:00Z');

export interface ClientNeeds {
  readonly url: string;
  readonly mapping?: object;
  readonly token?: string | undefined;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly now?: () => number;
}

/** With the default mapping unless another is given. */
export function clientOf({ url, mapping = { kind: 'http' }, now = () => NOW, ...given }: ClientNeeds): CrmClient {
  const credentials = { token: undefined, clientId: undefined, clientSecret: undefined, ...given };
  return crmClient({
    url,
    mapping: mappingSchema.parse(mapping),
    credentials,
    timeoutMs: 2000,
    clock: { ...systemClock, now },
  });
}

export const send = (client: CrmClient, records: readonly BatchedRecord[], key = 'batch-1') =>
  client.sendBatch(records, key, new AbortController().signal);

export async function failureOf(sending: Promise<unknown>): Promise<Failure> {
  const outcome: unknown = await sending.catch((thrown: unknown) => thrown);
  if (outcome instanceof Failure) return outcome;
  throw new Error(`expected a failure, got ${JSON.stringify(outcome)}`);
}

export const conversation = (recordId: string, more: object = {}) => ({
  recordId,
  kind: 'conversation' as const,
  conversationId: recordId,
  version: 1,
  media: 'voice',
  status: 'ended',
  startedAt: '2026-03-02T10:00:00.000Z',
  endedAt: null,
  handleSeconds: 12.6,
  ...more,
});

export const message = (recordId: string, more: object = {}) => ({
  recordId,
  kind: 'message' as const,
  conversationId: 'c',
  version: 1,
  media: 'message',
  sentAt: '2026-03-02T10:00:00.000Z',
  slaStatus: 'breach',
  ...more,
});
