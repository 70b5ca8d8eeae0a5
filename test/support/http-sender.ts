// A source of envelopes by HTTP that does what README asks of it: one event after another, each under a key of its own and
// again until it is accepted. Invariant: what it counts as sent was answered 202.
import { setTimeout as pause } from 'node:timers/promises';
import { statesOf, type Foundation } from '../../workers/roles/foundation.ts';

/** Some fifty events a second. */
const PACE_MS = 20;
const PER_CONVERSATION = 10;

export interface Sent {
  readonly count: number;
  /** Tries that were not answered 202. */
  readonly repeated: number;
  /** Participants of whom their conversation knows nothing. */
  missing(base: Foundation): Promise<string[]>;
}

export class HttpSender {
  private readonly url: string;
  private readonly token: string;
  private readonly sending: Promise<void>;
  private stopped = false;
  private count = 0;
  private repeated = 0;

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
    this.sending = this.sendAll();
  }

  /** Finishes the event it is at. */
  async stop(): Promise<Sent> {
    this.stopped = true;
    await this.sending;
    const { count, repeated } = this;
    return { count, repeated, missing: (base) => missing(base, count) };
  }

  private async sendAll(): Promise<void> {
    for (; !this.stopped; this.count += 1) {
      while (!(await this.isAccepted(this.count))) {
        this.repeated += 1;
        await pause(PACE_MS);
      }
      await pause(PACE_MS);
    }
  }

  private async isAccepted(n: number): Promise<boolean> {
    const headers = {
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/json',
      'idempotency-key': `event-${n}`,
    };
    const payload = { participantId: `p-${n}`, purpose: 'customer', version: (n % PER_CONVERSATION) + 1 };
    const body = JSON.stringify({ eventType: 'participant:joined', conversationId: conversationOf(n), payload });
    const answer = await fetch(`${this.url}/v1/events`, { method: 'POST', headers, body }).catch(() => undefined);
    return answer?.status === 202;
  }
}

const conversationOf = (n: number): string => `http-${Math.floor(n / PER_CONVERSATION)}`;

async function missing(base: Foundation, count: number): Promise<string[]> {
  const states = statesOf(base);
  const found = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const state = await states.read(conversationOf(n));
      return state?.participants[`p-${n}`]?.state === 'joined' ? [] : [`p-${n}`];
    }),
  );
  return found.flat();
}
