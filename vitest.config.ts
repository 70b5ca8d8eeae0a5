// Test projects: `unit` needs nothing, the others share one private Redis, `warehouse` and `fault` one private PostgreSQL
// too, started by the global set-ups.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/support/closing-line-reporter.ts';

// read by Node when a test process starts: what a person with an authority of their own sets (test/fixtures/certificates)
process.env['NODE_EXTRA_CA_CERTS'] = fileURLToPath(
  new URL('test/fixtures/certificates/authority.pem', import.meta.url),
);

const project = (name: string, include: string[], extra: object = {}) => ({
  test: { name, include, testTimeout: 60_000, hookTimeout: 120_000, ...extra },
});
const withRedis = { globalSetup: ['test/support/global-setup.ts'] };
const withBoth = { globalSetup: ['test/support/global-setup.ts', 'test/support/warehouse-setup.ts'] };

export default defineConfig({
  test: {
    reporters: ['default', new ClosingLineReporter()],
    // most tests wait for Redis, a socket, a browser or a process rather than for a core; more of them at once would
    // make tests slow that move real processes
    maxWorkers: 2,
    projects: [
      project('unit', ['test/unit/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/sdk/**/*.test.ts']),
      project('redis', ['test/redis/**/*.test.ts'], withRedis),
      project('warehouse', ['test/warehouse/**/*.test.ts'], withBoth),
      project('e2e', ['test/e2e/**/*.test.ts'], withRedis),
      project('fault', ['test/fault/**/*.test.ts'], { ...withBoth, testTimeout: 120_000 }),
      project('browser', ['test/browser/**/*.test.ts'], withRedis),
    ],
  },
});
