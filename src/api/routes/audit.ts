// The audit of enrichment: by pages, or all of it as a stream. Invariants: an export takes a page of memory however long
// it is; one that fails under way is broken off, so that nobody takes a part for the whole.
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Failure, Interrupted } from '../../runtime/errors.ts';
import { exported, type ExportFormat } from '../../stores/warehouse/audit/export.ts';
import { AuditReader, parseCursor } from '../../stores/warehouse/audit/read.ts';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse } from '../problem.ts';
import { auditExportQuerySchema, auditPageSchema, auditQuerySchema } from './audit-schema.ts';

const tags = ['Audit'];
/** A question to the store ends by itself before this. */
const ANSWER_WITHIN_MS = 40_000;
const EXPORT_WITHIN_MS = 3_600_000;
/** Each holds a page of records and a connection now and then. */
const MOST_EXPORTS = 4;

const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};

const unavailable = problemResponse('No SQL store is configured, or it cannot be reached');
const invalid = problemResponse('A parameter is not valid');

export function auditRoutes(app: App, needs: ApiNeeds): void {
  const { warehouse } = needs;
  const readerOrProblem = (): AuditReader => {
    if (warehouse !== undefined) return new AuditReader(warehouse);
    const detail = 'This API has no SQL store: set DATABASE_URL to the PostgreSQL that the workers write the audit to.';
    throw new ProblemError(503, 'warehouse_absent', detail);
  };
  pageRoute(app, readerOrProblem);
  exportRoute(app, needs, readerOrProblem);
}

function pageRoute(app: App, reader: () => AuditReader): void {
  const schema = {
    tags,
    summary: 'What came of each injection of attributes, newest first',
    querystring: auditQuerySchema,
    response: { 200: auditPageSchema, 400: invalid, 503: unavailable },
  };
  app.get('/api/v1/audit', { schema, handlerTimeout: ANSWER_WITHIN_MS }, async ({ query }, reply) => {
    const { limit, cursor, ...filter } = query;
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    if (cursor !== undefined && after === undefined) {
      throw new ProblemError(400, 'invalid_request', 'cursor: is not the nextCursor of a page.');
    }
    const { records, nextCursor } = await asked(reader().page(filter, 'newest', limit, after));
    return reply.header('cache-control', 'no-store').send({ records: [...records], nextCursor });
  });
}

function exportRoute(app: App, { log }: ApiNeeds, reader: () => AuditReader): void {
  const streams = new Set<Readable>();
  const text = z.string();
  const content = { 'application/x-ndjson': { schema: text }, 'text/csv': { schema: text } };
  const schema = {
    tags,
    summary: 'All of it that the filter lets through, as NDJSON or CSV, oldest first',
    querystring: auditExportQuerySchema,
    response: {
      200: { description: 'A line a record', content },
      400: invalid,
      429: problemResponse('Too many exports at a time'),
      503: unavailable,
    },
  };
  const options = { schema, handlerTimeout: EXPORT_WITHIN_MS };
  app.get('/api/v1/audit/export', options, async ({ query: { format, ...filter } }, reply) => {
    const pages = reader().all(filter);
    // before the first byte: a store that is away is a 503, not a broken download
    const begun = await asked(pages.next());
    if (streams.size >= MOST_EXPORTS) {
      throw new ProblemError(429, 'too_many_exports', `${MOST_EXPORTS} exports are under way: wait for one to end.`);
    }
    const stream = Readable.from(exported(continued(begun, pages), format), { objectMode: false });
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
    stream.once('error', (error) => log.warn({ err: error }, 'an export of the audit was broken off'));
    reply.header('cache-control', 'no-store').header('content-disposition', `attachment; filename="audit.${format}"`);
    return (reply as FastifyReply).type(CONTENT_TYPES[format]).send(stream);
  });
  // who reads slowly would otherwise keep the server from closing
  app.addHook('preClose', (done) => {
    for (const stream of streams) stream.destroy(new Interrupted());
    done();
  });
}

async function* continued<T>(first: IteratorResult<T, void>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

/** A store that cannot be asked now is no mistake of ours. */
async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Failure) throw new ProblemError(503, error.code, `${error.message}.`);
    throw error;
  }
}
