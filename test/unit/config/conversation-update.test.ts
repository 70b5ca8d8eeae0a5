// The settings of conversation updates: what each refuses, and why two of them belong together.
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';

const problemsOf = (settings: Readonly<Record<string, string>>): string[] => {
  const env = Object.entries(settings).map(([name, value]) => [`THROUGHLINE_CONVERSATION_UPDATE_${name}`, value]);
  const loaded = loadConfig(Object.fromEntries(env));
  return loaded.ok ? [] : loaded.problems.map(({ variable, message }) => `${variable}: ${message}`);
};
const URL = 'https://crm.example.com/conversations/{conversationId}';

describe('conversation updates', () => {
  it('are off unless a target is named', () => {
    const loaded = loadConfig({});
    expect(loaded.ok && loaded.config.conversationUpdateTarget).toBeUndefined();
  });

  it.each([
    { TARGET: 'platform' },
    { TARGET: 'http', URL },
    { MOVES: 'active,held,left' },
    { FIELDS: 'participantState={participantState},note_text=since {at} by {userId}' },
    { STAMPS_KEY: 'stamps_text' },
  ])('%j is sound', (settings) => expect(problemsOf(settings)).toEqual([]));

  it.each([
    [{ TARGET: 'crm' }, /TARGET: "crm" must be one of none, platform, http/],
    [{ MOVES: 'active;held' }, /MOVES: .* must be one or more of pending, joined, active/],
    [{ FIELDS: 'participantState' }, /FIELDS: .* must be key=template pairs/],
    [{ FIELDS: 'state={state}' }, /FIELDS: .*\{participantState\}/],
    [{ FIELDS: 'a=1,,b=2' }, /FIELDS: /],
    [{ STAMPS_KEY: 'two words' }, /STAMPS_KEY: /],
    [{ TARGET: 'http', URL: 'https://crm.example.com/' }, /URL: .* must have \{conversationId\} where the id goes/],
    [{ TARGET: 'http' }, /URL: is missing, but THROUGHLINE_CONVERSATION_UPDATE_TARGET is "http"/],
    [{ TARGET: 'platform', URL }, /URL: is set, but THROUGHLINE_CONVERSATION_UPDATE_TARGET is not "http"/],
  ])('%j is refused with the reason', (settings, reason) => {
    expect(problemsOf(settings)).toEqual([expect.stringMatching(reason)]);
  });
});
