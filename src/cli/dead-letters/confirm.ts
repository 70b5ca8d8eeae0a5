// Asks a person for a yes before many letters are changed. Invariant: anything but a yes is a no, the end of input too.
import { createInterface } from 'node:readline/promises';
import { CommandFailure, EXIT_USAGE } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

export interface Person {
  /** Somebody can answer. */
  readonly isThere: (terminal: Terminal) => boolean;
  readonly answer: (question: string) => Promise<string>;
}

export const personAtTerminal: Person = {
  isThere: (terminal) => terminal.isTty && process.stdin.isTTY,
  answer: async (question) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    const closed = new Promise<string>((resolve) => {
      lines.once('close', () => resolve(''));
    });
    try {
      return await Promise.race([lines.question(question).catch(() => ''), closed]);
    } finally {
      lines.close();
    }
  },
};

/** @param what "Retry 12 dead letters" */
export async function confirmed(what: string, terminal: Terminal, person: Person): Promise<boolean> {
  if (!person.isThere(terminal)) {
    throw new CommandFailure(`${what}? Add --yes to do it, or --dry-run to see what would be done.`, EXIT_USAGE);
  }
  return /^y(es)?$/i.test((await person.answer(`${what}? [y/N] `)).trim());
}
