// Where Redis is and how its keys begin.
import { z } from 'zod';
import { entry } from './entry.ts';

const address = 'must be redis://host:port/0, rediss://host:port/0 or unix:/path/to/redis.sock';

/** The database in the path must be a number: a client would silently take another one. */
const isReachable = (url: string): boolean =>
  url.startsWith('unix:') || (URL.canParse(url) && /^\/?\d*$/.test(new URL(url).pathname));

export const redisEntries = {
  redisUrl: entry({
    env: 'REDIS_URL',
    group: 'Redis',
    schema: z
      .string()
      .regex(/^(rediss?:\/\/|unix:\/)./, address)
      .refine(isReachable, address),
    description: 'Redis or Valkey 6.2+. Unset: a private one is found or fetched and started in the data folder.',
    example: 'redis://redis:6379/0',
    secret: true,
  }),
  redisFsync: entry({
    env: 'THROUGHLINE_REDIS_FSYNC',
    group: 'Redis',
    schema: z.enum(['everysec', 'always']),
    default: 'everysec',
    description:
      'When the private Redis writes to disk: everysec can lose two seconds if the machine dies, always nothing, at a ' +
      'sync a write. A Redis of your own has its own appendfsync.',
    example: 'always',
  }),
  redisPrefix: entry({
    env: 'THROUGHLINE_REDIS_PREFIX',
    group: 'Redis',
    schema: z.string().regex(/^[a-z0-9-]{1,20}$/, 'must be 1 to 20 of a-z, 0-9 and -'),
    default: 'tl',
    description: 'First part of every key, so that several deployments can share one Redis.',
    example: 'tl-staging',
  }),
} as const;
