// What a Redis that we start must be told: keep every key, and write down what it acknowledges.

/** `everysec`: the death of the machine can take two seconds of what was acknowledged; `always`: nothing. */
export type AppendFsync = 'everysec' | 'always';

/** As arguments of the server. */
export function promises(appendfsync: AppendFsync = 'everysec'): readonly string[] {
  const settings = { appendonly: 'yes', appendfsync, save: '', 'maxmemory-policy': 'noeviction' };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** What configuration says of it. */
export interface RedisChoice {
  readonly redisUrl?: string | undefined;
  readonly redisFsync?: AppendFsync | undefined;
}
