// One worker process of a speed round: runs the worker side of one subject and says what it has done when asked.
import { countClientCommands } from '../measure/client-commands.ts';
import type { WorkerOrder, WorkerReport } from '../measure/crew.ts';
import { subjectNamed } from '../subjects/subjects.ts';
import { workloadNamed } from '../workloads/workloads.ts';

const order = JSON.parse(process.argv[2] ?? '{}') as WorkerOrder;
const commands = countClientCommands();
let applied = 0;
let latencies: number[] = [];

await subjectNamed(order.subject).work({
  redisUrl: order.redisUrl,
  settings: order.settings ?? {},
  workload: workloadNamed(order.workload),
  applied: (events) => {
    applied += events;
  },
  committed: order.latencies ? (ms) => latencies.push(ms) : undefined,
});

const tell = (type: string, body?: WorkerReport): boolean | undefined => process.send?.({ type, body });

function report(): WorkerReport {
  const { user, system } = process.cpuUsage();
  const body = {
    applied,
    cpuMicros: user + system,
    commands: commands(),
    rssBytes: process.memoryUsage.rss(),
    latencies,
  };
  latencies = [];
  return body;
}

process.on('message', ({ type }: { type?: string }) => {
  if (type === 'report') tell('report', report());
});
process.on('disconnect', () => process.exit(0));
tell('ready');
