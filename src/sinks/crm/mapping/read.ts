// Reads the mapping file that a setting names; none named is the default mapping.
import { Fatal } from '../../../runtime/errors.ts';
import { readJsonFile } from '../../../runtime/json-file.ts';
import { defaultMapping, mappingSchema, type Mapping } from './schema.ts';

export type ReadMapping =
  | { readonly ok: true; readonly mapping: Mapping }
  | { readonly ok: false; readonly problems: readonly string[] };

export function readMapping(path: string | undefined): ReadMapping {
  if (path === undefined) return { ok: true, mapping: defaultMapping };
  const read = readJsonFile(path, mappingSchema, 'It must name a readable JSON file; ready ones are in mappings/.');
  return read.ok ? { ok: true, mapping: read.value } : read;
}

/** @throws Fatal: the file was sound when the process checked its settings, and has changed since. */
export function loadMapping(path: string | undefined): Mapping {
  const read = readMapping(path);
  if (read.ok) return read.mapping;
  throw new Fatal('configuration', `THROUGHLINE_CRM_MAPPING: ${read.problems.join(' ')}`);
}
