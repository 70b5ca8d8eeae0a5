// The practice platform as a process: Genesys Cloud and CRM emulators on loopback. Invariant: never on another
// interface; its control routes ask for no password.
import { startCrmEmulator } from '../../src/emulator/crm/emulator.ts';
import { startGenesysEmulator } from '../../src/emulator/genesys/emulator.ts';
import type { Foundation, RunningRole } from './foundation.ts';

const HOST = '127.0.0.1';

export async function startEmulatorRole({ config, log }: Foundation): Promise<RunningRole> {
  const { genesysClientId: id, genesysClientSecret: secret } = config;
  const platform = await startGenesysEmulator({
    host: HOST,
    port: config.emulatorPort,
    seed: config.emulatorSeed,
    conversationsPerMinute: config.emulatorRatePerMinute,
    speed: config.emulatorSpeed,
    requestsPerMinute: config.emulatorRequestsPerMinute,
    ...(id === undefined || secret === undefined ? {} : { clients: [{ id, secret }] }),
  });
  const crm = await startCrmEmulator({ host: HOST, port: config.crmEmulatorPort, seed: config.emulatorSeed });
  log.info({ platform: platform.url, crm: crm.url, seed: config.emulatorSeed }, 'emulators listen');
  return {
    stop: async () => {
      await platform.close();
      await crm.close();
    },
  };
}
