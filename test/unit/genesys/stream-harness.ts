// A stream under test: scripted platform, fake clock, and all that the stream said, in one hand.
// Invariant: `close` fails the test when the stream has left a timer behind.
import { expect, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { createLogger } from '../../../src/observability/logger.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import type { Gap, StreamState } from '../../../src/genesys/stream-record.ts';
import { startStream, type Stream } from '../../../src/genesys/stream.ts';
import type { TopicChoice } from '../../../src/genesys/topics.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { connectRest, startScriptedPlatform, type ScriptedPlatform } from './scripted-platform.ts';

export const LOGIN = 'POST /login/oauth/token';
export const CHANNELS = 'POST /api/v2/notifications/channels';
export const SUBSCRIPTIONS = 'PUT /api/v2/notifications/channels/:id/subscriptions';
export const QUEUES = 'GET /api/v2/routing/queues';

export const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5000, interval: 2 });

export const notice = (topic: string, eventBody: object = {}): string =>
  JSON.stringify({ topicName: `v2.system.${topic}`, version: '2', eventBody });

export interface StreamHarness {
  readonly platform: ScriptedPlatform;
  readonly clock: FakeClock;
  readonly frames: string[];
  readonly gaps: Gap[];
  readonly states: StreamState[];
  readonly fatal: unknown[];
  start(topics?: TopicChoice, mostChannels?: number): Stream;
  stream(): Stream;
  state(): StreamState;
  /** Until the stream is connected and this many sockets have been opened in all. */
  connected(sockets: number): Promise<void>;
  lastSocket(): WebSocket;
  /** Until the code waits this long, among its other timers. */
  waitsFor(ms: number): Promise<void>;
  /** Values of a metric by its `cause`. */
  metric(name: string): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export async function createStreamHarness(): Promise<StreamHarness> {
  const platform = await startScriptedPlatform();
  const clock = createFakeClock();
  const metrics = createMetrics();
  let stream: Stream | undefined;

  const harness: StreamHarness = {
    platform,
    clock,
    frames: [],
    gaps: [],
    states: [],
    fatal: [],
    start(topics = { queues: 'all', users: 'none' }, mostChannels = 20) {
      stream = startStream({
        rest: connectRest(platform, clock),
        topics,
        mostChannels,
        onFrame: (raw) => harness.frames.push(raw),
        onFatal: (failure) => harness.fatal.push(failure),
        onState: (state) => harness.states.push(state),
        onGap: (gap) => harness.gaps.push(gap),
        log: createLogger({ level: 'silent', role: 'test' }),
        metrics,
        clock,
        random: () => 0.5,
      });
      return stream;
    },
    stream: () => stream ?? expect.fail('no stream was started'),
    state: () => harness.stream().state(),
    connected: (sockets) =>
      until(() => expect([harness.state().connected, platform.sockets.length]).toEqual([true, sockets])),
    lastSocket: () => platform.sockets.at(-1)?.socket ?? expect.fail('no socket was opened'),
    waitsFor: (ms) => until(() => expect(clock.waits()).toContain(ms)),
    async metric(name) {
      const found = await metrics.registry.getSingleMetric(name)?.get();
      return Object.fromEntries((found?.values ?? []).map(({ labels, value }) => [labels['cause'] ?? '', value]));
    },
    async close() {
      const stopping = stream?.stop();
      clock.advance(2000);
      await stopping;
      expect(clock.waits()).toEqual([]);
      await platform.close();
    },
  };
  return harness;
}
