// Where events come from: the platform's stream can be left out, but not every source.
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';

const off = {
  THROUGHLINE_GENESYS_STREAM: 'off',
  THROUGHLINE_GENESYS_QUEUES: 'none',
  THROUGHLINE_GENESYS_USERS: 'none',
};

test('no source of events at all is a mistake, and the message says what to set', () => {
  expect(loadConfig(off)).toEqual({
    ok: false,
    problems: [
      {
        variable: 'THROUGHLINE_GENESYS_STREAM',
        message:
          'is "off", and neither THROUGHLINE_ENVELOPES_URL nor THROUGHLINE_EVENTS_TOKEN is set: no event could come ' +
          'from anywhere. Set one of them, or this to "on".',
      },
    ],
  });
});

test.each([
  { THROUGHLINE_ENVELOPES_URL: 'wss://events.example.com' },
  { THROUGHLINE_EVENTS_TOKEN: 'a-token-of-at-least-twenty-characters' },
])('without the platform’s stream envelopes are enough, and nothing need be followed: %j', (source) => {
  expect(loadConfig({ ...off, ...source })).toMatchObject({ ok: true, config: { genesysStream: 'off' } });
});
