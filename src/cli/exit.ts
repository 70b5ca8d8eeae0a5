// How a command ends: the exit code, the same for every command.

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
/** A wrong argument or setting: nothing but a change of it helps. */
export const EXIT_USAGE = 2;

/** Ends a command with a message for people, without a stack trace. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT_FAILED) {
    super(message);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}
