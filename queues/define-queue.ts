// How a queue is declared: inert data, nothing is opened. Invariant: a name is the only link between a declaration and
// its keys in Redis, so it never changes once released.
import type { z } from 'zod';

export interface QueueDefinition<S extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** One sentence, shown in documentation and in Bull Board. */
  readonly does: string;
  readonly schema: S;
  /** How the job id is made; why it is enough to keep a repeat from being done twice. */
  readonly id: string;
  readonly retention: {
    readonly completed: { readonly age: number; readonly count: number };
    readonly failed: { readonly age: number; readonly count: number } | 'kept';
  };
}

export const defineQueue = <S extends z.ZodType>(definition: QueueDefinition<S>): QueueDefinition<S> => definition;
