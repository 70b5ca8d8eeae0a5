// An HTTP resource a conversation, with ETag and If-Match (412).
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { VersionedStores, type Values } from './versioned-stores.ts';

interface Versioned {
  readonly version: number;
  readonly values: Values;
}

interface Scripted {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

type Params = { Params: { id: string } };

export class EtagStores extends VersionedStores {
  /** In place of the resources' own. */
  etag: string | undefined;
  /** In place of the next answers. */
  readonly answers: Scripted[] = [];
  readonly requests: string[] = [];
  private readonly app = fastify({ logger: false, forceCloseConnections: true });
  private readonly records = new Map<string, Versioned>();

  static async start(): Promise<EtagStores> {
    const stores = new EtagStores();
    const { app } = stores;
    app.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, (_request, body, done) =>
      done(null, JSON.parse(String(body))),
    );
    app.addHook('onRequest', async ({ method, url }, reply) => {
      stores.requests.push(`${method} ${url}`);
      const scripted = stores.answers.shift();
      if (scripted === undefined) return;
      await reply
        .code(scripted.status)
        .headers(scripted.headers ?? {})
        .send(scripted.body ?? {});
    });
    stores.serve(app);
    stores.url = await app.listen({ host: '127.0.0.1', port: 0 });
    return stores;
  }

  override close(): Promise<void> {
    return this.app.close();
  }

  override valuesOf(id: string): Values {
    return this.records.get(id)?.values ?? {};
  }

  override overwrite(id: string, values: Values): Promise<void> {
    return Promise.resolve(this.put(id, { ...this.valuesOf(id), ...values }));
  }

  private put(id: string, values: Values): void {
    this.records.set(id, { version: (this.records.get(id)?.version ?? 0) + 1, values });
  }

  /** A resource is there for every conversation, as with a CRM that made one when the conversation began. */
  private serve(app: FastifyInstance): void {
    const tag = (id: string): string => this.etag ?? `"${this.records.get(id)?.version ?? 0}"`;
    app.get<Params>('/conversations/:id', ({ params: { id } }, reply) =>
      reply.header('ETag', tag(id)).send(this.valuesOf(id)),
    );
    const handle =
      (all: boolean) =>
      ({ params: { id }, headers, body }: FastifyRequest<Params>, reply: FastifyReply) =>
        this.inTurn(id, body as Values, async () => {
          const isTaken = !this.checks || headers['if-match'] === tag(id);
          if (isTaken) this.put(id, all ? (body as Values) : { ...this.valuesOf(id), ...(body as Values) });
          if (isTaken) this.written += 1;
          else this.conflicts += 1;
          return reply.code(isTaken ? 204 : 412).send();
        });
    app.patch<Params>('/conversations/:id', handle(false));
    app.put<Params>('/conversations/:id', handle(true));
  }
}
