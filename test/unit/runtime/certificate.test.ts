// Every client that speaks TLS, against real servers whose certificates must be refused: what a person reads names the
// setting and the fix. NODE_EXTRA_CA_CERTS is set for this process (vitest.config.ts), so the fix itself is proven too.
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startEnvelopeSource } from '../../../src/envelopes/source.ts';
import { platformUrls } from '../../../src/genesys/platform-url.ts';
import { createRest } from '../../../src/genesys/rest.ts';
import { createSignIn } from '../../../src/genesys/sign-in.ts';
import { openSocket } from '../../../src/genesys/socket.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { Failure } from '../../../src/runtime/errors.ts';
import { REFUSED_CERTIFICATES, startTlsServer, type TlsServer } from '../../support/certificates.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { eventually } from '../../support/eventually.ts';
import { clientOf, conversation, send } from '../sinks/crm-server.ts';
import { httpAt } from '../sinks/conversation-targets.ts';

let server: TlsServer | undefined;
afterEach(() => server?.close());

const tokens = {
  token: async () => 'token',
  refuse: () => undefined,
  renew: async () => ({ token: 'token', isNew: true }),
};
const urlsAt = (url: string) => platformUrls({ region: 'mypurecloud.com', gatewayUrl: url });
const signIn = (url: string) =>
  createSignIn({ url: urlsAt(url).login, clientId: 'id', clientSecret: 's3cr3t', clock: systemClock }).token();
const call = (url: string) =>
  createRest({ url: urlsAt(url).api, tokens }).call({ method: 'GET', path: '/users', answer: z.unknown() });
const openChannel = (url: string) =>
  openSocket({
    url: `${url.replace('https', 'wss')}/channels/s3cr3t`,
    clock: systemClock,
    onFrame: () => undefined,
    onClose: () => undefined,
  }).opened;
const sendBatch = (url: string) => send(clientOf({ url, token: 's3cr3t' }), [conversation('c')]);
const oauth2 = (tokenUrl: string) => ({
  kind: 'http',
  auth: { type: 'oauth2', tokenUrl: `${tokenUrl}/oauth/s3cr3t` },
});
const signInToCrm = (url: string) =>
  send(clientOf({ url: 'http://127.0.0.1:1', mapping: oauth2(url), clientId: 'id', clientSecret: 's3cr3t' }), [
    conversation('c'),
  ]);
const readConversation = (url: string) => httpAt(`${url}/s3cr3t`).read('c', new AbortController().signal);

const PLATFORM = 'THROUGHLINE_GENESYS_REGION or THROUGHLINE_GENESYS_GATEWAY_URL';
const CLIENTS = [
  ['the sign-in to the platform', signIn, 'certificate', PLATFORM],
  ['the REST API of the platform', call, 'certificate', PLATFORM],
  ['the channel’s socket', openChannel, 'certificate', PLATFORM],
  ['the CRM', sendBatch, 'crm_certificate', 'THROUGHLINE_CRM_URL'],
  ['the sign-in to the CRM', signInToCrm, 'crm_certificate', 'the mapping’s "auth.tokenUrl"'],
  ['the conversations’ HTTP resource', readConversation, 'certificate', 'THROUGHLINE_CONVERSATION_UPDATE_URL'],
] as const;

const outcomeOf = (asked: Promise<unknown>): Promise<unknown> => asked.catch((thrown: unknown) => thrown);

describe.each(CLIENTS)('%s', (_remote, ask, code, setting) => {
  it.each(REFUSED_CERTIFICATES)('with a certificate that is %s (%s)', async (name, nodeCode, words) => {
    server = await startTlsServer(name);
    const failure = await outcomeOf(ask(server.url));
    // retryable: nothing is lost while somebody mends it
    expect(failure).toMatchObject({ kind: 'retryable', code });
    const said = String(failure);
    expect(said).toContain(`the certificate at ${setting} `);
    expect(said).toContain(`(${nodeCode})`);
    expect(said).toMatch(words);
    expect(said).not.toContain('s3cr3t');
  });

  it('control: one that NODE_EXTRA_CA_CERTS vouches for is taken', async () => {
    server = await startTlsServer('trusted');
    const outcome = await outcomeOf(ask(server.url));
    expect(outcome instanceof Failure ? outcome.code : 'answered').not.toBe(code);
  });
});

describe('the socket of envelopes', () => {
  it.each(REFUSED_CERTIFICATES)('with a certificate that is %s (%s)', async (name, nodeCode, words) => {
    server = await startTlsServer(name);
    const lines: string[] = [];
    const source = startEnvelopeSource({
      url: `${server.url.replace('https', 'wss')}/s3cr3t`,
      token: 's3cr3t',
      onEnvelope: () => undefined,
      log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }),
      metrics: createMetrics(),
      clock: createFakeClock(),
    });
    await eventually('a line of the failure', () => lines.length, (count) => count > 0); // prettier-ignore
    await source.stop();
    expect(lines[0]).toContain('the certificate at THROUGHLINE_ENVELOPES_URL ');
    expect(lines[0]).toContain(nodeCode);
    expect(lines[0]).toMatch(words);
    expect(lines.join('')).not.toContain('s3cr3t');
  });
});
