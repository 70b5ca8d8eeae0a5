// What stands in the CRM's mapping file, and what it demands of the settings beside it. Invariant: every problem of the
// file at once; a setting that is unsound itself is not judged again.
import { readMapping } from '../sinks/crm/mapping/read.ts';
import { maxRecordsOf, neededCredentials, type Mapping } from '../sinks/crm/mapping/schema.ts';
import { entries, type Config } from './entries.ts';
import type { Problem } from './problem.ts';

const CREDENTIALS = { token: 'crmToken', clientId: 'crmClientId', clientSecret: 'crmClientSecret' } as const;

export function crmMappingProblems(config: Partial<Config>): Problem[] {
  const read = readMapping(config.crmMapping);
  if (!read.ok) return read.problems.map((message) => ({ variable: entries.crmMapping.env, message }));
  return [...missingUrl(config), ...missingCredentials(read.mapping, config), ...batchOverLimit(read.mapping, config)];
}

function missingUrl(config: Partial<Config>): Problem[] {
  if (config.crmMapping === undefined || !('crmUrl' in config) || config.crmUrl !== undefined) return [];
  const message =
    `is missing, but ${entries.crmMapping.env} is set: the mapping’s path comes after it. ` +
    'For the emulated CRM set its own address, such as http://127.0.0.1:7711';
  return [{ variable: entries.crmUrl.env, message }];
}

function missingCredentials({ auth }: Mapping, config: Partial<Config>): Problem[] {
  if (auth === undefined) return [];
  return neededCredentials[auth.type]
    .map((credential) => CREDENTIALS[credential])
    .filter((key) => key in config && config[key] === undefined)
    .map((key) => ({ variable: entries[key].env, message: `is missing, but the mapping’s "auth" is ${auth.type}.` }));
}

function batchOverLimit(mapping: Mapping, { crmBatchMaxRecords: batch = 0 }: Partial<Config>): Problem[] {
  const { records, because } = maxRecordsOf(mapping);
  if (batch <= records) return [];
  const message = `${batch} must not exceed ${records}: ${because}, and a larger batch would be refused whole.`;
  return [{ variable: entries.crmBatchMaxRecords.env, message }];
}
