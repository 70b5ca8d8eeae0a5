// One event as a job-per-event system does it: read the state, apply, write it. Two at a time on one conversation lose
// an update: that is the point of the comparison, not a mistake of it.
import type { Redis } from 'ioredis';
import type { Output } from '../../src/runtime/partition-handler.ts';
import type { Workload } from '../workloads/workload.ts';

export interface JobEvent {
  readonly key: string;
  readonly raw: string;
  readonly receivedAt: number;
}

export const jobState = (conversationId: string): string => `state:${conversationId}`;

export function decodeJob({ handler }: Workload, { raw, receivedAt }: JobEvent) {
  const decoded = handler.decode({ id: '0-0-0', raw, receivedAt });
  if (decoded.kind !== 'apply') throw new Error('the workload holds no event that is set aside');
  return decoded;
}

/** What a later stage needs of the event is its outputs. */
export async function applyJob(redis: Redis, workload: Workload, job: JobEvent): Promise<readonly Output[]> {
  const { key, event } = decodeJob(workload, job);
  return applyDecoded(redis, workload, key, event);
}

export async function applyDecoded(redis: Redis, { handler }: Workload, key: string, event: unknown) {
  const json = await redis.get(jobState(key));
  const applied = handler.apply(json === null ? undefined : handler.parseState(json), event);
  if (!applied.changed) return [];
  await redis.set(jobState(key), JSON.stringify(applied.state), 'PX', applied.ttlMs);
  return applied.outputs;
}
