// Redis in a container, where an engine answers. Invariant: reachable from this machine alone, behind a password made
// for this start; its data is in a named volume and survives the container.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, type CommandResult, type Variables } from '../../embedded/command.ts';
import { probe } from './probe.ts';
import { promises, type RedisChoice } from './promises.ts';
import { hashOf } from './socket-path.ts';

export interface DockerOptions {
  readonly folder: string;
  readonly environment: Variables;
  readonly config: RedisChoice;
  readonly onProgress: (message: string) => void;
}

export type DockerStart =
  | { readonly url: string; readonly stop: () => Promise<void> }
  | { readonly url: undefined; readonly reason: string };

const IMAGE = 'valkey/valkey:8.1-alpine';
/** The image is 15 MB; the first start pulls it. */
const PULL_TIMEOUT_MS = 300_000;
const START_TIMEOUT_MS = 30_000;
const STOP_SECONDS = 10;

export async function startInDocker({ folder, environment, config, onProgress }: DockerOptions): Promise<DockerStart> {
  const docker = (args: readonly string[], timeoutMs = 15_000): Promise<CommandResult> =>
    run('docker', args, { environment, timeoutMs });
  const engine = await docker(['version', '--format', '{{.Server.Version}}'], 5000);
  if (!engine.ok)
    return { url: undefined, reason: engine.missing ? engine.reason : `no engine answers (${engine.reason})` };

  onProgress(`no Redis on PATH: starting ${IMAGE} in Docker`);
  const name = `throughline-redis-${hashOf(folder)}`;
  const password = randomBytes(24).toString('hex');
  const stop = async (): Promise<void> => {
    await docker(['stop', '--time', String(STOP_SECONDS), name], (STOP_SECONDS + 10) * 1000);
  };
  await stop(); // left behind by a run that was killed
  const started = await docker(runArguments(name, password, config), PULL_TIMEOUT_MS);
  if (!started.ok) return { url: undefined, reason: started.reason };
  const port = Number(/:(\d+)\s*$/m.exec((await docker(['port', name, '6379/tcp'])).stdout)?.[1]);
  if (Number.isInteger(port) && (await answers(port, password))) {
    return { url: `redis://:${password}@127.0.0.1:${port}/0`, stop };
  }
  await stop();
  return { url: undefined, reason: `the container does not answer within ${START_TIMEOUT_MS / 1000} s` };
}

function runArguments(name: string, password: string, { redisFsync }: RedisChoice): readonly string[] {
  const container = ['--detach', '--rm', '--name', name, '--publish', '127.0.0.1::6379', '--volume', `${name}:/data`];
  return ['run', ...container, IMAGE, 'valkey-server', ...promises(redisFsync), '--requirepass', password];
}

async function answers(port: number, password: string): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if ((await probe({ host: '127.0.0.1', port }, { password })) === 'ready') return true;
    await sleep(100);
  }
  return false;
}
