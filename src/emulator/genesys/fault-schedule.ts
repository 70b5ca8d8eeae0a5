// Sockets broken again and again without anybody asking: for a demonstration, or a night. Invariant: the first break
// comes after one interval, and nothing is broken once stopped.
import type { ChannelSockets } from './channel-sockets.ts';

export const BREAKS = ['close', 'cut', 'refuse', 'half-open'] as const;

export interface BreakPlan {
  readonly everyMs: number;
  readonly how: (typeof BREAKS)[number];
}

const strike: Readonly<Record<BreakPlan['how'], (sockets: ChannelSockets) => number>> = {
  close: (sockets) => {
    sockets.announceClosing();
    return sockets.close(1001);
  },
  cut: (sockets) => sockets.close(1006),
  /** Cut, and the first attempt to come back fails. */
  refuse: (sockets) => {
    sockets.refuse(1, 503);
    return sockets.close(1006);
  },
  'half-open': (sockets) => sockets.silence(),
};

/** Returns the way to stop it. */
export function breakRegularly(sockets: ChannelSockets, { everyMs, how }: BreakPlan): () => void {
  const timer = setInterval(() => strike[how](sockets), everyMs).unref();
  return () => clearInterval(timer);
}
