// What is wrong with a certificate that a remote showed, and what mends it. Invariant: read off Node's own code alone, whose
// text may hold the address; undefined where TLS was refused for nothing that a certificate says.

/** Node's codes, OpenSSL's X509_V_ERR_* among them; what is none of these but speaks of a certificate is not trusted. */
const PROBLEMS: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  CERT_HAS_EXPIRED: ['has expired', 'have it renewed, and see that the clock of this machine is right'],
  CERT_NOT_YET_VALID: ['is not valid yet', 'see that the clock of this machine is right'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['is for another host name', 'use the name that it was made for'],
  HOSTNAME_MISMATCH: ['is for another host name', 'use the name that it was made for'],
  CERT_REVOKED: ['is revoked', 'have it replaced'],
};
const UNTRUSTED = [
  'is signed by nobody who is trusted here',
  'set NODE_EXTRA_CA_CERTS to the PEM file of its authority, or of the proxy that inspects TLS here, and start again',
] as const;
const ABOUT_TRUST = /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;

/** `setting`: what names the remote. */
export function certificateProblem(code: string, setting: string): string | undefined {
  const [what, fix] = PROBLEMS[code] ?? (ABOUT_TRUST.test(code) ? UNTRUSTED : []);
  if (what === undefined) return undefined;
  return `the certificate at ${setting} ${what} (${code}); ${fix}`;
}
