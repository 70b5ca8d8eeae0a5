// The closed family of failures. A handler throws one of these or nothing it knows of; settle.ts alone decides what
// each means for a job. Invariant: `code` is stable and bounded (it is a metric label), `message` never holds a payload.

/** What the platform of stages does with a failure: see architecture §4. */
export type FailureKind = 'retryable' | 'throttled' | 'conflict' | 'poison' | 'interrupted' | 'fatal';

export class Failure extends Error {
  readonly kind: FailureKind;
  readonly code: string;

  constructor(kind: FailureKind, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.kind = kind;
    this.code = code;
  }
}

/** Backoff, then dead letter. */
export class Retryable extends Failure {
  constructor(code: string, message: string, options?: ErrorOptions) {
    super('retryable', code, message, options);
  }
}

/** The remote asked for a pause: the whole queue waits `retryAfterMs`, no attempt is spent. */
export class Throttled extends Failure {
  readonly retryAfterMs: number;

  constructor(code: string, message: string, retryAfterMs: number) {
    super('throttled', code, message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Somebody else wrote first: read again, merge, resend a bounded number of times; then as Retryable. */
export class Conflict extends Failure {
  constructor(code: string, message: string, options?: ErrorOptions) {
    super('conflict', code, message, options);
  }
}

/** No retry can help: dead letter now. */
export class Poison extends Failure {
  constructor(code: string, message: string, options?: ErrorOptions) {
    super('poison', code, message, options);
  }
}

/** This process is stopping: back to wait, no attempt spent. */
export class Interrupted extends Failure {
  constructor(message = 'the process is stopping') {
    super('interrupted', 'interrupted', message);
  }
}

/** This process cannot go on (bad credentials, evicting Redis): say why, exit. */
export class Fatal extends Failure {
  constructor(code: string, message: string, options?: ErrorOptions) {
    super('fatal', code, message, options);
  }
}
