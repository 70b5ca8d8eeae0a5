// What settings demand of each other. Invariant: each relation says why it must hold, and is judged only when every
// setting it looks at is sound by itself (one mistake, one message).
import { crmMappingProblems } from './crm-mapping.ts';
import { entries, type Config, type ConfigKey } from './entries.ts';
import { lookupMappingProblems } from './lookup-mapping.ts';
import type { Problem } from './problem.ts';

interface Relation {
  /** The first is the one that the message is filed under. */
  readonly of: readonly [ConfigKey, ...ConfigKey[]];
  readonly broken: (config: Config) => boolean;
  readonly message: (config: Config) => string;
}

const name = (key: ConfigKey): string => entries[key].env;

// The CRM timeout may outlast the drain: a batch that is cut off is sent again under the same idempotency key.
const timing: readonly Relation[] = [
  {
    of: ['crmFlushIntervalMs', 'drainDeadlineMs'],
    broken: (config) => config.crmFlushIntervalMs >= config.drainDeadlineMs,
    message: (config) =>
      `${config.crmFlushIntervalMs} must be less than ${name('drainDeadlineMs')} (${config.drainDeadlineMs}): ` +
      'a batch that has just begun to wait must still be sent before a stopping process gives up.',
  },
  {
    of: ['partitionLingerMs', 'partitionYieldMs'],
    broken: (config) => config.partitionLingerMs >= config.partitionYieldMs,
    message: (config) =>
      `${config.partitionLingerMs} must be less than ${name('partitionYieldMs')} (${config.partitionYieldMs}): ` +
      'a worker would keep an empty partition longer than a busy one.',
  },
  {
    of: ['stateEndedTtlMinutes', 'stateOpenTtlHours'],
    broken: (config) => config.stateEndedTtlMinutes > config.stateOpenTtlHours * 60,
    message: (config) =>
      `${config.stateEndedTtlMinutes} minutes must not exceed ${name('stateOpenTtlHours')} ` +
      `(${config.stateOpenTtlHours} hours): open conversations would be forgotten before ended ones.`,
  },
];

const sizes: readonly Relation[] = [
  {
    of: ['ingestMaxFrameBytes', 'ingestBufferMaxBytes'],
    broken: (config) => config.ingestMaxFrameBytes > config.ingestBufferMaxBytes,
    message: (config) =>
      `${config.ingestMaxFrameBytes} must not exceed ${name('ingestBufferMaxBytes')} ` +
      `(${config.ingestBufferMaxBytes}): the largest frame must fit into the buffer.`,
  },
];

const remotes: readonly Relation[] = [
  {
    of: ['genesysClientSecret', 'genesysClientId'],
    broken: (config) => config.genesysClientId !== undefined && config.genesysClientSecret === undefined,
    message: () => `is missing, but ${name('genesysClientId')} is set. Set both, or neither to use the emulator.`,
  },
  {
    of: ['genesysClientId', 'genesysClientSecret'],
    broken: (config) => config.genesysClientId === undefined && config.genesysClientSecret !== undefined,
    message: () => `is missing, but ${name('genesysClientSecret')} is set. Set both, or neither to use the emulator.`,
  },
  {
    of: ['genesysClientId', 'genesysClientSecret', 'genesysGatewayUrl'],
    broken: (config) =>
      config.genesysGatewayUrl !== undefined &&
      config.genesysClientId === undefined &&
      config.genesysClientSecret === undefined,
    message: () =>
      `is missing, but ${name('genesysGatewayUrl')} is set: signing in there needs it and ${name('genesysClientSecret')}.`,
  },
  {
    of: ['genesysQueues', 'genesysUsers', 'genesysStream'],
    broken: (config) =>
      config.genesysStream === 'on' && config.genesysQueues === 'none' && config.genesysUsers === 'none',
    message: () =>
      `is "none" and so is ${name('genesysUsers')}: no conversation would be followed. Set one to "all" or ids, ` +
      `or ${name('genesysStream')} to "off" to take envelopes only.`,
  },
  {
    of: ['genesysStream', 'envelopesUrl', 'eventsToken'],
    broken: (config) =>
      config.genesysStream === 'off' && config.envelopesUrl === undefined && config.eventsToken === undefined,
    message: () =>
      `is "off", and neither ${name('envelopesUrl')} nor ${name('eventsToken')} is set: no event could come from ` +
      'anywhere. Set one of them, or this to "on".',
  },
  {
    of: ['crmUrl', 'genesysClientId'],
    broken: (config) => config.crmUrl === undefined && config.genesysClientId !== undefined,
    message: () =>
      `is missing, but ${name('genesysClientId')} is set: records of a real organisation need a place to go; ` +
      `the emulated CRM runs beside the emulator only. Example: ${name('crmUrl')}=${entries.crmUrl.example}`,
  },
  {
    of: ['envelopesUrlToken', 'envelopesUrl'],
    broken: (config) => config.envelopesUrlToken !== undefined && config.envelopesUrl === undefined,
    message: () => `is set, but ${name('envelopesUrl')} is not: there is nobody to send the token to.`,
  },
  {
    of: ['crmToken', 'crmUrl'],
    broken: (config) => config.crmToken !== undefined && config.crmUrl === undefined,
    message: () => `is set, but ${name('crmUrl')} is not: the token would go to the emulated CRM.`,
  },
];

const conversationUpdates: readonly Relation[] = [
  {
    of: ['conversationUpdateUrl', 'conversationUpdateTarget'],
    broken: (config) => config.conversationUpdateTarget === 'http' && config.conversationUpdateUrl === undefined,
    message: () =>
      `is missing, but ${name('conversationUpdateTarget')} is "http". ` +
      `Example: ${name('conversationUpdateUrl')}=${entries.conversationUpdateUrl.example}`,
  },
  {
    of: ['conversationUpdateUrl', 'conversationUpdateTarget'],
    broken: (config) => config.conversationUpdateTarget !== 'http' && config.conversationUpdateUrl !== undefined,
    message: () => `is set, but ${name('conversationUpdateTarget')} is not "http": nothing would be written there.`,
  },
];

const enrichment: readonly Relation[] = [
  {
    of: ['enrichmentCrmUrl', 'enrichment', 'crmUrl', 'genesysClientId'],
    broken: (config) =>
      config.enrichment === 'on' &&
      config.enrichmentCrmUrl === undefined &&
      config.crmUrl === undefined &&
      config.genesysClientId !== undefined,
    message: () =>
      `is missing and so is ${name('crmUrl')}, but ${name('enrichment')} is "on": customers must be looked up somewhere. ` +
      `Example: ${name('enrichmentCrmUrl')}=${entries.enrichmentCrmUrl.example}`,
  },
  {
    of: ['enrichmentSchemas', 'enrichment', 'genesysClientId'],
    broken: (config) =>
      config.enrichment === 'on' && config.enrichmentSchemas === undefined && config.genesysClientId !== undefined,
    message: () =>
      `is missing, but ${name('enrichment')} is "on": a flow or schema must say what conversations take. ` +
      `Example: ${name('enrichmentSchemas')}='${entries.enrichmentSchemas.example}'`,
  },
  {
    of: ['enrichmentCacheNegativeTtlSeconds', 'enrichmentCacheTtlSeconds'],
    broken: (config) => config.enrichmentCacheNegativeTtlSeconds > config.enrichmentCacheTtlSeconds,
    message: (config) =>
      `${config.enrichmentCacheNegativeTtlSeconds} must not exceed ${name('enrichmentCacheTtlSeconds')} ` +
      `(${config.enrichmentCacheTtlSeconds}): a customer who was just created would stay unknown longer than a known one is believed.`,
  },
];

/** Every broken relation among the settings that are sound; `values` lacks those that are not. */
export function brokenRelations(values: Partial<Record<ConfigKey, unknown>>): Problem[] {
  // Sound for every setting that a relation names, which is all a relation looks at.
  const config = values as Config;
  return [...timing, ...sizes, ...remotes, ...conversationUpdates, ...enrichment]
    .filter(({ of, broken }) => of.every((key) => key in values) && broken(config))
    .map(({ of, message }) => ({ variable: name(of[0]), message: message(config) }))
    .concat(portClashes(config), crmMappingProblems(config), lookupMappingProblems(config));
}

/** Two servers of one machine on one port; the emulator's ports count only where it runs. 0 is any free port. */
function portClashes(config: Partial<Config>): Problem[] {
  const emulated = config.genesysClientId === undefined && config.genesysGatewayUrl === undefined;
  const keys = ['apiPort', ...(emulated ? (['emulatorPort', 'crmEmulatorPort'] as const) : []), 'opsPort'] as const;
  const owners = new Map<number, ConfigKey>();
  const problems: Problem[] = [];
  for (const key of keys) {
    const port = config[key];
    if (port === undefined || port === 0) continue;
    const owner = owners.get(port);
    if (owner === undefined) owners.set(port, key);
    else
      problems.push({ variable: name(key), message: `${port} is the port of ${name(owner)} too. Each needs its own.` });
  }
  return problems;
}
