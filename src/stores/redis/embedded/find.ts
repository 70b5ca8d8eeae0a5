// Looks for a Redis or Valkey server on PATH.
import { prove, type RedisBinary } from './binary.ts';
import type { Variables } from '../../embedded/command.ts';

const PROGRAMS = ['redis-server', 'valkey-server'] as const;

export type Found =
  | { readonly binary: RedisBinary; readonly reasons: readonly string[] }
  | { readonly binary: undefined; readonly reasons: readonly string[] };

/** The first that runs and is new enough, and why those before it were passed over. */
export async function findOnPath(environment: Variables): Promise<Found> {
  const reasons: string[] = [];
  for (const program of PROGRAMS) {
    const proof = await prove(program, environment);
    if ('binary' in proof) return { binary: proof.binary, reasons };
    reasons.push(`${program}: ${proof.reason}`);
  }
  return { binary: undefined, reasons };
}
