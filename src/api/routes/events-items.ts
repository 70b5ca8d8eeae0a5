// The body of POST /v1/events as events, each judged alone. Pure. Invariant: the same body gives the same answer; a rejected
// event touches no other, and its answer never repeats what was sent.
import { MalformedEnvelope, readEnvelope } from '../../envelopes/envelope.ts';
import { asObject, parseJson } from '../../genesys/codec/json.ts';
import type { KeyedEvent } from '../../partitions/append.ts';
import type { EventsAnswer, ItemAnswer } from './events-schema.ts';

/** What one append takes at once. */
export const EVENTS_LIMIT = 1000;

export interface Judged {
  readonly events: readonly KeyedEvent[];
  readonly answer: EventsAnswer;
}

type Item = { readonly value: unknown } | 'not-json';

/** Undefined where the body as a whole is no JSON; one event, a list, or one a line. */
export function itemsOf(body: string, isLines: boolean): readonly Item[] | undefined {
  if (isLines)
    return body
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(itemOf);
  const parsed = parseJson(body);
  if (parsed === undefined) return undefined;
  return Array.isArray(parsed) ? parsed.map((value: unknown) => ({ value })) : [{ value: parsed }];
}

function itemOf(line: string): Item {
  const value = parseJson(line);
  return value === undefined ? 'not-json' : { value };
}

export function judge(items: readonly Item[], receivedAt: number, maxBytes: number): Judged {
  const events: KeyedEvent[] = [];
  const answers = items.map((item, index): ItemAnswer => {
    try {
      events.push(eventOf(item, receivedAt, maxBytes));
      return { index, status: 'accepted' };
    } catch (error) {
      if (!(error instanceof MalformedEnvelope)) throw error;
      const { code, field, message } = error;
      return { index, status: 'rejected', code, field, message };
    }
  });
  return { events, answer: { accepted: events.length, rejected: items.length - events.length, items: answers } };
}

function eventOf(item: Item, receivedAt: number, maxBytes: number): KeyedEvent {
  if (item === 'not-json') throw new MalformedEnvelope('envelope_not_json', 'envelope', 'the line is not JSON');
  const { conversationId } = readEnvelope(item.value);
  const told = asObject(item.value) ?? {};
  // these two first: by them it is known for an envelope, and routed, without being parsed
  const eventType = told['eventType'] ?? told['event_type'];
  const raw = JSON.stringify({ eventType, conversationId, ...told });
  if (Buffer.byteLength(raw) > maxBytes) {
    throw new MalformedEnvelope('envelope_too_large', 'envelope', `an event may have ${maxBytes} bytes at most`);
  }
  return { key: conversationId, raw, receivedAt };
}
