// What stands in the look-ups' mapping file, and what enrichment demands of the settings beside it. Invariant: every
// problem of the file at once; a setting that is unsound itself is not judged again.
import { readLookupMapping } from '../enrichment/lookup/mapping.ts';
import { neededCredentials } from '../sinks/crm/mapping/schema.ts';
import { entries, type Config } from './entries.ts';
import type { Problem } from './problem.ts';

const CREDENTIALS = { token: 'crmToken', clientId: 'crmClientId', clientSecret: 'crmClientSecret' } as const;

export function lookupMappingProblems(config: Partial<Config>): Problem[] {
  if (!('enrichmentMapping' in config)) return [];
  const { env } = entries.enrichmentMapping;
  const read = readLookupMapping(config.enrichmentMapping);
  if (!read.ok) return read.problems.map((message) => ({ variable: env, message }));
  if (config.enrichment !== 'on' || read.mapping.auth === undefined) return [];
  const { type } = read.mapping.auth;
  return neededCredentials[type]
    .map((credential) => CREDENTIALS[credential])
    .filter((key) => key in config && config[key] === undefined)
    .map((key) => ({ variable: entries[key].env, message: `is missing, but the "auth" of ${env} is ${type}.` }));
}
