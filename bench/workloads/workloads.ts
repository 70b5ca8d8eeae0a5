// The workloads by name: a worker process is told a name, not a function.
import { envelopes } from './envelopes.ts';
import { native, nativeAlone } from './native.ts';
import { snapshots } from './snapshots.ts';
import type { Workload } from './workload.ts';

const workloads = [envelopes, snapshots, native, nativeAlone];

export function workloadNamed(name: string): Workload {
  const workload = workloads.find((one) => one.name === name);
  if (workload === undefined) throw new Error(`no such workload: ${name}`);
  return workload;
}
