// JSON logs to standard output. Invariant: a log line holds ids, counts, codes and sizes, never a payload: what could
// hold one (body, frame, headers, attributes) is cut out even when passed by mistake.
import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

const NEVER = ['payload', 'frame', 'body', 'raw', 'attributes', 'address', 'name', 'password', 'token', 'secret'];

export function createLogger(options: { readonly level: string; readonly role: string }): Logger {
  const settings = {
    level: options.level,
    base: { role: options.role, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: NEVER.flatMap((key) => [key, `*.${key}`]), censor: '[not logged]' },
    serializers: { err: describeError },
  };
  // asynchronous writing loses the order of the last lines, and hangs an exit whose reader has gone
  return pino(settings, pino.destination({ dest: 1, sync: true }));
}

/** Name, code and message only: an axios error carries the request and its credentials. */
function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: 'a value that is not an Error was thrown' };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    code: typeof code === 'string' ? code : undefined,
    message: error.message,
    stack: error.stack,
  };
}
