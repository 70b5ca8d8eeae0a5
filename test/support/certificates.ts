// A TLS server on 127.0.0.1 that shows one of the certificates of test/fixtures/certificates.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export type CertificateName = 'trusted' | 'expired' | 'not-yet-valid' | 'other-host' | 'self-signed';

/** Every certificate that must be refused, with Node's name for why and what a person must read of it. */
export const REFUSED_CERTIFICATES = [
  ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT', /signed by nobody .* NODE_EXTRA_CA_CERTS/],
  ['expired', 'CERT_HAS_EXPIRED', /has expired .* renewed/],
  ['not-yet-valid', 'CERT_NOT_YET_VALID', /not valid yet .* clock/],
  ['other-host', 'ERR_TLS_CERT_ALTNAME_INVALID', /for another host name .* name/],
] as const;

export interface TlsServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const pem = (name: string): Buffer => readFileSync(new URL(`../fixtures/certificates/${name}.pem`, import.meta.url));

/** Answers everything with `{}`. */
export async function startTlsServer(name: CertificateName): Promise<TlsServer> {
  const server = createServer({ cert: pem(name), key: pem('key') }, (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
