// All that is compared, by name: a worker process is told a name, not a function.
import { bareLists } from './bare-lists.ts';
import { chainedQueues } from './chained-queues.ts';
import { fifoGroups } from './fifo-groups.ts';
import { oneJobAnEvent } from './one-job-an-event.ts';
import { queuePerPartition } from './queue-per-partition.ts';
import type { Subject } from './subject.ts';
import { throughline } from './throughline.ts';

export const subjects: readonly Subject[] = [
  throughline,
  chainedQueues,
  oneJobAnEvent,
  fifoGroups,
  queuePerPartition,
  bareLists(1),
  bareLists(2),
];

export function subjectNamed(name: string): Subject {
  const subject = subjects.find((one) => one.name === name);
  if (subject === undefined) throw new Error(`no such subject: ${name}`);
  return subject;
}
