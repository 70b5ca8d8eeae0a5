// What a partition's log holds: native frames and envelopes, told apart by their heads. Invariant: an event is routed and
// read as the same kind, whoever asks and whatever source it came by.
import { frameDecoder, type Decoded } from '../genesys/codec/decode.ts';
import type { Reading } from '../genesys/codec/customer.ts';
import { routeFrame, type Route } from '../genesys/codec/route.ts';
import { decodeEnvelope } from './decode.ts';
import { isEnvelope, routeEnvelope } from './route.ts';

export type EventRoute = Route | { readonly kind: 'envelope'; readonly key: string };

export const routeEvent = (raw: string): EventRoute =>
  isEnvelope(raw) ? { kind: 'envelope', key: routeEnvelope(raw) } : routeFrame(raw);

/** For a stream of events: repeated native snapshots are read once. */
export function eventDecoder(reading?: Reading): (raw: string, receivedAt: number) => Decoded {
  const decodeFrame = frameDecoder(reading);
  return (raw, receivedAt) =>
    isEnvelope(raw)
      ? { kind: 'observation', observation: decodeEnvelope(raw, receivedAt) }
      : decodeFrame(raw, receivedAt);
}
