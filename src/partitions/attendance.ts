// Attendance: every worker says again and again that it is there, and watches the others. Invariant: nobody is called
// dead by a clock, only by one who has watched without a break for as long as the other was silent. After Redis was
// away, or the watcher was, silence before it proves nothing.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Clock } from '../runtime/clock.ts';
import type { Keys } from '../stores/redis/keys.ts';
import { luaScript } from '../stores/redis/script.ts';

const attendScript = luaScript(new URL('./scripts/attend.lua', import.meta.url));

/** Four looks of a sweep at its default pace; longer than a client rests before it tries to reach Redis again. */
const SILENT_MS = 3000;
/** A clock that jumps makes no silence: so many looks must have found it, too. */
const SILENT_LOOKS = 4;

interface Sighting {
  readonly at: number;
  readonly look: number;
  /** When Redis last heard it. */
  readonly heard?: string;
  /** It has said something under our eyes; what was found at the first look may be a dead one's last word. */
  readonly spoke?: boolean;
}

/** What one worker has seen of the others, look by look. */
export class Watch {
  private readonly sightings = new Map<string, Sighting>();
  private begun: Sighting = { at: 0, look: 0 };
  private last: Sighting = this.begun;

  /** `heard`: when Redis last heard each worker; `at`: epoch ms. */
  look(heard: ReadonlyMap<string, string>, at: number): void {
    const sighting = { at, look: this.last.look + 1 };
    if (at < this.last.at || at - this.last.at >= SILENT_MS) {
      this.begun = sighting;
      this.sightings.clear();
    }
    this.last = sighting;
    for (const [worker, when] of heard) {
      if (this.sightings.get(worker)?.heard === when) continue;
      this.sightings.set(worker, { ...sighting, heard: when, spoke: sighting !== this.begun });
    }
  }

  /** Undefined: not known yet. */
  isDead(worker: string): boolean | undefined {
    const seen = this.sightings.get(worker) ?? this.begun;
    const { at, look } = this.last;
    if (look - seen.look >= SILENT_LOOKS && at - seen.at >= SILENT_MS) return true;
    return seen.spoke === true ? false : undefined;
  }
}

export interface Attendance {
  /** This worker's name among the others, for as long as its process lives. */
  readonly worker: string;
  /** Says "I am here", and answers with how many are. */
  attend(): Promise<number>;
  /** Undefined: not known yet. */
  isDead(worker: string): boolean | undefined;
  leave(): Promise<void>;
}

export function attendanceOf(redis: Redis, keys: Keys, clock: Clock): Attendance {
  const worker = randomUUID();
  const watch = new Watch();
  return {
    worker,
    attend: async () => {
      const reply = (await attendScript.run(redis, [keys.workers], [worker, SILENT_MS])) as string[];
      const heard = new Map<string, string>();
      for (let at = 0; at < reply.length; at += 2) heard.set(String(reply[at]), String(reply[at + 1]));
      watch.look(heard, clock.now());
      return heard.size;
    },
    isDead: (other) => (other === worker ? false : watch.isDead(other)),
    leave: async () => {
      await redis.zrem(keys.workers, worker);
    },
  };
}
