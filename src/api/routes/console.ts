// The console's files. Invariant: pages are behind the sign-in; scripts and styles are not (the sign-in page needs
// them, and they hold nothing but code).
import fastifyStatic from '@fastify/static';
import { basename, dirname } from 'node:path';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';

const ASSETS = '/assets/';
/** The pages lie beside them, and are not for everybody. */
const CODE = /\.(js|css|svg)$/;

export async function consoleRoutes(app: App, { consoleDir, assets }: ApiNeeds): Promise<void> {
  // a scope of its own: Bull Board and the API docs each bring their own file server
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, open: route.url.startsWith(ASSETS) };
      route.schema = { ...route.schema, hide: true };
    });
    await scope.register(fastifyStatic, {
      root: consoleDir,
      prefix: ASSETS,
      index: false,
      // asked again each time and answered with 304: an upgrade shows at once
      cacheControl: false,
      setHeaders: (reply) => void reply.header('cache-control', 'no-cache'),
      allowedPath: (path, _root, request) => !request.url.startsWith(ASSETS) || CODE.test(path),
    });
    scope.get('/', (_request, reply) => reply.sendFile('index.html'));
    scope.get('/attributes', (_request, reply) => reply.sendFile('attributes.html'));
    for (const [name, path] of Object.entries(assets)) {
      scope.get(`${ASSETS}vendor/${name}`, (_request, reply) => reply.sendFile(basename(path), dirname(path)));
    }
  });
}
