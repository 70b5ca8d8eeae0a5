// Time on hostile texts: sixteen times the text may cost at most so much more, and no text may hold a worker up.
import { expect, test } from 'vitest';
import { detect } from '../../../../src/domain/privacy/detect.ts';
import { redactText } from '../../../../src/domain/privacy/redact.ts';

const PROFILE = {
  names: ['Ab Cd', 'é', 'Will'],
  emails: ['a@b.co'],
  phones: ['+31612345678'],
  addresses: ['1 Ab Street'],
  ids: ['1234567'],
};
const CONTEXT = { region: 'NL', profile: PROFILE };
/** Repeated until the text is long: each is the worst that a detector could be given. */
const HOSTILE = [
  'a', '1', '1 ', '1-', '1.', 'a@', '@', 'a.', 'a-', 'a:', '1f:', '+1 ', '(1', ' at ', ' dot ', 'a at b dot ', 'a@a.', '%40', '(at) ', 'j ', 'five ',
  'double ', 'nineteen twenty ', 'one-', '4111 1111 1111 1111 ', 'DE89 ', 'DE89370400440532013', 'A1', 'A1 ', 'https://a:b@', '?name=', '&email=',
  'Ab ', 'Ab 12, ', '1 Ab Street, ', '12 Ab Cd Ef Gh ', ', 1234 Ab', 'Ab cd ef 12, 1234 Ab ', 'address is 1 ', 'my name is A ', 'Name: Ab\n',
  'name,email\n', '"dob": "a', 'dob="', ' -at- a -dot- ', '1 2 3 4 5 6 7 8 9 0 ', 'g mail ', '| name | email |\n', 'a,b,name,email\n"', '"', '\n', ' ', '\t', 'dob ', 'born 1 january ', 'january first nineteen ', '123-45-6789 ',
  'passport A', '👋', 'é', 'a\u200b1', '\u0661\u0662 ', '\ud83d', 'REDACTED_EMAIL ', '12345678-1234-1234-1234-123456789012 ', 'cvv ', 'regards,\n', 'will ',
  'order 12 call 0612345678 at joe dot doe at x dot com 1.2.3.4 ',
]; // prettier-ignore
const SHORT = 4096;
const LONG = 65_536;
/** Four times the text twice over, five times the time allowed for each, and room for a machine that is busy. */
const MOST_GROWTH = 25 * 2;
/** Below this a clock tells little. */
const FLOOR_MS = 3;
const MOST_MS = 2000;

function cpuMs(seed: string, length: number): number {
  const text = seed.repeat(Math.ceil(length / seed.length)).slice(0, length);
  const took = [1, 2].map(() => {
    const before = process.cpuUsage();
    detect(text, CONTEXT);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...took);
}

test.each(HOSTILE.map((seed) => [seed]))('%j', (seed) => {
  const short = Math.max(FLOOR_MS, cpuMs(seed, SHORT));
  const long = cpuMs(seed, LONG);
  expect(long).toBeLessThan(MOST_MS);
  expect(long / short).toBeLessThan(MOST_GROWTH);
});

test('a whole redaction of 64 KB ends, whatever its rounds', () => {
  const text = HOSTILE.join('').repeat(200).slice(0, LONG);
  const before = process.cpuUsage();
  const redacted = redactText(text, CONTEXT);
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(MOST_MS * 4);
  expect(redactText(redacted, CONTEXT)).toBe(redacted);
});
