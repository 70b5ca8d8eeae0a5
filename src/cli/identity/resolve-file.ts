// The records of a file, resolved by the same rules as everything else. Invariant: no store and no network: the file is
// the whole population.
import type { Sighting } from '../../domain/identity/candidates.ts';
import { bandsOf, type Bands } from '../../domain/identity/bands.ts';
import { featuresOf } from '../../domain/identity/features.ts';
import { populationOf, type Population } from '../../domain/identity/population.ts';
import { identityRecordSchema } from '../../domain/identity/record.ts';
import { resolve, type Resolution } from '../../domain/identity/resolve.ts';
import { readLines } from './read-lines.ts';

export interface ResolvedFile {
  readonly sightings: ReadonlyMap<string, Sighting>;
  readonly population: Population;
  readonly bands: Bands;
  readonly resolution: Resolution;
  /** Normalising, comparing and joining; not reading. */
  readonly seconds: number;
}

export async function resolveFile(path: string, threshold: number): Promise<ResolvedFile> {
  const records = await readLines(path, identityRecordSchema);
  const started = performance.now();
  const sightings = new Map(
    [...records].map(([id, record]): [string, Sighting] => [id, { id, features: featuresOf(record) }]),
  );
  const all = [...sightings.values()];
  const population = populationOf(all.map(({ features }) => features));
  const bands = bandsOf(threshold);
  const resolution = resolve(all, population, { bands });
  return { sightings, population, bands, resolution, seconds: (performance.now() - started) / 1000 };
}
