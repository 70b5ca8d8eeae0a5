// Topics that change while a subscribing is under way: one request at a time, and the newest topics are what stays.
import { describe, expect, it, vi } from 'vitest';
import { ChannelRecord, type Gap } from '../../../src/genesys/channel-record.ts';
import type { Call, Rest } from '../../../src/genesys/rest.ts';
import { Subscription } from '../../../src/genesys/subscription.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { Retryable } from '../../../src/runtime/errors.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { z } from 'zod';

interface Asked {
  readonly topics: readonly string[];
  answer(): void;
  fail(): void;
}

/** Makes channels at once; each subscribing waits until the test answers it. */
function waitingRest(asked: Asked[]): Rest {
  return {
    call: <S extends z.ZodType>(call: Call<S>) => {
      if (call.method === 'POST') {
        const channel = call.answer.parse({ id: 'c', connectUri: 'ws://127.0.0.1:1/channels/c' });
        return Promise.resolve(channel);
      }
      const topics = (call.body as { id: string }[]).map(({ id }) => id);
      return new Promise<z.output<S>>((resolve, reject) => {
        asked.push({
          topics,
          answer: () => resolve(call.answer.parse({ entities: topics.map((id) => ({ id, state: 'Permitted' })) })),
          fail: () => reject(new Retryable('platform_unavailable', 'down')),
        });
      });
    },
  };
}

function subscriptionTo(topics: readonly string[]) {
  const clock = createFakeClock();
  const [asked, gaps]: [Asked[], Gap[]] = [[], []];
  const record = new ChannelRecord({
    channel: 0,
    clock,
    gapSince: clock.now(),
    cause: 'start',
    onChange: () => undefined,
    onGap: (gap) => gaps.push(gap),
    isLastHope: () => true,
  });
  const subscription = new Subscription({
    topics,
    record,
    clock,
    rest: waitingRest(asked),
    random: () => 0.5,
    log: createLogger({ level: 'silent', role: 'test' }),
    signal: new AbortController().signal,
    onGone: () => expect.fail('the channel is there'),
    onFatal: (failure) => expect.fail(String(failure)),
  });
  const answered = async (count: number): Promise<Asked> => {
    await vi.waitFor(() => expect(asked.length).toBe(count), { interval: 1 });
    return asked[count - 1] ?? expect.fail('nothing asked');
  };
  return { subscription, clock, gaps, asked, answered };
}

describe('subscription', () => {
  it('subscribes again when topics joined while it was subscribing, and only then counts them as heard', async () => {
    const { subscription, clock, gaps, asked, answered } = subscriptionTo(['a']);
    const ready = subscription.ready();
    const first = await answered(1);
    const since = clock.now() - 300_000;
    subscription.follow(['a', 'b'], since);
    first.answer();
    await ready;
    clock.advance(1);
    const second = await answered(2);
    expect([second.topics, gaps]).toEqual([['a', 'b'], []]);
    second.answer();
    await vi.waitFor(() => expect(gaps).toEqual([{ from: since, to: clock.now(), cause: 'topics_added', channel: 0 }]));
    expect(asked.length).toBe(2);
  });

  it('asks once more, not once each, for topics that join one after another', async () => {
    const { subscription, clock, gaps, answered } = subscriptionTo(['a']);
    const ready = subscription.ready();
    (await answered(1)).answer();
    await ready;
    const since = clock.now();
    subscription.follow(['a', 'b'], since);
    const second = await answered(2);
    subscription.follow(['a', 'b', 'c'], since + 1000);
    subscription.follow(['a', 'b', 'c', 'd'], since + 2000);
    second.answer();
    await vi.waitFor(() => expect(gaps.length).toBe(1));
    clock.advance(1);
    const third = await answered(3);
    expect(third.topics).toEqual(['a', 'b', 'c', 'd']);
    third.answer();
    // all that joined counts as unheard since the first of them: too much is read again rather than too little
    await vi.waitFor(() => expect(gaps.map(({ from }) => from)).toEqual([since, since]));
  });

  it('goes on trying with the newest topics after a failure', async () => {
    const { subscription, clock, gaps, answered } = subscriptionTo(['a']);
    const ready = subscription.ready();
    (await answered(1)).answer();
    await ready;
    subscription.follow(['a', 'b'], clock.now());
    const failing = await answered(2);
    subscription.follow(['b', 'c'], clock.now());
    failing.fail();
    await vi.waitFor(() => expect(clock.waits()).toContain(1000));
    clock.advance(1000);
    const third = await answered(3);
    expect([third.topics, gaps]).toEqual([['b', 'c'], []]);
    third.answer();
    await vi.waitFor(() => expect(gaps.length).toBe(1));
  });
});
