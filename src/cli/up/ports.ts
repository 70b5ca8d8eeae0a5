// Ports before anything is started: taken ones are named with who needs them and what to change.
import { createServer } from 'node:net';

export interface PortNeed {
  readonly host: string;
  readonly port: number;
  /** As in "the API and console need it". */
  readonly who: string;
  readonly variable: string;
}

/** One sentence for each port that cannot be had. */
export async function portProblems(needs: readonly PortNeed[]): Promise<string[]> {
  const problems = await Promise.all(needs.map(problemOf));
  return problems.filter((problem) => problem !== undefined);
}

/** A port that was free a moment ago; for settings that say 0. */
export async function freePort(host: string): Promise<number> {
  const attempt = await tryToListen(host, 0);
  if (typeof attempt === 'string') throw new Error(`no port can be had on ${host} (${attempt})`);
  return attempt;
}

async function problemOf(need: PortNeed): Promise<string | undefined> {
  const { host, port, who, variable } = need;
  const attempt = await tryToListen(host, port);
  if (typeof attempt === 'number') return undefined;
  if (attempt === 'EADDRINUSE') {
    const other = await freePort(host);
    return `Port ${port} on ${host} is taken; ${who} needs it. Stop what uses it, or set ${variable} to a free port such as ${other}.`;
  }
  if (attempt === 'EACCES') {
    return `Port ${port} on ${host} may not be used by this user; ${who} needs it. Set ${variable} to a port above 1023.`;
  }
  return `${who} cannot listen on ${host}:${port} (${attempt}). Change ${variable}, or the address it listens on.`;
}

/** The port that was had, and let go again; or the system's code for why not. */
function tryToListen(host: string, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}
