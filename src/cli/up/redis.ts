// The Redis of this run, looked at before anything relies on it.
import { checkRedis } from '../../stores/redis/check.ts';
import { connectRedis } from '../../stores/redis/connect.ts';
import { ensureRedis, type EnsureRedisOptions, type RunningRedis } from '../../stores/redis/embedded/start.ts';
import { Failure } from '../../runtime/errors.ts';
import { CommandFailure } from '../exit.ts';

/** Rejects with what is wrong with it; then nothing is left running. */
export async function openRedis(options: EnsureRedisOptions): Promise<RunningRedis> {
  const redis = await ensureRedis(options);
  try {
    await refuseUnfit(redis);
    return redis;
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

async function refuseUnfit({ url, source }: RunningRedis): Promise<void> {
  let lastError = 'no answer';
  const connection = connectRedis(url, 'request', ({ message }) => {
    lastError = message;
  });
  try {
    await checkRedis(connection);
  } catch (error) {
    if (error instanceof Failure) throw error;
    // What the client says of its retries says less than why it had to try again
    const reason = error instanceof Error && error.name === 'ReplyError' ? error.message : lastError;
    throw new CommandFailure(`Redis (${source}) cannot be used: ${reason}`);
  } finally {
    connection.disconnect();
  }
}
