// Is it alive, is it ready, which version is it: for whoever starts and watches processes. Open, and cheap to ask.
import { z } from 'zod';
import { delay, type Clock } from '../../runtime/clock.ts';
import type { WarehouseState } from '../../stores/warehouse/warehouse.ts';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { ProblemError, problemResponse } from '../problem.ts';

/** A balancer asks every few seconds and does not wait long. */
const PING_MS = 1000;

const open = { config: { open: true } };
const tags = ['Operations'];
const statusSchema = z.object({ status: z.string() });
const readySchema = statusSchema.extend({
  warehouse: z.enum(['ready', 'away', 'off']).describe('The SQL store: told, and not waited for'),
});

export function healthRoutes(
  app: App,
  { redis, version, clock, warehouse }: ApiNeeds,
  isDraining: () => boolean,
): void {
  const healthz = { tags, summary: 'The process runs', security: [], response: { 200: statusSchema } };
  app.get('/healthz', { ...open, schema: healthz }, () => ({ status: 'alive' }));

  const readyz = {
    tags,
    summary: 'The process can answer: Redis is reachable and it is not being stopped',
    security: [],
    response: { 200: readySchema, 503: problemResponse('Draining, or Redis cannot be reached') },
  };
  app.get('/readyz', { ...open, schema: readyz }, async () => {
    if (isDraining()) throw new ProblemError(503, 'draining', 'This process is being stopped.');
    if (!(await answersInTime(redis.ping(), clock))) {
      throw new ProblemError(503, 'redis_unreachable', `Redis did not answer within ${PING_MS} ms.`);
    }
    return { status: 'ready', warehouse: told(warehouse?.state()) };
  });

  const versionSchema = z.object({ name: z.literal('throughline'), version: z.string() });
  const versionRoute = { tags, summary: 'Which version runs', security: [], response: { 200: versionSchema } };
  app.get('/version', { ...open, schema: versionRoute }, () => ({ name: 'throughline' as const, version }));
}

const told = (state: WarehouseState | undefined) =>
  state === undefined ? ('off' as const) : state.answers && state.ready ? ('ready' as const) : ('away' as const);

async function answersInTime(ping: Promise<unknown>, clock: Clock): Promise<boolean> {
  const over = new AbortController();
  const answered = ping.then(
    () => true,
    () => false,
  );
  const late = delay(clock, PING_MS, over.signal).then(() => false);
  try {
    return await Promise.race([answered, late]);
  } finally {
    over.abort();
  }
}
