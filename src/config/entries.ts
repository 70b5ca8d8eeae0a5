// Every setting Throughline knows: its variable, type, default, meaning and an example, in one table.
// Invariant: nothing else in the project names an environment variable; docs and .env.example are generated from here.
import type { z } from 'zod';
import { apiEntries } from './entries/api.ts';
import { conversationUpdateEntries } from './entries/conversation-update.ts';
import { crmEntries } from './entries/crm.ts';
import { emulatorEntries } from './entries/emulator.ts';
import { enrichmentEntries } from './entries/enrichment.ts';
import { enrichmentSchemaEntries } from './entries/enrichment-schema.ts';
import { envelopesEntries } from './entries/envelopes.ts';
import { generalEntries } from './entries/general.ts';
import { gapEntries } from './entries/gaps.ts';
import { genesysEntries } from './entries/genesys.ts';
import { healthEntries } from './entries/health.ts';
import { ingestEntries } from './entries/ingest.ts';
import { injectionEntries } from './entries/injection.ts';
import { partitionsEntries } from './entries/partitions.ts';
import { redisEntries } from './entries/redis.ts';
import { slaEntries } from './entries/sla.ts';
import { warehouseEntries } from './entries/warehouse.ts';
import { webhookEntries } from './entries/webhooks.ts';

/** In the order documentation shows them. */
export const entries = {
  ...generalEntries,
  ...redisEntries,
  ...warehouseEntries,
  ...genesysEntries,
  ...gapEntries,
  ...emulatorEntries,
  ...partitionsEntries,
  ...ingestEntries,
  ...envelopesEntries,
  ...slaEntries,
  ...crmEntries,
  ...conversationUpdateEntries,
  ...enrichmentEntries,
  ...injectionEntries,
  ...enrichmentSchemaEntries,
  ...webhookEntries,
  ...apiEntries,
  ...healthEntries,
} as const;

type Entries = typeof entries;
type Value<K extends ConfigKey> = z.output<Entries[K]['schema']>;

export type ConfigKey = keyof Entries;

/** The settled configuration. Units are in the names; secrets are plain strings here and nowhere else. */
export type Config = {
  readonly [K in ConfigKey]: Entries[K] extends { default: string } ? Value<K> : Value<K> | undefined;
};
