// Asks the API of a running Throughline, with the console's password. Invariants: bounded in time; every way to fail is a
// sentence that says what to do; an answer is understood or named as not understood; the password is never printed.
import { z } from 'zod';
import { CommandFailure } from './exit.ts';
import type { Settings } from './settings.ts';
import { runningInstance } from '../runtime/instance.ts';
import { urlOf } from './up/plan.ts';
import { readSecrets, secretsPath } from './up/secrets.ts';

/** A scan of many dead letters may take the API half a minute. */
const TIMEOUT_MS = 40_000;

export interface ApiAccess {
  readonly url: string;
  readonly password: string;
  /** For people: where the password was found. */
  readonly passwordFrom: string;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: object;
}

export type AskApi = <T>(request: ApiRequest, schema: z.ZodType<T>) => Promise<T>;

export function apiAccess({ config, dataDir }: Settings): ApiAccess {
  const url = runningInstance(dataDir)?.consoleUrl ?? urlOf(config.apiHost, config.apiPort);
  if (config.consolePassword !== undefined) {
    return { url, password: config.consolePassword, passwordFrom: 'THROUGHLINE_CONSOLE_PASSWORD' };
  }
  const made = readSecrets(dataDir)?.consolePassword;
  if (made !== undefined) return { url, password: made, passwordFrom: secretsPath(dataDir) };
  throw new CommandFailure(
    `There is no password for ${url}: nothing was ever started here. Set THROUGHLINE_CONSOLE_PASSWORD to that of the API.`,
  );
}

export function apiAt(access: ApiAccess): AskApi {
  return async (request, schema) => {
    const { status, body } = await exchange(access, request);
    if (status === 401) {
      throw new CommandFailure(`${access.url} does not take the password of ${access.passwordFrom}.`);
    }
    if (status < 200 || status > 299) throw new CommandFailure(refusal(access.url, status, body));
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new CommandFailure(
      `${access.url} is not to be understood: is it another version of Throughline, or another program?`,
    );
  };
}

async function exchange(access: ApiAccess, { method, path, query = {}, body }: ApiRequest) {
  const url = new URL(path, access.url);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const credentials = Buffer.from(`throughline:${access.password}`).toString('base64');
  try {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Basic ${credentials}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    return { status: response.status, body: answer };
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw new CommandFailure(`${access.url} did not answer within ${TIMEOUT_MS / 1000} seconds.`);
    }
    throw new CommandFailure(
      `Nothing answers at ${access.url}. Start Throughline with: npx throughline up, ` +
        'or set THROUGHLINE_API_HOST and THROUGHLINE_API_PORT to where its API listens.',
    );
  }
}

const problemSchema = z.object({ code: z.string().max(100), detail: z.string().max(2000) });

function refusal(url: string, status: number, body: unknown): string {
  const problem = problemSchema.safeParse(body);
  return problem.success ? problem.data.detail : `${url} is not to be understood: it answered ${status}.`;
}
