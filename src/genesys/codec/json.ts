// Reading text that may not be JSON. Invariant: never throws; the parser's own message quotes the text, so it is dropped.

/** Undefined where the text is not JSON, which no JSON text is. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export const asObject = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
