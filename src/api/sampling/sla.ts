// How promises stand: exact counts of the partitions' commits, and the deadlines that are armed. Invariant: four commands
// to the queue of deadlines, however many wait in it, and the head of each of its lists alone.
import { z } from 'zod';
import { OBJECTIVES } from '../../domain/sla/objectives.ts';
import type { ServedQueue } from '../needs.ts';
import type { Overview } from './overview-schema.ts';
import { sumsOf, type PartitionReading } from './partitions.ts';

const QUEUE = 'sla-deadlines';

/** A ring takes a moment to be heard. */
const IN_TIME_MS = 1000;

const ringSchema = z.object({ at: z.number() });

export type Deadlines = Overview['sla']['deadlines'];

export async function readDeadlines(queues: readonly ServedQueue[], now: number): Promise<Deadlines> {
  const queue = queues.find(({ name }) => name === QUEUE)?.queue;
  if (queue === undefined) return { armed: 0, overdueMs: null };
  const [counts, heads] = await Promise.all([
    queue.getJobCounts('delayed'),
    queue.getJobs(['delayed', 'waiting', 'active'], 0, 0, true),
  ]);
  // a job that is gone by the time it is read comes as nothing
  const due = heads.flatMap((job: (typeof heads)[number] | undefined) => {
    const { at } = ringSchema.safeParse(job?.data).data ?? {};
    return at === undefined || at > now - IN_TIME_MS ? [] : [at];
  });
  return { armed: counts['delayed'] ?? 0, overdueMs: due.length === 0 ? null : now - Math.min(...due) };
}

export function slaOf(partitions: readonly PartitionReading[], deadlines: Deadlines): Overview['sla'] {
  const messages = sumsOf(partitions, 'sla');
  const objectives = sumsOf(partitions, 'objective');
  const of = (counts: Readonly<Record<string, number>>, name: string): number => counts[name] ?? 0;
  return {
    compliant: of(messages, 'compliant'),
    breach: of(messages, 'breach'),
    missingReceipt: of(messages, 'missing_receipt'),
    objectives: OBJECTIVES.map((objective) => ({
      objective,
      pending: of(objectives, `${objective}:pending`),
      atRisk: of(objectives, `${objective}:at_risk`),
      met: of(objectives, `${objective}:met`),
      breach: of(objectives, `${objective}:breach`),
    })),
    deadlines,
  };
}
