// A Redis server program that can be started: how it is called and proven to be new enough.
import { run, type Variables } from '../../embedded/command.ts';

export interface RedisBinary {
  readonly command: string;
  /** Added to the environment it runs in: where its libraries are. */
  readonly variables: Variables;
  readonly version: string;
}

/** BullMQ and the partition scripts need 6.2 (XTRIM MINID, LMOVE). */
export const MINIMUM_VERSION = [6, 2] as const;

export const isNewEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > MINIMUM_VERSION[0] || (major === MINIMUM_VERSION[0] && minor >= MINIMUM_VERSION[1]);
};

export type Proof = { readonly binary: RedisBinary } | { readonly reason: string };

/** Runs `command --version`: it must start on this machine, and be new enough. */
export async function prove(command: string, environment: Variables, variables: Variables = {}): Promise<Proof> {
  const answer = await run(command, ['--version'], {
    environment: { ...environment, ...variables },
    timeoutMs: 5000,
  });
  if (answer.missing) return { reason: 'not on PATH' };
  const version = /\bv=(\d+\.\d+\.\d+)/.exec(answer.stdout)?.[1];
  if (!answer.ok || version === undefined) return { reason: `does not run: ${answer.reason || 'unknown version'}` };
  if (!isNewEnough(version)) return { reason: `version ${version} is older than ${MINIMUM_VERSION.join('.')}` };
  return { binary: { command, variables, version } };
}
