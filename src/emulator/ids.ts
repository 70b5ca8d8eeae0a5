// UUID-shaped ids that are the same for the same namespace. Invariant: 122 hashed bits, so that two namespaces (two
// runs, two conversations) never share an id, which the dice's 32 bits of state could not promise.
import { createHash } from 'node:crypto';

/** The id of one named thing. */
export function idOf(...parts: readonly (string | number)[]): string {
  const hex = createHash('sha1').update(parts.join(':')).digest('hex');
  // Version 5, RFC 4122 variant: what a name-based UUID looks like.
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export type Ids = () => string;

/** A series of ids under one namespace. */
export function createIds(...namespace: readonly (string | number)[]): Ids {
  let count = 0;
  return () => idOf(...namespace, (count += 1));
}
