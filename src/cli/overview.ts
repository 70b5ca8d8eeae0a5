// Asks a running Throughline how it does. Invariant: bounded in time; an answer is understood or named as not understood.
import { overviewSchema, type Overview } from '../api/sampling/overview-schema.ts';

export type OverviewAnswer =
  | { readonly kind: 'overview'; readonly overview: Overview }
  /** Nobody listens there, or nobody answers in time. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'strange'; readonly reason: string };

const TIMEOUT_MS = 3000;

/** There is one password and no user name. */
const authorization = (password: string): string =>
  `Basic ${Buffer.from(`throughline:${password}`).toString('base64')}`;

export async function askOverview(consoleUrl: string, password: string): Promise<OverviewAnswer> {
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(`${consoleUrl}/api/v1/overview`, {
      headers: { authorization: authorization(password) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    body = await response.json().catch(() => undefined);
  } catch {
    return { kind: 'absent' };
  }
  if (response.status === 401) return { kind: 'refused' };
  if (!response.ok) return { kind: 'strange', reason: `it answered ${response.status}` };
  const parsed = overviewSchema.safeParse(body);
  return parsed.success
    ? { kind: 'overview', overview: parsed.data }
    : { kind: 'strange', reason: 'its answer is not an overview: is it another version, or another program?' };
}
