// The configuration as commands use it: settled, or ended with every problem on the screen.
import { resolve } from 'node:path';
import { readEnvironment } from '../config/environment.ts';
import type { Config } from '../config/entries.ts';
import { describeProblems, loadConfig, type Environment } from '../config/load.ts';
import { projectRoot } from '../runtime/version.ts';
import { CommandFailure, EXIT_USAGE } from './exit.ts';

export interface Settings {
  readonly environment: Environment;
  readonly config: Config;
  /** Absolute. A relative setting is inside the project, so that every command finds the same one from anywhere. */
  readonly dataDir: string;
}

export function readSettings(environment: Environment = readEnvironment()): Settings {
  const loaded = loadConfig(environment);
  if (!loaded.ok) throw new CommandFailure(describeProblems(loaded.problems).trimEnd(), EXIT_USAGE);
  const { config } = loaded;
  return { environment, config, dataDir: resolve(projectRoot(), config.dataDir) };
}
