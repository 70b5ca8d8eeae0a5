// What is wrong with a setting, for people.

export interface Problem {
  readonly variable: string;
  /** What is wrong and what is expected, in one sentence or two. */
  readonly message: string;
}
