// All the roles of one `up`: started in their order, stopped in theirs, each within its bound.
import type { Clock } from '../../runtime/clock.ts';
import { CommandFailure, EXIT_FAILED, EXIT_USAGE } from '../exit.ts';
import type { Launch } from './launch.ts';
import type { Plan, RoleInstance } from './plan.ts';
import { RoleFailure, supervise, type Supervisor, type SupervisorEvents } from './supervisor.ts';

export interface CrewOptions extends SupervisorEvents {
  readonly plan: Pick<Plan, 'stopOrder'>;
  readonly launch: Launch;
  readonly clock: Clock;
  /** What a process is given to drain; the kill comes a little later, so that its own end comes first. */
  readonly drainDeadlineMs: number;
}

export interface Crew {
  /** Resolves when all of the group are ready. */
  start(group: readonly RoleInstance[]): Promise<void>;
  /** Names the roles that did not end by themselves, and how. */
  stop(): Promise<readonly string[]>;
  kill(): void;
}

const KILL_GRACE_MS = 2000;

export function createCrew({ plan, drainDeadlineMs, ...options }: CrewOptions): Crew {
  const supervisors = new Map<string, Supervisor>();
  const add = (instance: RoleInstance): Supervisor => {
    const supervisor = supervise({ ...options, instance });
    supervisors.set(instance.name, supervisor);
    return supervisor;
  };
  return {
    start: async (group) => {
      await Promise.all(group.map((instance) => startOrExplain(add(instance))));
    },
    stop: async () => {
      const complaints: string[] = [];
      for (const group of plan.stopOrder) {
        const outcomes = group.map(async ({ name }) => {
          const outcome = (await supervisors.get(name)?.stop(drainDeadlineMs + KILL_GRACE_MS)) ?? 'clean';
          if (outcome === 'killed') complaints.push(`${name} was still busy and had to be killed`);
          if (outcome === 'failed') complaints.push(`${name} ended with an error`);
        });
        await Promise.all(outcomes);
      }
      return complaints;
    },
    kill: () => {
      for (const supervisor of supervisors.values()) supervisor.kill();
    },
  };
}

async function startOrExplain(supervisor: Supervisor): Promise<void> {
  try {
    await supervisor.start();
  } catch (error) {
    if (!(error instanceof RoleFailure)) throw error;
    const exitCode = error.configuration ? EXIT_USAGE : EXIT_FAILED;
    throw new CommandFailure(`${supervisor.instance.name} does not start: it ${error.message}`, exitCode);
  }
}
