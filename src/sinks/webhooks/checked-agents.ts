// Connections that go only where the guard lets them. Invariant: a name is resolved once, and the address that was
// judged is the address that is connected to: a name that means another address a moment later (DNS rebinding) gains
// nothing. No connection is kept: one that was judged for one call is never used for another.
import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { Poison } from '../../runtime/errors.ts';
import type { TargetGuard } from './target-guard.ts';

export type Resolve = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface CheckedAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  /** Why the guard let none of the addresses pass, once it did. */
  readonly refusal: () => string | undefined;
}

export function checkedAgents(url: URL, guard: TargetGuard, resolve: Resolve = systemLookup): CheckedAgents {
  let refusal: string | undefined;
  const lookup: LookupFunction = (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, '', 0);
      const passed = found.filter(({ address }) => guard.problemAt(url, address) === undefined);
      const [first] = passed;
      if (first === undefined) {
        refusal = guard.problemAt(url, found[0]?.address ?? '') ?? 'its host name leads to no IP address';
        return done(new Poison('target_refused', refusal), '', 0);
      }
      return options.all === true ? done(null, passed) : done(null, first.address, first.family);
    });
  };
  const options = { lookup, keepAlive: false };
  return { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options), refusal: () => refusal };
}

/** What the guard says of where `url` leads now; a name that leads nowhere yet is judged when it is called. */
export function problemNow(url: URL, guard: TargetGuard, resolve: Resolve = systemLookup): Promise<string | undefined> {
  const problem = guard.problemOf(url);
  if (problem !== undefined) return Promise.resolve(problem);
  return new Promise((settle) => {
    resolve(url.hostname.replaceAll(/^\[|\]$/g, ''), { all: true }, (error, found) => {
      if (error !== null) return settle(guard.problemUnresolved(url));
      const problems = found.map(({ address }) => guard.problemAt(url, address));
      return settle(problems.includes(undefined) ? undefined : problems[0]);
    });
  });
}
