// Fetches Redis from the packages of Debian or Ubuntu, without root and without installing: apt checks signatures,
// dpkg-deb unpacks into our own folder. Invariant: a half-done fetch is never used (unpacked aside, then renamed).
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { prove, type Proof } from './binary.ts';
import { run, type CommandResult, type Variables } from '../../embedded/command.ts';

export interface FetchOptions {
  /** Owned by this file: the unpacked server, and apt's state while fetching. */
  readonly folder: string;
  readonly environment: Variables;
  readonly onProgress: (message: string) => void;
}

/** The server is in redis-tools: `redis-server` of the package of that name is a link to it. */
const PACKAGE = 'redis-tools';
/** A fresh index is 9 MB and took 1 s; a slow line gets two minutes, a dead one a clear end. */
const NETWORK_TIMEOUT_MS = 120_000;
const LOCAL_TIMEOUT_MS = 30_000;

/** apt calls a source that cannot be reached a warning, and the package then unknown. */
const unreachable = ({ stderr }: CommandResult): string | undefined =>
  /Failed to fetch .*/.exec(stderr)?.[0].slice(0, 300);

export async function fetchRedis(options: FetchOptions): Promise<Proof> {
  const unpacked = join(options.folder, 'server');
  const kept = await proveUnpacked(unpacked, options.environment);
  if ('binary' in kept) return kept;
  const absent = await missingTool(options.environment);
  if (absent !== undefined) return { reason: absent };

  options.onProgress('no Redis on PATH: fetching one from the packages of this distribution');
  const aside = join(options.folder, 'server.part');
  await rm(aside, { recursive: true, force: true });
  try {
    const trouble = await new Apt(options).fetchInto(aside);
    if (trouble !== undefined) return { reason: trouble };
    await rm(unpacked, { recursive: true, force: true });
    await rename(aside, unpacked);
  } finally {
    await rm(join(options.folder, 'apt'), { recursive: true, force: true });
    await rm(aside, { recursive: true, force: true });
  }
  return proveUnpacked(unpacked, options.environment);
}

async function missingTool(environment: Variables): Promise<string | undefined> {
  for (const tool of ['apt-get', 'dpkg-deb']) {
    const { missing, reason } = await run(tool, ['--version'], { environment, timeoutMs: LOCAL_TIMEOUT_MS });
    if (missing) return reason;
  }
  return undefined;
}

async function proveUnpacked(root: string, environment: Variables): Promise<Proof> {
  const server = await serverIn(root);
  return server === undefined
    ? { reason: 'the package holds no redis-server' }
    : prove(server, environment, await librariesOf(root, environment));
}

/** One program, three names: it is a server when called redis-server. */
async function serverIn(root: string): Promise<string | undefined> {
  const bin = join(root, 'usr', 'bin');
  const server = join(bin, 'redis-server');
  if (existsSync(server)) return server;
  if (!existsSync(join(bin, 'redis-check-rdb'))) return undefined;
  await symlink('redis-check-rdb', server);
  return server;
}

async function librariesOf(root: string, environment: Variables): Promise<Variables> {
  const files = await readdir(root, { recursive: true });
  const folders = new Set(files.filter((file) => /\.so(\.|$)/.test(file)).map((file) => dirname(join(root, file))));
  const path = [...folders, environment.LD_LIBRARY_PATH ?? ''].filter((folder) => folder !== '').join(':');
  return path === '' ? {} : { LD_LIBRARY_PATH: path };
}

/** apt with lists and cache of its own: it needs no root, and the machine's own state is left alone. */
class Apt {
  readonly #folder: string;
  readonly #environment: Variables;

  constructor({ folder, environment }: FetchOptions) {
    this.#folder = join(folder, 'apt');
    this.#environment = environment;
  }

  /** Unpacks the server and every library it lacks into `root`; says what went wrong, if something did. */
  async fetchInto(root: string): Promise<string | undefined> {
    await mkdir(join(this.#folder, 'state', 'lists', 'partial'), { recursive: true });
    await mkdir(join(this.#folder, 'cache', 'archives', 'partial'), { recursive: true });
    // Whether it succeeds is not the point: one broken third-party source fails it; the download tells whether it mattered
    const update = await this.#apt('apt-get', ['update', '--quiet'], NETWORK_TIMEOUT_MS);
    const trouble = await this.#add([PACKAGE], root);
    if (trouble !== undefined) return unreachable(update) ?? trouble;
    if ((await this.#missingLibraries(root)).length === 0) return undefined;

    const dependencies = await this.#absentDependencies();
    const stillTrouble = dependencies.length === 0 ? undefined : await this.#add(dependencies, root);
    const lacking = await this.#missingLibraries(root);
    if (lacking.length === 0) return undefined;
    return stillTrouble ?? `its libraries are not to be had: ${lacking.join(', ')}`;
  }

  async #add(packages: readonly string[], root: string): Promise<string | undefined> {
    const debs = join(this.#folder, 'debs');
    await rm(debs, { recursive: true, force: true });
    await mkdir(debs);
    const download = await this.#apt('apt-get', ['download', '--quiet', ...packages], NETWORK_TIMEOUT_MS, debs);
    if (!download.ok) return download.reason;
    for (const deb of await readdir(debs)) {
      const options = { environment: this.#environment, timeoutMs: LOCAL_TIMEOUT_MS };
      const unpack = await run('dpkg-deb', ['--extract', join(debs, deb), root], options);
      if (!unpack.ok) return `${deb}: ${unpack.reason}`;
    }
    return undefined;
  }

  /** Names in the form `liblzf.so.1`; none when it cannot be told (then starting it tells). */
  async #missingLibraries(root: string): Promise<string[]> {
    const server = await serverIn(root);
    if (server === undefined) return [];
    const environment = { ...this.#environment, ...(await librariesOf(root, this.#environment)) };
    const { stdout } = await run('ldd', [server], { environment, timeoutMs: LOCAL_TIMEOUT_MS });
    return [...stdout.matchAll(/^\s*(\S+) => not found/gm)].flatMap(([, library]) => library ?? []);
  }

  /** Direct dependencies that this machine does not have: libjemalloc2, liblzf1 and libatomic1 on Debian 12. */
  async #absentDependencies(): Promise<string[]> {
    const { stdout } = await this.#apt('apt-cache', ['depends', PACKAGE], LOCAL_TIMEOUT_MS);
    const names = [...stdout.matchAll(/^\s*Depends: (lib[a-z0-9.+-]+)$/gm)].flatMap(([, name]) => name ?? []);
    const absent: string[] = [];
    for (const name of names) {
      const status = await run('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name], {
        environment: this.#environment,
        timeoutMs: LOCAL_TIMEOUT_MS,
      });
      if (status.stdout !== 'installed') absent.push(name);
    }
    return absent;
  }

  #apt(
    tool: 'apt-get' | 'apt-cache',
    args: readonly string[],
    timeoutMs: number,
    cwd?: string,
  ): Promise<CommandResult> {
    const settings = [
      `Dir::State=${join(this.#folder, 'state')}`,
      `Dir::Cache=${join(this.#folder, 'cache')}`,
      'Acquire::Languages=none',
      'Acquire::Retries=1',
      'Acquire::http::Timeout=15',
      'Acquire::https::Timeout=15',
      // Run by root, apt would drop to a user who cannot enter our private folder; signatures are checked all the same
      'APT::Sandbox::User=root',
    ];
    const options = { environment: this.#environment, timeoutMs, ...(cwd === undefined ? {} : { cwd }) };
    return run(tool, [...settings.flatMap((setting) => ['-o', setting]), ...args], options);
  }
}
