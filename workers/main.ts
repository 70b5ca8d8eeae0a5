// Entry of every process: one image, the role by argument (`--role worker`). Says {type: 'ready'} to its parent once it
// works; exits 78 when only a person can help (configuration, credentials).
import { parseArgs } from 'node:util';
import { readEnvironment } from '../src/config/environment.ts';
import { describeProblems, loadConfig } from '../src/config/load.ts';
import { createLogger } from '../src/observability/logger.ts';
import { runProcess } from '../src/runtime/lifecycle.ts';
import { startApiRole } from './roles/api.role.ts';
import { startEmulatorRole } from './roles/emulator.role.ts';
import { layFoundation, type Foundation, type RunningRole } from './roles/foundation.ts';
import { startIngester } from './roles/ingester.role.ts';
import { startWorker } from './roles/worker.role.ts';

type StartRole = (base: Foundation, onFatal: (failure: unknown) => void) => Promise<RunningRole> | RunningRole;

const roles: Readonly<Record<string, StartRole>> = {
  ingester: startIngester,
  worker: startWorker,
  api: startApiRole,
  emulator: startEmulatorRole,
};

const EXIT_USAGE = 2;
const EXIT_CONFIGURATION = 78;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { role: { type: 'string' } } });
  const role = values.role ?? '';
  const startRole = roles[role];
  if (startRole === undefined) {
    process.stderr.write(`--role must be one of ${Object.keys(roles).join(', ')}\n`);
    process.exit(EXIT_USAGE);
  }
  const loaded = loadConfig(readEnvironment());
  if (!loaded.ok) {
    process.stderr.write(describeProblems(loaded.problems));
    process.exit(EXIT_CONFIGURATION);
  }
  const { config } = loaded;
  await runProcess({
    role,
    log: createLogger({ level: config.logLevel, role }),
    drainDeadlineMs: config.drainDeadlineMs,
    start: async (signal, onFatal) => {
      const base = await layFoundation(role, config, { signal });
      base.checks.set('role', () => Promise.reject(new Error('it is starting')));
      const running = await startRole(base, onFatal);
      base.checks.delete('role');
      return {
        stop: async () => {
          base.drain();
          await running.stop();
          await base.stop();
        },
      };
    },
  });
}

await main();
