// Counts the commands this process sends to Redis. Not INFO commandstats: that also counts what scripts call inside.
import { Redis } from 'ioredis';

/** From now on; the answer tells how many so far. */
export function countClientCommands(): () => number {
  let sent = 0;
  // the one place through which every command of every client in this process goes, pipelined ones too
  const original = Reflect.get(Redis.prototype, 'sendCommand') as (...args: unknown[]) => unknown;
  Reflect.set(Redis.prototype, 'sendCommand', function counted(this: Redis, ...args: unknown[]) {
    sent += 1;
    return Reflect.apply(original, this, args);
  });
  return () => sent;
}
