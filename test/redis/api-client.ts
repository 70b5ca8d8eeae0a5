// Asking the API in tests: as a script does (HTTP Basic) or as a browser does (cookie and Origin).
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import type { ApiNeeds } from '../../src/api/needs.ts';
import type { Api } from '../../src/api/server.ts';
import { PASSWORD, startSampleApi } from '../browser/support/sample-api.ts';
import { sampleDeployment, type SampleDeployment, type SampleOptions } from '../browser/support/sample-deployment.ts';

/** The sources hold the pages themselves; only the modules need a build. */
const CONSOLE_SOURCES = fileURLToPath(new URL('../../src/console', import.meta.url));

type Init = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> };

export interface Rig {
  readonly api: Api;
  readonly deployment: SampleDeployment;
  readonly now: number;
  /** With the password. */
  ask(path: string, init?: Init): Promise<Response>;
  /** With what `init` holds and nothing else; redirects are not followed. */
  askAnyone(path: string, init?: Init): Promise<Response>;
  close(): Promise<void>;
}

export const basic = (password: string): string => `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}`;

export async function apiRig(sample: Partial<SampleOptions> = {}, changes: Partial<ApiNeeds> = {}): Promise<Rig> {
  const now = sample.now ?? Date.now();
  const size = { conversations: 12, deadLetters: 0, ...sample };
  const deployment = await sampleDeployment({ redisUrl: inject('redisUrl'), ...size, now });
  const api = await startSampleApi(deployment, { consoleDir: CONSOLE_SOURCES, ...changes });
  const askAnyone = (path: string, init: Init = {}): Promise<Response> =>
    fetch(`${api.url}${path}`, { redirect: 'manual', ...init });
  return {
    api,
    deployment,
    now,
    askAnyone,
    ask: (path, init = {}) =>
      askAnyone(path, { ...init, headers: { authorization: basic(PASSWORD), ...init.headers } }),
    close: async () => {
      await api.close();
      await deployment.close();
    },
  };
}

/** The answer to signing in, and the cookie it sets, ready to be sent back. */
export async function signIn(rig: Pick<Rig, 'askAnyone'>, password = PASSWORD, query = '') {
  const response = await rig.askAnyone(`/sign-in${query}`, { method: 'POST', body: new URLSearchParams({ password }) });
  const setCookie = response.headers.get('set-cookie') ?? '';
  return { response, setCookie, cookie: setCookie.split(';')[0] ?? '' };
}
