// Bull Board at /queues, for every queue. Invariants: no payload leaves unredacted, and only what is safe to press is
// let through: editing or adding a job would put content in that no stage has checked, obliterating loses letters.
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { UIConfig } from '@bull-board/api/typings/app';
import { FastifyAdapter } from '@bull-board/fastify';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { INLINE_STYLES_POLICY } from '../security-headers.ts';
import { redact } from './board-redaction.ts';

const BASE = '/queues';
/** Retrying some thousand jobs takes its time; waiting for a Redis that is gone must end. */
const ANSWER_WITHIN_MS = 30_000;

const SAFE_CHANGES: ReadonlySet<string> = new Set([
  '/api/queues/pause',
  '/api/queues/resume',
  '/api/queues/:queueName/pause',
  '/api/queues/:queueName/resume',
  '/api/queues/:queueName/retry/:queueStatus',
  '/api/queues/:queueName/promote',
  '/api/queues/:queueName/clean/:queueStatus',
  '/api/queues/:queueName/:jobId/retry',
  '/api/queues/:queueName/:jobId/promote',
  '/api/queues/:queueName/:jobId/clean',
]);

const MARK = '/assets/mark.svg';
const UI: UIConfig = {
  boardTitle: 'Throughline queues',
  boardLogo: { path: MARK, width: 28, height: 28 },
  favIcon: { default: MARK, alternative: MARK },
  miscLinks: [{ text: 'Console', url: '/' }],
  hideDocsLink: true,
  jobDetails: { defaultTab: 'Data' },
};

/** Its page asks a font host for a typeface; ours asks nobody. */
const FOREIGN_FONTS = /<link[^>]*href="https:[^>]*>/g;

export async function boardRoutes(app: App, { queues }: ApiNeeds): Promise<void> {
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(BASE);
  createBullBoard({
    queues: queues.map(({ queue, does }) => {
      const adapter = new BullMQAdapter(queue, { description: does });
      adapter.setFormatter('data', redact);
      adapter.setFormatter('returnValue', redact);
      adapter.setFormatter('progress', redact);
      return adapter;
    }),
    serverAdapter,
    options: {
      uiConfig: UI,
      handlerHooks: {
        before: ({ method, route }) =>
          method === 'get' || SAFE_CHANGES.has(route)
            ? { allow: true }
            : { allow: false, status: 403, message: 'Not done from here: it could lose or forge a job.' },
      },
    },
  });
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.handlerTimeout ??= ANSWER_WITHIN_MS;
    });
    scope.addHook('onSend', async (_request, reply, payload) => {
      reply.header('content-security-policy', INLINE_STYLES_POLICY);
      return typeof payload === 'string' ? payload.replaceAll(FOREIGN_FONTS, '') : payload;
    });
    await scope.register(serverAdapter.registerPlugin(), { prefix: BASE });
  });
}
