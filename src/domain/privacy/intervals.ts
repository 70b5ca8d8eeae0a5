// Which spans meet a set of others. Invariant: a question costs the logarithm of the set, so that a text full of spans
// costs no square of them.

interface Interval {
  readonly start: number;
  readonly end: number;
}

/** True of what shares at least one place with one of `intervals`. */
export function meeting(intervals: readonly Interval[]): (span: Interval) => boolean {
  const whole: { start: number; end: number }[] = [];
  for (const { start, end } of intervals.toSorted((one, other) => one.start - other.start)) {
    const last = whole.at(-1);
    if (last === undefined || start > last.end) whole.push({ start, end });
    else last.end = Math.max(last.end, end);
  }
  return ({ start, end }) => {
    let [low, high] = [0, whole.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((whole[middle]?.end ?? 0) > start) high = middle;
      else low = middle + 1;
    }
    return (whole[low]?.start ?? Number.POSITIVE_INFINITY) < end;
  };
}
