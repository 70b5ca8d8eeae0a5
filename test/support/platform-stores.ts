// The custom attributes of the emulated platform, behind a gateway that holds writes up, orders and counts them. What is
// written, and what is a conflict, the emulator alone decides; as a control the gateway takes the version out of a write.
import { fastify, type FastifyReply, type FastifyRequest } from 'fastify';
import type { GenesysEmulator } from '../../src/emulator/genesys/emulator.ts';
import { platformClient, startQuietly } from '../unit/emulator/platform-client.ts';
import { VersionedStores, type Values } from './versioned-stores.ts';

interface Write {
  readonly id: string;
  readonly version?: number;
  readonly customAttributes: Values;
}

export class PlatformStores extends VersionedStores {
  #platform: GenesysEmulator | undefined;
  #own: GenesysEmulator | undefined;
  readonly #app = fastify({ logger: false, forceCloseConnections: true });

  /** With an emulator of its own, in which one conversation lives on. */
  static async start(): Promise<PlatformStores> {
    const stores = await PlatformStores.before();
    stores.#own = await startQuietly({ speed: 1 });
    stores.stand(stores.#own);
    stores.id = stores.#own.driver.start(1)[0] ?? '';
    return stores;
  }

  /** Before an emulator that is told with `stand`. */
  static async before(): Promise<PlatformStores> {
    const stores = new PlatformStores();
    const app = stores.#app;
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    app.all('/*', (request, reply) => stores.#pass(request, reply));
    stores.url = await app.listen({ host: '127.0.0.1', port: 0 });
    return stores;
  }

  stand(platform: GenesysEmulator): void {
    this.#platform = platform;
  }

  /** To the emulator's controls. */
  async control(path: string, body: unknown): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(new URL(path, this.#emulator().url), { method: 'POST', headers, body: JSON.stringify(body) }); // prettier-ignore
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}`);
  }

  override async close(): Promise<void> {
    await this.#app.close();
    await this.#own?.close();
  }

  override valuesOf(id: string): Values {
    return this.#emulator().driver.find(id)?.customAttributes.get(id)?.values ?? {};
  }

  override async overwrite(id: string, values: Values): Promise<void> {
    const client = await platformClient(this.#emulator().url);
    const body = { id, customAttributes: { ...this.valuesOf(id), ...values } };
    const { status } = await client.call('PUT', `/api/v2/conversations/${id}/customattributes`, body);
    if (status !== 200) throw new Error(`the platform answered ${status}`);
  }

  #emulator(): GenesysEmulator {
    if (this.#platform === undefined) throw new Error('no emulator stands behind this gateway');
    return this.#platform;
  }

  async #pass(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { method, url, body } = request;
    if (method === 'GET' || !url.endsWith('/customattributes')) return this.#forward(request, body, reply);
    const { version, ...rest } = JSON.parse(String(body)) as Write;
    const sent = version === undefined || !this.checks ? rest : { version, ...rest };
    return this.inTurn(rest.id, rest.customAttributes, async () => {
      await this.#forward(request, JSON.stringify(sent), reply);
      if (reply.statusCode === 409) this.conflicts += 1;
      else if (reply.statusCode < 300) this.written += 1;
    });
  }

  async #forward({ method, url, headers }: FastifyRequest, body: unknown, reply: FastifyReply): Promise<void> {
    const { authorization = '', 'content-type': type = 'application/json' } = headers;
    const answer = await fetch(new URL(url, this.#emulator().url), {
      method,
      headers: { authorization, 'content-type': type },
      ...(typeof body === 'string' ? { body } : {}),
    });
    await reply
      .code(answer.status)
      .type('application/json')
      .send(await answer.text());
  }
}
