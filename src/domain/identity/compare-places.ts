// How much two addresses say. Invariants: symmetric; who lives together shares an address whole, so that its parts together
// never say more than a cap.
import type { Place } from './place.ts';
import type { Contribution } from './evidence.ts';
import { edits, likeness } from './similarity.ts';

type Share = (part: string) => number;

const MOST_BITS = 16;
const ALIKE = 0.75;

export function comparePlaces(one: readonly Place[], other: readonly Place[], share: Share): Contribution | undefined {
  let best: Contribution | undefined;
  for (const mine of one) {
    for (const theirs of other) {
      const evidence = comparePlace(mine, theirs, share);
      if (evidence !== undefined && (best === undefined || evidence.bits > best.bits)) best = evidence;
    }
  }
  return best;
}

function comparePlace(one: Place, other: Place, share: Share): Contribution | undefined {
  const parts = [
    both(one.street, other.street, streetBits),
    both(one.postcode, other.postcode, postcodeBits),
    both(one.city, other.city, (mine, theirs) => townBits(mine, theirs, share)),
    both(one.state, other.state, (mine, theirs) => stateBits(mine, theirs, share)),
  ].filter((bits) => bits !== undefined);
  if (parts.length === 0) return undefined;
  const bits = Math.min(
    MOST_BITS,
    parts.reduce((sum, part) => sum + part, 0),
  );
  const street = both(one.street, other.street, streetBits) ?? 0;
  return { field: 'place', level: street > 0 ? 'address' : bits > 0 ? 'area' : 'other', bits };
}

const both = <T>(one: string | undefined, other: string | undefined, compare: (one: string, other: string) => T) =>
  one === undefined || other === undefined ? undefined : compare(one, other);

function streetBits(one: string, other: string): number {
  if (one === other) return 10;
  const [number] = /^\d+/.exec(one) ?? [];
  const [theirs] = /^\d+/.exec(other) ?? [];
  const alike = likeness(one, other);
  if (alike < ALIKE) return -2;
  return number !== undefined && theirs !== undefined && number !== theirs ? 4 : 7;
}

function postcodeBits(one: string, other: string): number {
  if (one === other) return 8;
  return edits(one, other) === 1 ? 3 : -2;
}

function townBits(one: string, other: string, share: Share): number {
  const rarest = -Math.log2(Math.max(share(one), share(other)));
  if (one === other) return Math.min(8, rarest);
  return likeness(one, other) >= ALIKE - 0.1 ? Math.min(3, rarest) : -2;
}

function stateBits(one: string, other: string, share: Share): number {
  return one === other ? Math.min(3, -Math.log2(Math.max(share(one), share(other)))) : -1;
}
