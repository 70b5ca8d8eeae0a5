// How well the resolver does on records whose truth is known. Invariant: truth is read after everything is decided.
import { resourceUsage } from 'node:process';
import { agreement, truthSchema, type Agreement } from '../../domain/identity/agreement.ts';
import { CommandFailure, EXIT_USAGE } from '../exit.ts';
import { columns } from '../dead-letters/text.ts';
import { writeWhole } from '../whole-file.ts';
import { readLines } from './read-lines.ts';
import { resolveFile } from './resolve-file.ts';

export interface Evaluation extends Agreement {
  readonly records: number;
  readonly threshold: number;
  readonly seconds: number;
  readonly recordsPerSecond: number;
  readonly peakMemoryMegabytes: number;
}

export interface Evaluated {
  readonly input: string;
  readonly truth: string;
  readonly threshold: number;
  readonly out?: string;
}

export async function evaluate({ input, truth, threshold, out }: Evaluated): Promise<Evaluation> {
  const { sightings, resolution, seconds } = await resolveFile(input, threshold);
  const profiles = resolution.profiles.map(({ ids }) => ids);
  if (out !== undefined) await writeWhole(out, predictions(profiles));
  const truths = await readLines(truth, truthSchema);
  const unknown = [...truths.keys()].filter((id) => !sightings.has(id)).length;
  const untold = [...sightings.keys()].filter((id) => !truths.has(id)).length;
  if (unknown + untold > 0) {
    const told = `${unknown} ids of ${truth} are not in ${input}, ${untold} of ${input} not in ${truth}`;
    throw new CommandFailure(`The two files do not belong together: ${told}.`, EXIT_USAGE);
  }
  return {
    ...agreement(profiles, truths),
    records: sightings.size,
    threshold,
    seconds,
    recordsPerSecond: sightings.size / seconds,
    peakMemoryMegabytes: resourceUsage().maxRSS / 1024,
  };
}

async function* predictions(profiles: readonly (readonly string[])[]): AsyncGenerator<Uint8Array> {
  for (const ids of profiles) {
    yield Buffer.from(ids.map((id) => `${JSON.stringify({ id, profile_id: ids[0] })}\n`).join(''));
  }
}

export function evaluationText(it: Evaluation): string {
  const rows = [
    ['Records', `${it.records}, of which ${it.scored} are scored`],
    ['Profiles', `${it.profiles} for ${it.persons} people`],
    ['Precision', it.precision.toFixed(4)],
    ['Recall', it.recall.toFixed(4)],
    ['F1', it.f1.toFixed(4)],
    ['Mixed', `${it.mixed} profiles hold several people, ${it.mixedOutsideTraps} of them outside the traps`],
    ['Threshold', String(it.threshold)],
    ['Time', `${it.seconds.toFixed(2)} s, ${Math.round(it.recordsPerSecond)} records a second`],
    ['Memory', `${Math.round(it.peakMemoryMegabytes)} MB at most`],
  ];
  return `${columns(rows)}\n`;
}
