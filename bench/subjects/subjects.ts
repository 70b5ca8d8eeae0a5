// All that is compared with the alternatives, and all by name: a worker process is told a name, not a function.
import { bareLists } from './bare-lists.ts';
import { chainedQueues } from './chained-queues.ts';
import { fifoGroups } from './fifo-groups.ts';
import { oneJobAnEvent } from './one-job-an-event.ts';
import { everythingOn, pathAlone } from './native-path.ts';
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

/** What its own question compares. */
const others: readonly Subject[] = [everythingOn, pathAlone];

export function subjectNamed(name: string): Subject {
  const subject = [...subjects, ...others].find((one) => one.name === name);
  if (subject === undefined) throw new Error(`no such subject: ${name}`);
  return subject;
}
