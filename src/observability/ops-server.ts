// What every process says to those who run it: /healthz, /readyz, /metrics, /version. Invariant: it answers within a
// few seconds whatever the state of what it asks, and tells names and outcomes only.
import fastify from 'fastify';
import type { Config } from '../config/entries.ts';
import type { Metrics } from './metrics.ts';

/** What a role says of itself, by what it is about. */
export type Notes = ReadonlyMap<string, () => Readonly<Record<string, number | boolean | string>>>;

/** Resolves when what it looks at can be worked with. */
export type Check = () => Promise<unknown>;

export interface OpsServerOptions {
  readonly config: Pick<Config, 'opsHost' | 'opsPort'>;
  readonly version: string;
  readonly metrics: Metrics;
  /** Ready is who passes all of them; looked at anew for each answer. */
  readonly checks: ReadonlyMap<string, Check>;
  /** What a check cannot say: shown beside them, judged by nobody. */
  readonly notes?: Notes | undefined;
  /** True from the moment the process is asked to stop: load balancers then look elsewhere while it finishes. */
  readonly isDraining: () => boolean;
}

export interface OpsServer {
  readonly url: string;
  close(): Promise<void>;
}

type CheckResult = 'ok' | 'failed' | 'no answer';

/** Below the usual time limit of a probe (3 to 5 s), so that the probe gets the reason instead of nothing. */
const CHECK_TIMEOUT_MS = 2000;

export async function startOpsServer(options: OpsServerOptions): Promise<OpsServer> {
  const { config, version, metrics, checks } = options;
  const { registry } = metrics;
  const server = fastify({ forceCloseConnections: true, bodyLimit: 1024 });

  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const results = await runChecks(checks);
    const draining = options.isDraining();
    const ready = !draining && Object.values(results).every((result) => result === 'ok');
    const status = draining ? 'draining' : ready ? 'ready' : 'not ready';
    const notes = [...(options.notes ?? [])].map(([name, note]) => [name, note()] as const);
    const told = notes.length === 0 ? {} : { notes: Object.fromEntries(notes) };
    return reply.code(ready ? 200 : 503).send({ status, checks: results, ...told });
  });
  server.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  server.get('/version', () => ({ name: 'throughline', version, node: process.version }));

  return {
    url: await server.listen({ host: config.opsHost, port: config.opsPort }),
    close: () => server.close(),
  };
}

async function runChecks(checks: ReadonlyMap<string, Check>): Promise<Record<string, CheckResult>> {
  const results = [...checks].map(async ([name, check]) => [name, await outcome(check)] as const);
  return Object.fromEntries(await Promise.all(results));
}

async function outcome(check: Check): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(() => resolve('no answer'), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([check().then((): CheckResult => 'ok'), patience]);
  } catch {
    return 'failed';
  } finally {
    clearTimeout(timer);
  }
}
