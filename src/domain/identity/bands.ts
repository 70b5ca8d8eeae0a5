// What a score leads to: a match, a person's decision, or nothing. Invariant: the bands keep their order and their distance
// in odds, so that no threshold asks for more than a score can be.

/** 0 to 100: the probability that the bits stand for. */
export const percent = (bits: number): number => 100 / (1 + 2 ** -bits);

export interface Bands {
  readonly review: number;
  readonly match: number;
  /** Between two profiles that each have a history: undoing it costs more. */
  readonly merge: number;
}

export const DEFAULT_THRESHOLD = 85;

/**
 * One threshold sets the three bands: at 85 they are 75, 90 and 97. They keep their distance in odds, so that no
 * threshold asks for more than a score can be.
 */
export function bandsOf(threshold: number = DEFAULT_THRESHOLD): Bands {
  const shift = logit(threshold) - logit(DEFAULT_THRESHOLD);
  const moved = (band: number): number => percent(logit(band) + shift);
  return { review: moved(75), match: moved(90), merge: moved(97) };
}

const logit = (share: number): number => Math.log2(share / (100 - share));
