// What the API tells of a conversation's attributes. Invariant: a part of the API's own schema; a test compiles the one
// against the other.

export type Result = 'OK' | 'MISMATCH' | 'MISSING';

export interface InspectedAttribute {
  readonly key: string;
  readonly target: 'participant' | 'custom';
  readonly required: boolean;
  readonly expected: string;
  readonly actual: string;
  readonly value?: unknown;
  readonly sent?: unknown;
  readonly result: Result;
  readonly hint?: string | undefined;
}

export interface Inspection {
  readonly conversationId: string;
  readonly schema: string;
  readonly schemaIsStale: boolean;
  readonly customer: 'fresh' | 'cached' | 'stale' | 'unknown';
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly attributes: readonly InspectedAttribute[];
  readonly send: object;
}

export interface InspectionSent {
  readonly inspection: Inspection;
  readonly traceId: string;
}
