// A terminal that remembers what was written to it.
import type { Terminal } from '../../../src/cli/terminal.ts';

export interface CapturedTerminal extends Terminal {
  readonly written: { out: string; error: string };
}

export function createCapturedTerminal(options: { isTty?: boolean; columns?: number } = {}): CapturedTerminal {
  const written = { out: '', error: '' };
  return {
    written,
    isTty: options.isTty ?? false,
    columns: () => options.columns ?? 80,
    out: (text) => void (written.out += text),
    error: (text) => void (written.error += text),
    taken: () => Promise.resolve(true),
  };
}
