// Where commands write. Invariant: text only leaves through here, so that a test reads what a person would see.
import { isatty } from 'node:tty';

export interface Terminal {
  /** A person watches: lines may be redrawn in place. */
  readonly isTty: boolean;
  /** Asked anew each time: windows are resized. */
  readonly columns: () => number;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** For long output: resolves when more may be written; false when nobody reads it any more. */
  readonly taken: () => Promise<boolean>;
}

export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  // `throughline … | head` closes our output: that is no failure
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  return {
    isTty: isatty(stdout.fd),
    // Some terminals say 0 when they do not know; a file has no edge
    columns: () => (stdout.isTTY ? stdout.columns || 80 : Number.POSITIVE_INFINITY),
    out: (text) => void stdout.write(text),
    error: (text) => void stderr.write(text),
    taken: () => takenBy(stdout),
  };
}

function takenBy(stream: NodeJS.WriteStream): Promise<boolean> {
  if (stream.destroyed || !stream.writableNeedDrain) return Promise.resolve(!stream.destroyed);
  return new Promise((resolve) => {
    const over = (): void => {
      for (const event of ['drain', 'close', 'error']) stream.off(event, over);
      resolve(!stream.destroyed);
    };
    for (const event of ['drain', 'close', 'error']) stream.on(event, over);
  });
}
