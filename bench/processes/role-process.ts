// One role as a process of its own, for chaos, fault and speed runs. It does what workers/main.ts does, and ends itself
// with SIGKILL at a step when it has been told to: by its parent ({type: 'die', step, nth}) or by its second argument
// (`<role> <step>:<nth>`, so that even the first step after the start can be hit).
import { readEnvironment } from '../../src/config/environment.ts';
import { describeProblems, loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { runProcess } from '../../src/runtime/lifecycle.ts';
import { startApiRole } from '../../workers/roles/api.role.ts';
import { layFoundation } from '../../workers/roles/foundation.ts';
import { startIngester } from '../../workers/roles/ingester.role.ts';
import { startWorker } from '../../workers/roles/worker.role.ts';
import { deathAtStep } from './death.ts';

const roles = { ingester: startIngester, worker: startWorker, api: startApiRole };
const [role = '', order] = process.argv.slice(2);
const loaded = loadConfig(readEnvironment());
if (!loaded.ok) throw new Error(describeProblems(loaded.problems));
const { config } = loaded;
const startRole = roles[role as keyof typeof roles];

await runProcess({
  role,
  log: createLogger({ level: config.logLevel, role }),
  drainDeadlineMs: config.drainDeadlineMs,
  start: async (_signal, fail) => {
    const base = await layFoundation(role, config, { onStep: deathAtStep(order) });
    const running = await startRole(base, fail);
    return {
      stop: async () => {
        await running.stop();
        await base.stop();
      },
    };
  },
});
