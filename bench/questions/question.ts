// A question: asked of one private Redis, answered with rows for a table and what to say about them.
import type { PrivateRedis } from '../measure/private-redis.ts';
import type { Row } from '../measure/table.ts';

export interface Ask {
  readonly server: PrivateRedis;
  /** Once and small: shows that the question can still be asked, not what the answer is. */
  readonly quick: boolean;
  readonly say: (progress: string) => void;
}

export interface Target {
  readonly what: string;
  readonly met: boolean;
  readonly measured: string;
}

export interface Answer {
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
  readonly notes: readonly string[];
}

export interface Question {
  readonly name: string;
  readonly asks: string;
  answer(ask: Ask): Promise<Answer>;
}
