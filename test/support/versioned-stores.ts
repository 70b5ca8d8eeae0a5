// What conversations are told, as two services keep it: the platform's custom attributes (`version`, 409) and HTTP
// resources (ETag, If-Match, 412). Invariant: one check decides for both, and a test can switch it off as a control.
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

export type Values = Record<string, unknown>;

interface Versioned {
  readonly version: number;
  readonly values: Values;
}
type Known = Versioned | undefined;

interface Gathering {
  left: number;
  readonly rank: (sent: Values) => number;
  readonly waiting: { readonly rank: number; readonly go: () => void }[];
}

interface Scripted {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

type Params = { Params: { id: string } };

const ATTRIBUTES = '/api/v2/conversations/:id/customattributes';

export class VersionedStores {
  /** Off: whatever comes is written, whoever came before. */
  checks = true;
  /** In place of the resources' own. */
  etag: string | undefined;
  /** In place of the next answers. */
  readonly answers: Scripted[] = [];
  readonly requests: { readonly method: string; readonly url: string; readonly authorization: string | undefined }[] =
    [];
  /** Who answers what is not kept here; this then stands before it as a gateway. */
  upstream: string | undefined;
  written = 0;
  conflicts = 0;
  /** Called before a write is looked at. */
  beforeWrite: (id: string) => Promise<void> = () => Promise.resolve();
  url = '';
  private readonly app = fastify({ logger: false, forceCloseConnections: true });
  private readonly records = new Map<string, Versioned>();
  private gathering: Gathering | undefined;

  static async start(): Promise<VersionedStores> {
    const stores = new VersionedStores();
    const { app } = stores;
    app.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, (_request, body, done) =>
      done(null, JSON.parse(String(body))),
    );
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, body),
    );
    app.post('/login/oauth/token', (request, reply) =>
      stores.upstream === undefined
        ? { access_token: 'token', expires_in: 3600 }
        : forward(stores.upstream, request, reply),
    );
    app.setNotFoundHandler((request, reply) =>
      stores.upstream === undefined ? reply.code(404).send({}) : forward(stores.upstream, request, reply),
    );
    app.addHook('onRequest', async ({ method, url, headers }, reply) => {
      if (url.startsWith('/login') || (stores.upstream !== undefined && !url.includes('customattributes'))) return;
      stores.requests.push({ method, url, authorization: headers.authorization });
      const scripted = stores.answers.shift();
      if (scripted !== undefined) {
        await reply
          .code(scripted.status)
          .headers(scripted.headers ?? {})
          .send(scripted.body ?? {});
      }
    });
    stores.serveAttributes(app);
    stores.serveResources(app);
    stores.url = await app.listen({ host: '127.0.0.1', port: 0 });
    return stores;
  }

  close(): Promise<void> {
    return this.app.close();
  }

  /** What a conversation's record holds; empty where there is none. */
  valuesOf(id: string): Values {
    return this.records.get(id)?.values ?? {};
  }

  ids(): string[] {
    return [...this.records.keys()];
  }

  /** Somebody else writes, and keeps no times. */
  overwrite(id: string, values: Values): void {
    this.put(id, { ...this.valuesOf(id), ...values });
  }

  /** The next `count` writes wait for each other, then are done in the order of `rank`. */
  gather(count: number, rank: (sent: Values) => number): void {
    this.gathering = { left: count, rank, waiting: [] };
  }

  private put(id: string, values: Values): void {
    this.records.set(id, { version: (this.records.get(id)?.version ?? 0) + 1, values });
  }

  /** True when the write was done: the one check. */
  private async write(id: string, sent: Values, isCurrent: (known: Known) => boolean, all: boolean): Promise<boolean> {
    await this.beforeWrite(id);
    await this.turn(sent);
    if (this.checks && !isCurrent(this.records.get(id))) {
      this.conflicts += 1;
      return false;
    }
    this.put(id, all ? sent : { ...this.valuesOf(id), ...sent });
    this.written += 1;
    return true;
  }

  private async turn(sent: Values): Promise<void> {
    const group = this.gathering;
    if (group === undefined) return;
    group.left -= 1;
    await new Promise<void>((go) => {
      group.waiting.push({ rank: group.rank(sent), go });
      if (group.left > 0) return;
      this.gathering = undefined;
      // when the last one waits as well, or it would go on after all the others
      setImmediate(() => {
        for (const next of group.waiting.toSorted((one, other) => one.rank - other.rank)) next.go();
      });
    });
  }

  private serveAttributes(app: FastifyInstance): void {
    app.get<Params>(`${ATTRIBUTES}/:recordId`, ({ params: { id } }, reply) => {
      const record = this.records.get(id);
      if (record === undefined) return reply.code(404).send({ status: 404, code: 'not.found', message: 'none' });
      return reply.send({ id, version: record.version, divisions: [], customAttributes: record.values });
    });
    const handle = (all: boolean) => async (request: FastifyRequest<Params>, reply: FastifyReply) => {
      const { version, customAttributes } = request.body as { version?: number; customAttributes: Values };
      const isCurrent = (known: Known): boolean => version === (known?.version ?? 0);
      if (await this.write(request.params.id, customAttributes, isCurrent, all)) return reply.send({});
      return reply.code(409).send({ status: 409, code: 'general.conflict', message: 'not the latest version' });
    };
    app.patch<Params>(ATTRIBUTES, handle(false));
    app.put<Params>(ATTRIBUTES, handle(true));
  }

  /** A resource is there for every conversation, as with a CRM that made one when the conversation began. */
  private serveResources(app: FastifyInstance): void {
    const tag = (known: Known): string => this.etag ?? `"${known?.version ?? 0}"`;
    app.get<Params>('/conversations/:id', ({ params: { id } }, reply) =>
      reply.header('ETag', tag(this.records.get(id))).send(this.valuesOf(id)),
    );
    const handle = (all: boolean) => async (request: FastifyRequest<Params>, reply: FastifyReply) => {
      const isCurrent = (known: Known): boolean => request.headers['if-match'] === tag(known);
      const done = await this.write(request.params.id, request.body as Values, isCurrent, all);
      return reply.code(done ? 204 : 412).send();
    };
    app.patch<Params>('/conversations/:id', handle(false));
    app.put<Params>('/conversations/:id', handle(true));
  }
}

async function forward(upstream: string, { method, url, headers, body }: FastifyRequest, reply: FastifyReply) {
  const { authorization = '', 'content-type': type = 'application/json' } = headers;
  const sent = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(new URL(url, upstream), {
    method,
    headers: { authorization, 'content-type': type },
    ...(body === undefined ? {} : { body: sent }),
  });
  return reply
    .code(answer.status)
    .type('application/json')
    .send(await answer.text());
}
