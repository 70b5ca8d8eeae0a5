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

/** All of an event in one job: its state moved, its CRM records in a batch. */
export async function applyJob(redis: Redis, workload: Workload, job: JobEvent): Promise<void> {
  const { key, event } = decodeJob(workload, job);
  await toCrm(redis, await applyDecoded(redis, workload, key, event));
}

const CRM_BATCH = 50;

/** Records wait in a list and leave it by the batch, to a CRM that costs nothing: the least that can be done. */
export async function toCrm(redis: Redis, outputs: readonly Output[]): Promise<void> {
  const records = outputs.filter(({ sink }) => sink === 'crm').map(({ payload }) => JSON.stringify(payload));
  if (records.length === 0) return;
  const waiting = await redis.rpush('crm', ...records);
  if (waiting >= CRM_BATCH) await redis.lpop('crm', CRM_BATCH);
}

export async function applyDecoded(redis: Redis, { handler }: Workload, key: string, event: unknown) {
  const json = await redis.get(jobState(key));
  const applied = handler.apply(json === null ? undefined : handler.parseState(json), event);
  if (!applied.changed) return [];
  await redis.set(jobState(key), JSON.stringify(applied.state), 'PX', applied.ttlMs);
  return applied.outputs;
}
