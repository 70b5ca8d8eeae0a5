// The schemas as the platform has them now: those of the centre until a control changes one or takes it away.
// Invariant: a change holds from the next call on, and the centre itself stays what its seed made it.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ContactCentre } from '../centre/centre.ts';
import type { AttributesSchema, Flow } from '../centre/flows.ts';
import { notFound, parse } from './error-body.ts';

/** `null` in place of a schema: the flow, or the schema of custom attributes, is gone. */
const changeSchema = z.object({ id: z.string().max(100), schema: z.record(z.string(), z.json()).nullable() });
type Change = z.output<typeof changeSchema>['schema'];

export class SchemaShelf {
  readonly #centre: ContactCentre;
  readonly #changes = new Map<string, Change>();

  constructor(centre: ContactCentre) {
    this.#centre = centre;
  }

  flows(): readonly Flow[] {
    const changed = (flow: Flow): Flow => ({ ...flow, inputSchema: this.#changes.get(flow.id) ?? flow.inputSchema });
    return this.#centre.flows.filter(({ id }) => this.#changes.get(id) !== null).map(changed);
  }

  /** With the version that its changes have made. */
  attributesSchemas(): readonly (AttributesSchema & { readonly version: number })[] {
    const own = this.#centre.attributesSchema;
    const change = this.#changes.get(own.id);
    if (change === null) return [];
    return [change === undefined ? { ...own, version: 1 } : { ...own, jsonSchema: change, version: 2 }];
  }

  /** False for what the centre does not have. */
  change(id: string, change: Change): boolean {
    const { flows, attributesSchema } = this.#centre;
    if (![attributesSchema, ...flows].some((one) => one.id === id)) return false;
    this.#changes.set(id, change);
    return true;
  }
}

export function schemaControlRoutes(app: FastifyInstance, shelf: SchemaShelf): void {
  app.post('/emulator/schemas', (request) => {
    const { id, schema } = parse(changeSchema, request.body, 'body');
    if (!shelf.change(id, schema)) throw notFound('flow or schema');
    return { id };
  });
}
