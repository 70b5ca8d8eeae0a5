// What `up` will run, settled before anything is started: every setting final, every role with its place.
import type { Config } from '../../config/entries.ts';
import { given } from '../../config/load.ts';
import { createFlows } from '../../emulator/centre/flows.ts';
import type { Settings } from '../settings.ts';
import { freePort, type PortNeed } from './ports.ts';
import type { Secrets } from './secrets.ts';

export interface RoleInstance {
  /** Unique, for people and log files: `worker-2`. */
  readonly name: string;
  readonly role: 'emulator' | 'worker' | 'api' | 'ingester';
}

export interface Plan {
  readonly config: Config;
  /** Without credentials of a real organisation the practice platform and CRM are run. */
  readonly emulated: boolean;
  readonly consoleUrl: string;
  readonly ports: readonly PortNeed[];
  /** Started group by group: each may rely on those before it. */
  readonly startOrder: readonly (readonly RoleInstance[])[];
  /** Stopped along the path of an event, so that each empties what the one before has handed it. */
  readonly stopOrder: readonly (readonly RoleInstance[])[];
}

const LOOPBACK = '127.0.0.1';
/** Any would do: the emulator knows the one client it is started with. */
const EMULATOR_CLIENT_ID = '7410a3de-5f0c-4d53-8f5b-2f0f0c0e7e11';

/** What the platform takes of a token. Lives that pass ten times as fast ask in a minute what real ones ask in ten. */
const PLATFORM_REQUESTS_PER_MINUTE = 300;
/** The most that THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE may be. */
const MOST_REQUESTS_PER_MINUTE = 100_000;

export async function makePlan(settings: Settings, secrets: Secrets): Promise<Plan> {
  const { config, environment } = settings;
  const emulated = config.genesysClientId === undefined && config.genesysGatewayUrl === undefined;
  const apiPort = await settlePort(config.apiHost, config.apiPort);
  const emulatorPort = await settlePort(LOOPBACK, config.emulatorPort);
  const crmEmulatorPort = await settlePort(LOOPBACK, config.crmEmulatorPort);
  const own: Config = {
    ...config,
    apiPort,
    emulatorPort,
    crmEmulatorPort,
    dataDir: settings.dataDir,
    consolePassword: config.consolePassword ?? secrets.consolePassword,
    payloadKey: config.payloadKey ?? secrets.payloadKey,
    eventsToken: config.eventsToken ?? secrets.eventsToken,
    // Several processes of one machine cannot share one port
    opsPort: 0,
    metricsScope: given(environment, 'THROUGHLINE_METRICS_SCOPE') === undefined ? 'cluster' : config.metricsScope,
  };
  return {
    config: emulated ? { ...own, ...emulatedRemotes({ ...settings, config: own }, secrets) } : own,
    emulated,
    consoleUrl: urlOf(config.apiHost, apiPort),
    ports: portsOf(own, emulated),
    ...orderOf(config.workers, emulated),
  };
}

/** As a browser on this machine reaches it. */
export function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? LOOPBACK : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

const settlePort = (host: string, port: number): Promise<number> =>
  port === 0 ? freePort(host) : Promise.resolve(port);

function emulatedRemotes({ config, environment }: Settings, secrets: Secrets): Partial<Config> {
  const isGiven = (name: string): boolean => given(environment, name) !== undefined;
  const hurried = Math.min(PLATFORM_REQUESTS_PER_MINUTE * config.emulatorSpeed, MOST_REQUESTS_PER_MINUTE);
  const taken = isGiven('THROUGHLINE_EMULATOR_REQUESTS_PER_MINUTE') ? config.emulatorRequestsPerMinute : hurried;
  const ownCrm = config.crmUrl !== undefined;
  return {
    genesysClientId: EMULATOR_CLIENT_ID,
    genesysClientSecret: secrets.emulatorClientSecret,
    genesysGatewayUrl: urlOf(LOOPBACK, config.emulatorPort),
    emulatorRequestsPerMinute: taken,
    ...(isGiven('THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE') ? {} : { genesysRequestsPerMinute: Math.max(taken, 10) }),
    conversationUpdateTarget: config.conversationUpdateTarget ?? 'platform',
    // the emulated CRM knows the emulated platform's customers; a CRM of one's own is asked only where one says so
    enrichment: isGiven('THROUGHLINE_ENRICHMENT') || ownCrm ? config.enrichment : 'on',
    enrichmentCrmUrl: config.enrichmentCrmUrl ?? (ownCrm ? undefined : urlOf(LOOPBACK, config.crmEmulatorPort)),
    enrichmentSchemas: config.enrichmentSchemas ?? emulatedSchemas(config.emulatorSeed),
    crmUrl: config.crmUrl ?? `${urlOf(LOOPBACK, config.crmEmulatorPort)}/records`,
    webhookAllow: config.webhookAllow ?? listenerOf(config),
  };
}

/** Of loopback webhooks may reach nothing but the receiver for trying them out. */
const listenerOf = ({ webhookListenPort: port }: Config): string | undefined =>
  port === 0 ? undefined : `${LOOPBACK}:${port}`;

/** Of the emulated platform's flows, the one that takes what a CRM knows. */
function emulatedSchemas(seed: number): string {
  const flow = createFlows(seed).find(({ type }) => type === 'workflow');
  return JSON.stringify({ schemas: flow === undefined ? [] : [{ flowId: flow.id }] });
}

function portsOf(config: Config, emulated: boolean): readonly PortNeed[] {
  const api = { host: config.apiHost, port: config.apiPort, who: 'the console', variable: 'THROUGHLINE_API_PORT' };
  const platform = {
    host: LOOPBACK,
    port: config.emulatorPort,
    who: 'the Genesys Cloud emulator',
    variable: 'THROUGHLINE_EMULATOR_PORT',
  };
  const crm = {
    host: LOOPBACK,
    port: config.crmEmulatorPort,
    who: 'the emulated CRM',
    variable: 'THROUGHLINE_CRM_EMULATOR_PORT',
  };
  return emulated ? [api, platform, crm] : [api];
}

function orderOf(workerCount: number, emulated: boolean): Pick<Plan, 'startOrder' | 'stopOrder'> {
  const emulator: readonly RoleInstance[] = emulated ? [{ name: 'emulator', role: 'emulator' }] : [];
  const workers = Array.from({ length: workerCount }, (_, index): RoleInstance => ({
    name: `worker-${index + 1}`,
    role: 'worker',
  }));
  const api: readonly RoleInstance[] = [{ name: 'api', role: 'api' }];
  const ingester: readonly RoleInstance[] = [{ name: 'ingester', role: 'ingester' }];
  return {
    startOrder: [emulator, workers, api, ingester],
    // The emulator after the workers: it is also the CRM that takes their last batches
    stopOrder: [ingester, workers, emulator, api],
  };
}
