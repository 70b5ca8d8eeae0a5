// What conversations are told, as a service keeps it that looks at versions: what the tests of all targets share.
// Invariant: a test can hold writes up, put them in order, and switch the check of versions off as a control.
export type Values = Record<string, unknown>;

export abstract class VersionedStores {
  /** Off: whatever comes is written, whoever came before. */
  checks = true;
  written = 0;
  conflicts = 0;
  url = '';
  /** A conversation that is there. */
  id = 'c-1';
  /** Called before a write is looked at. */
  beforeWrite: (id: string) => Promise<void> = () => Promise.resolve();
  #gathering: Gathering | undefined;

  /** What a conversation's record holds; empty where there is none. */
  abstract valuesOf(id: string): Values;
  /** Somebody else writes, and keeps no times. */
  abstract overwrite(id: string, values: Values): Promise<void>;
  abstract close(): Promise<void>;

  /** The next `count` writes wait for each other, then are done one after the other in the order of `rank`. */
  gather(count: number, rank: (sent: Values) => number): void {
    this.#gathering = { left: count, rank, waiting: [] };
  }

  /** Does a write when its turn has come. */
  protected async inTurn<T>(id: string, sent: Values, write: () => Promise<T>): Promise<T> {
    await this.beforeWrite(id);
    const group = this.#gathering;
    if (group === undefined) return write();
    return new Promise((resolve, reject) => {
      group.waiting.push({ rank: group.rank(sent), go: () => write().then(resolve, reject) });
      group.left -= 1;
      if (group.left > 0) return;
      this.#gathering = undefined;
      void oneByOne(group.waiting);
    });
  }
}

interface Gathering {
  left: number;
  readonly rank: (sent: Values) => number;
  readonly waiting: { readonly rank: number; readonly go: () => Promise<void> }[];
}

async function oneByOne(waiting: Gathering['waiting']): Promise<void> {
  for (const { go } of waiting.toSorted((one, other) => one.rank - other.rank)) await go();
}
