// The SQL store of this run. Invariant: without one everything else runs: what would be written there waits in its queue.
import { Fatal } from '../../runtime/errors.ts';
import { ensureWarehouse, type EnsureWarehouseOptions } from '../../stores/warehouse/embedded/start.ts';

export interface OpenWarehouse {
  readonly url: string | undefined;
  /** For people: where it comes from, or that there is none. */
  readonly source: string;
  stop(): Promise<void>;
}

export async function openWarehouse(options: EnsureWarehouseOptions): Promise<OpenWarehouse> {
  try {
    return await ensureWarehouse(options);
  } catch (error) {
    if (!(error instanceof Fatal)) throw error;
    options.onProgress(`No SQL store: ${error.message}\n  Everything else runs; audit records wait in their queue.`);
    return { url: undefined, source: 'none (see above)', stop: () => Promise.resolve() };
  }
}
