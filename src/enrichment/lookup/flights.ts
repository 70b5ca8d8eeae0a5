// Single flight: while one question is under way, whoever asks the same waits for its answer. Invariants: at most one
// flight a key in this process; a flight belongs to nobody, so a caller that stops waiting does not end it for others.

export interface Flight<T> {
  readonly landed: Promise<T>;
  /** This caller did not start it. */
  readonly joined: boolean;
}

export interface Flights<T> {
  join(key: string, take: () => Promise<T>): Flight<T>;
}

export function createFlights<T>(): Flights<T> {
  const underWay = new Map<string, Promise<T>>();
  return {
    join: (key, take) => {
      const known = underWay.get(key);
      if (known !== undefined) return { landed: known, joined: true };
      const landed = take().finally(() => underWay.delete(key));
      // it may fail when nobody waits any more
      landed.catch(() => undefined);
      underWay.set(key, landed);
      return { landed, joined: false };
    },
  };
}
