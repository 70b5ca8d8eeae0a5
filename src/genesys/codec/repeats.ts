// The platform tells one change once per topic that covers it: the same body, word for word, under another topic and
// correlation id, a moment later. Invariant: what is answered for a repeat is what reading it again would give, but for
// the times of arrival that stand in where the platform told none: these stay those of the first copy.
import type { Observation } from '../../domain/observation.ts';

/** Copies come close together: this many conversations back is far enough, at a few KB each. */
const REMEMBERED = 128;
/** Bounds what is kept alive; a body this long is rare. */
const MAX_CHARS = 65_536;

// What follows the body must be able to change nothing: no second body, no second topic.
const TAIL = /,"metadata":\{"CorrelationId":"[^"\\]{0,80}"\}\}$/;
const TAIL_CHARS = 130;
const BODY = '"eventBody":';

/** The text of a snapshot's body, where nothing else in the frame can matter; the head was found to be in order before. */
export function bodyOf(raw: string): string | undefined {
  if (raw.length > MAX_CHARS) return undefined;
  const tail = TAIL.exec(raw.slice(-TAIL_CHARS))?.[0];
  return tail === undefined ? undefined : raw.slice(raw.indexOf(BODY), raw.length - tail.length);
}

export interface Repeats {
  /** What `body` said when it was last read, if it is what this conversation's last snapshot said. */
  find(conversationId: string, body: string, receivedAt: number): Observation | undefined;
  keep(body: string, observation: Observation): void;
}

export function rememberRepeats(): Repeats {
  const last = new Map<string, { body: string; observation: Observation }>();
  return {
    find: (conversationId, body, receivedAt) => {
      const known = last.get(conversationId);
      return known?.body === body ? { ...known.observation, receivedAt } : undefined;
    },
    keep: (body, observation) => {
      const { conversationId } = observation;
      // set again: what is first in the map was told longest ago
      last.delete(conversationId);
      last.set(conversationId, { body, observation });
      const [oldest] = last.keys();
      if (last.size > REMEMBERED && oldest !== undefined) last.delete(oldest);
    },
  };
}
