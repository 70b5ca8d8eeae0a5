// One vendor's ready mapping against its emulated endpoint, each test with an emulator of its own.
import { readFileSync } from 'node:fs';
import { startCrmEmulator, type CrmEmulator } from '../../../src/emulator/crm/emulator.ts';
import { faultSchema } from '../../../src/emulator/crm/faults.ts';
import { EMULATED_CLIENT, EMULATED_TOKEN, type VendorOptions } from '../../../src/emulator/crm/vendors/vendor.ts';
import type { BatchedRecord } from '../../../src/sinks/crm/mapping/mapped.ts';
import type { Failure } from '../../../src/runtime/errors.ts';
import type { RecordVerdict } from '../../../src/runtime/stage.ts';
import { clientOf, failureOf, send } from './crm-server.ts';

export interface VendorRig {
  readonly crm: CrmEmulator;
  /** `code` or the kind, one a record. */
  sent(records: readonly BatchedRecord[]): Promise<string[]>;
  verdicts(records: readonly BatchedRecord[]): Promise<RecordVerdict[]>;
  failed(records: readonly BatchedRecord[]): Promise<Failure>;
  fault(given: object): void;
}

export async function vendorRig(vendor: string, change: object = {}, vendors: VendorOptions = {}): Promise<VendorRig> {
  const crm = await startCrmEmulator({ port: 0, vendors });
  const ready = JSON.parse(readFileSync(`mappings/${vendor}.json`, 'utf8')) as object;
  const secret = { token: EMULATED_TOKEN, clientId: EMULATED_CLIENT.id, clientSecret: EMULATED_CLIENT.secret };
  const client = clientOf({ url: crm.url, mapping: { ...ready, ...change }, ...secret });
  const verdicts = (records: readonly BatchedRecord[]) => send(client, records);
  return {
    crm,
    verdicts,
    sent: async (records) =>
      (await verdicts(records)).map((one) => (one.kind === 'done' ? 'done' : `${one.kind} ${one.code}`)),
    failed: (records) => failureOf(verdicts(records)),
    fault: (given) => void crm.faults.add(faultSchema.parse(given)),
  };
}
