// Which conversations customers start, and how often. Invariant: the shares add up to one.
import type { RoutedMedia } from '../centre/roster.ts';
import type { Random } from '../random.ts';
import { callback } from './callback.ts';
import { email } from './email.ts';
import { message } from './message.ts';
import type { Scenario } from './scene.ts';
import { voice } from './voice.ts';

export const scenarios: Readonly<Record<RoutedMedia, Scenario>> = { voice, message, email, callback };

const SHARES: readonly (readonly [RoutedMedia, number])[] = [
  ['voice', 0.5],
  ['message', 0.27],
  ['email', 0.13],
  ['callback', 0.1],
];

export function drawMedia(random: Random): RoutedMedia {
  let left = random.next();
  for (const [media, share] of SHARES) {
    left -= share;
    if (left < 0) return media;
  }
  return 'voice';
}
