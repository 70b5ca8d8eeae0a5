// Which targets a webhook may go to. Invariants: an address is judged as a number, in whatever form it was written;
// what is not plainly public is refused unless the operator's list allows it; a list by name opens private networks,
// never the link-local addresses where machines keep their credentials.
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

export interface TargetRules {
  /** Addresses, CIDR ranges and host names, joined by commas, each with `:port` or without. */
  readonly allow: string | undefined;
  /** Where anybody else may be called, joined by commas. */
  readonly ports: string;
}

export interface TargetGuard {
  /** What is wrong with `url` as it is written; what a name leads to is judged by `problemAt`. */
  problemOf(url: URL): string | undefined;
  /** What is wrong with calling `url` while nobody knows where its name leads. */
  problemUnresolved(url: URL): string | undefined;
  /** What is wrong with calling `url` at this address. */
  problemAt(url: URL, address: string): string | undefined;
}

interface Allowed {
  readonly range?: [Address, number];
  readonly host?: string;
  readonly port: number | undefined;
}

/** Public by their number, and yet a machine's own: the host agent of a large cloud answers there. */
const MACHINES_OWN: ReadonlySet<string> = new Set(['168.63.129.16']);
/** IPv6 hands out public addresses from here alone. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** What a host name on the list opens. */
const PRIVATE: ReadonlySet<string> = new Set(['unicast', 'private', 'loopback', 'uniqueLocal', 'carrierGradeNat']);

const ADVICE = 'list it in THROUGHLINE_WEBHOOK_ALLOW if it is meant to be called';

export function targetGuard({ allow, ports }: TargetRules): TargetGuard {
  const allowed = (allow ?? '').split(',').filter((text) => text !== '').map(parseAllowed); // prettier-ignore
  const open = new Set(ports.split(',').map(Number));
  const problemAt = (url: URL, text: string): string | undefined => {
    const address = addressOf(text);
    if (address === undefined) return 'its host name leads to no IP address';
    if (isListed(allowed, url, address)) return undefined;
    const range = rangeOf(address);
    if (range !== 'unicast') return `its address is not public (${range}); ${ADVICE}`;
    return publicProblem(url, open);
  };
  return {
    problemAt,
    problemOf: (url) => {
      const literal = literalOf(url);
      return formProblem(url) ?? (literal === undefined ? undefined : problemAt(url, literal));
    },
    problemUnresolved: (url) =>
      allowed.some(({ host }) => host === hostOf(url)) ? undefined : publicProblem(url, open),
  };
}

/** The address that stands in the URL in place of a name. */
export function literalOf(url: URL): string | undefined {
  const host = hostOf(url);
  return ipaddr.isValid(host) ? host : undefined;
}

/** Undefined where it can be parsed; for the configuration. */
export function allowProblem(text: string): string | undefined {
  for (const entry of text.split(',')) {
    const { range, host, port } = parseAllowed(entry);
    const isHost = host !== undefined && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(host) && !/^[\d.]+$/.test(host);
    const isPort = port === undefined || (port >= 1 && port <= 65_535);
    if ((range === undefined && !isHost) || !isPort) return entry;
  }
  return undefined;
}

function parseAllowed(text: string): Allowed {
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([^:]*|[^[\]]*:[^[\]]*:[^[\]]*))(?::(\d{1,5}))?$/.exec(text.trim()) ?? []; // prettier-ignore
  const port = portText === undefined ? undefined : Number(portText);
  const target = (bracketed ?? plain ?? '').toLowerCase();
  const isRange = target.includes('/') ? ipaddr.isValidCIDR(target) : ipaddr.isValid(target);
  if (!isRange) return { host: target.replace(/\.$/, ''), port };
  if (target.includes('/')) return { range: ipaddr.parseCIDR(target), port };
  const address = ipaddr.process(target);
  return { range: [address, address.kind() === 'ipv4' ? 32 : 128], port };
}

function isListed(allowed: readonly Allowed[], url: URL, address: Address): boolean {
  const port = portOf(url);
  return allowed.some((entry) => {
    if (entry.port !== undefined && entry.port !== port) return false;
    if (entry.range !== undefined) return isWithin(address, entry.range);
    return entry.host === hostOf(url) && PRIVATE.has(rangeOf(address));
  });
}

const isWithin = (address: Address, [network, bits]: [Address, number]): boolean =>
  address.kind() === network.kind() && address.match(network, bits);

function addressOf(text: string): Address | undefined {
  // an IPv4 address in the clothes of an IPv6 one is judged as what it is
  return ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
}

function rangeOf(address: Address): string {
  const range = address.range();
  if (range !== 'unicast') return range;
  if (MACHINES_OWN.has(address.toString())) return 'reserved';
  return address.kind() === 'ipv6' && !isWithin(address, GLOBAL_UNICAST) ? 'reserved' : 'unicast';
}

function formProblem({ protocol, username, password }: URL): string | undefined {
  if (protocol !== 'https:' && protocol !== 'http:') return 'must be an https:// address';
  if (username !== '' || password !== '') return 'must hold no user name and password: send a header instead';
  return undefined;
}

function publicProblem(url: URL, ports: ReadonlySet<number>): string | undefined {
  if (url.protocol !== 'https:') return `must be an https:// address; ${ADVICE}`;
  if (!ports.has(portOf(url))) return `its port is not in THROUGHLINE_WEBHOOK_PORTS (${[...ports].join(', ')})`;
  return undefined;
}

const hostOf = (url: URL): string => url.hostname.toLowerCase().replaceAll(/^\[|\]$/g, '').replace(/\.$/, ''); // prettier-ignore

const portOf = ({ port, protocol }: URL): number => (port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port));
