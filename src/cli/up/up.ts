// `throughline up`: everything on this machine. What must hold before anything is started is looked at here, in the
// order a person would want to hear of it; run.ts does the rest.
import { mkdirSync } from 'node:fs';
import { CommandFailure } from '../exit.ts';
import { readSettings } from '../settings.ts';
import { claimInstance, type Instance } from '../../runtime/instance.ts';
import { makePlan } from './plan.ts';
import { portProblems } from './ports.ts';
import { Run, type UpOptions } from './run.ts';
import { ensureSecrets } from './secrets.ts';

export async function up(options: UpOptions): Promise<number> {
  const startedAt = options.clock.now();
  const settings = readSettings(options.environment);
  const { dataDir } = settings;
  makePrivateFolder(dataDir);
  const claim = claimInstance(dataDir);
  if (!claim.taken) throw new CommandFailure(alreadyRuns(claim.by, dataDir));
  try {
    const secrets = ensureSecrets(dataDir);
    const plan = await makePlan(settings, secrets);
    const problems = await portProblems(plan.ports);
    if (problems.length > 0) throw new CommandFailure(problems.join('\n'));
    claim.announce(plan.consoleUrl);
    return await new Run({ ...options, settings, plan, startedAt }).untilStopped();
  } finally {
    claim.release();
  }
}

function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new CommandFailure(
      `The data folder ${folder} cannot be made (${code}). Set THROUGHLINE_DATA_DIR to a folder this user may write to.`,
    );
  }
}

function alreadyRuns({ pid, consoleUrl }: Instance, dataDir: string): string {
  const where = consoleUrl === undefined ? '' : ` Its console: ${consoleUrl}`;
  return (
    `Throughline already runs here (process ${pid}, data folder ${dataDir}).${where}\n` +
    'Stop that one first, or give this one its own THROUGHLINE_DATA_DIR and ports.'
  );
}
