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
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
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
    const response = await send(access, request, AbortSignal.timeout(TIMEOUT_MS));
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw new CommandFailure(refusal(access, response.status, body));
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new CommandFailure(
      `${access.url} is not to be understood: is it another version of Throughline, or another program?`,
    );
  };
}

/** The body of an answer that may be long, as it comes; rejects when it is broken off. */
export async function* downloadFrom(access: ApiAccess, request: ApiRequest): AsyncGenerator<Uint8Array> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new DOMException('too late', 'TimeoutError')), TIMEOUT_MS);
  const response = await send(access, request, patience.signal).finally(() => clearTimeout(timer));
  if (!response.ok || response.body === null) {
    throw new CommandFailure(refusal(access, response.status, await response.json().catch(() => undefined)));
  }
  try {
    yield* response.body;
  } catch {
    throw new CommandFailure(`${access.url} broke the answer off: what came is not all of it. Its log says why.`);
  }
}

async function send(access: ApiAccess, request: ApiRequest, signal: AbortSignal): Promise<Response> {
  const { method, path, query = {}, body } = request;
  const url = new URL(path, access.url);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const credentials = Buffer.from(`throughline:${access.password}`).toString('base64');
  try {
    return await fetch(url, {
      method,
      headers: { authorization: `Basic ${credentials}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal,
    });
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

function refusal({ url, passwordFrom }: ApiAccess, status: number, body: unknown): string {
  if (status === 401) return `${url} does not take the password of ${passwordFrom}.`;
  const problem = problemSchema.safeParse(body);
  return problem.success ? problem.data.detail : `${url} is not to be understood: it answered ${status}.`;
}
