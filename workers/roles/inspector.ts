// The inspector for the API: shows a person what the stages of an enrichment would do to one conversation, and has it done.
import { attributeInspector, type AttributeInspector } from '../../src/enrichment/inspector.ts';
import { unsealIdentity } from '../../src/enrichment/lookup/identity-keeper.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { payloadKeyOf, statesOf } from './foundation.ts';
import { handOver } from './hand-over.ts';
import { openLookup } from './look-ups.ts';
import { isValidating, openSchemas } from './validation.ts';
import type { Parts } from './worker-parts.ts';

export interface OpenInspector {
  readonly inspector: AttributeInspector;
  close(): void;
}

/** Undefined where enrichment is off. */
export function openInspector(parts: Pick<Parts, 'base' | 'path' | 'queues'>): OpenInspector | undefined {
  const { base } = parts;
  if (!isValidating(base)) return undefined;
  const { config, clock } = base;
  const seal = sealWith(payloadKeyOf(config));
  const lookup = openLookup(base);
  const inspector = attributeInspector({
    readState: statesOf(base).read,
    findCustomer: async ({ identity: sealed }, signal) => {
      const identity = sealed === undefined ? undefined : unsealIdentity(seal, sealed);
      return identity === undefined ? undefined : lookup.find(identity, { signal });
    },
    schemas: openSchemas(base),
    injecting: {
      target: config.injectionTarget,
      limits: { maxAttributes: config.injectionMaxAttributes, maxValueChars: config.injectionMaxValueChars },
    },
    inject: handOver(parts).inject,
    seal,
    now: () => clock.now(),
  });
  return { inspector, close: () => lookup.close() };
}
