// What a person can get wrong with the platform, on the practice platform: each is told with the setting and the fix, and
// what is right beside it goes on.
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EMULATOR_CLIENT } from '../../../src/emulator/genesys/sign-in.ts';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { platformUrls } from '../../../src/genesys/platform-url.ts';
import { createRest } from '../../../src/genesys/rest.ts';
import { createSignIn } from '../../../src/genesys/sign-in.ts';
import { startStream, type Stream } from '../../../src/genesys/stream.ts';
import { createMetrics } from '../../../src/observability/metrics.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { post, startQuietly } from '../emulator/platform-client.ts';

const UNKNOWN_QUEUE = '00000000-0000-4000-8000-000000000000';

describe('bad input', () => {
  let platform: GenesysEmulator;
  let stream: Stream | undefined;
  const lines: string[] = [];
  const fatal: string[] = [];

  beforeEach(async () => {
    platform = await startQuietly();
    lines.length = fatal.length = 0;
  });
  afterEach(async () => {
    await stream?.stop();
    await platform.close();
  });

  const follow = (queues: string, clientSecret: string = EMULATOR_CLIENT.secret): Stream => {
    const urls = platformUrls({ region: 'mypurecloud.com', gatewayUrl: platform.url });
    const tokens = createSignIn({ url: urls.login, clientId: EMULATOR_CLIENT.id, clientSecret, clock: systemClock });
    return (stream = startStream({
      rest: createRest({ url: urls.api, tokens }),
      topics: { queues, users: 'none' },
      mostChannels: 20,
      onFrame: () => undefined,
      onFatal: (failure) => fatal.push(String(failure)),
      onState: () => undefined,
      onGap: () => undefined,
      log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }),
      metrics: createMetrics(),
      clock: systemClock,
    }));
  };
  const ended = () =>
    eventually(
      'the end',
      () => fatal[0] ?? '',
      (said) => said !== '',
    );
  const withhold = (...lacks: string[]) =>
    post(`${platform.url}/emulator/rest/permissions`, { clientId: EMULATOR_CLIENT.id, lacks });
  const someQueue = (): string => platform.center.queues[0]?.id ?? '';

  it('a wrong secret: the credentials’ settings, and no retry', async () => {
    follow('all', 'wr0ng');
    expect(await ended()).toMatch(
      /refused to sign in.*Set THROUGHLINE_GENESYS_CLIENT_ID and THROUGHLINE_GENESYS_CLIENT_SECRET/,
    );
    expect(fatal[0]).not.toContain('wr0ng');
  });

  it('a missing permission (403 missing.permissions): the permission, the client’s setting, the way without', async () => {
    await withhold('routing:queue:view');
    follow('all');
    expect(await ended()).toMatch(
      /missing\.(any\.)?permissions.*Grant .*routing:queue:view.*THROUGHLINE_GENESYS_CLIENT_ID.*THROUGHLINE_GENESYS_QUEUES/,
    );
  });

  it('an unknown queue id beside a right one: the topic and the setting, while the right one is heard', async () => {
    const running = follow(`${someQueue()},${UNKNOWN_QUEUE}`);
    await eventually(
      'a connection',
      () => running.state().connected,
      (connected) => connected,
    );
    const rejected = lines.find((line) => line.includes('rejected topics'));
    expect(rejected).toContain(`v2.routing.queues.${UNKNOWN_QUEUE}.conversations`);
    expect(rejected).toContain('Check the ids in THROUGHLINE_GENESYS_QUEUES');
    expect([running.state().topics, fatal]).toEqual([1, []]);
  });

  it('nothing but an unknown queue id: the same, and the end', async () => {
    follow(UNKNOWN_QUEUE);
    expect(await ended()).toMatch(
      new RegExp(`rejected all 1 topics .*${UNKNOWN_QUEUE}.*Check the ids in THROUGHLINE_GENESYS_QUEUES`),
    );
  });

  it('topics rejected for want of a permission: the permission', async () => {
    const queue = someQueue();
    await withhold('conversation:communication:view');
    follow(queue);
    expect(await ended()).toMatch(/rejected all 1 topics .*Grant conversation:communication:view to a role/);
  });
});
