// What Bull Board may show of a job's data. Invariant: sealed content and anything that could hold personal data is
// replaced; what is left is bounded in depth and size.

const HIDDEN: ReadonlySet<string> = new Set([
  'payload',
  'frame',
  'body',
  'raw',
  'attributes',
  'records',
  'address',
  'name',
  'email',
  'phone',
  'password',
  'token',
  'secret',
]);
const MOST_CHARACTERS = 500;
const MOST_ITEMS = 50;
const MOST_DEPTH = 6;

export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MOST_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MOST_ITEMS)
      .map(([key, item]) => [key, redactField(key, item, depth)]),
  );
}

function redactField(key: string, item: unknown, depth: number): unknown {
  if (key === 'sealed') return '[sealed]';
  return HIDDEN.has(key) ? '[redacted]' : redact(item, depth + 1);
}
