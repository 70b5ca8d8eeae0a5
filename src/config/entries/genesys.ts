// How the platform is reached and what is followed there.
import { entry, httpUrl, idList, integer, oneOf, text } from './entry.ts';

/** Hosts of the platform's regions; sign-in and API hosts are made from them. */
const regions = [
  'mypurecloud.com',
  'mypurecloud.ie',
  'mypurecloud.com.au',
  'mypurecloud.jp',
  'mypurecloud.de',
  'usw2.pure.cloud',
  'cac1.pure.cloud',
  'apne2.pure.cloud',
  'euw2.pure.cloud',
  'aps1.pure.cloud',
  'sae1.pure.cloud',
  'mec1.pure.cloud',
  'apne3.pure.cloud',
  'euc2.pure.cloud',
  'mxc1.pure.cloud',
  'apse1.pure.cloud',
  'use2.us-gov-pure.cloud',
  'edee1.eusc-pure.cloud',
] as const;

export const genesysEntries = {
  genesysClientId: entry({
    env: 'THROUGHLINE_GENESYS_CLIENT_ID',
    group: 'Genesys Cloud',
    schema: text(),
    description: 'OAuth client (client credentials grant). Unset: the emulator is used.',
    example: '4b1c1d5e-0000-4000-8000-7a1f5a6c2f10',
  }),
  genesysClientSecret: entry({
    env: 'THROUGHLINE_GENESYS_CLIENT_SECRET',
    group: 'Genesys Cloud',
    schema: text(),
    description: 'Secret of that client.',
    example: '(from the OAuth client page)',
    secret: true,
  }),
  genesysRegion: entry({
    env: 'THROUGHLINE_GENESYS_REGION',
    group: 'Genesys Cloud',
    schema: oneOf(regions),
    default: 'mypurecloud.com',
    description: 'Host of the organisation’s region.',
    example: 'mypurecloud.ie',
  }),
  genesysGatewayUrl: entry({
    env: 'THROUGHLINE_GENESYS_GATEWAY_URL',
    group: 'Genesys Cloud',
    schema: httpUrl(),
    description:
      'Where to reach the platform instead of the region’s hosts: sign-in under /login, the API under /api/v2. Set by `up` to the emulator.',
    example: 'http://127.0.0.1:7710',
  }),
  genesysStream: entry({
    env: 'THROUGHLINE_GENESYS_STREAM',
    group: 'Genesys Cloud',
    schema: oneOf(['on', 'off']),
    default: 'on',
    description:
      'Whether the ingester listens to the platform; off: events come as envelopes alone, and it needs no OAuth client.',
    example: 'off',
  }),
  genesysQueues: entry({
    env: 'THROUGHLINE_GENESYS_QUEUES',
    group: 'Genesys Cloud',
    schema: idList(),
    default: 'all',
    description: 'Queues whose conversations are followed: all that the client can see, none, or ids.',
    example: 'all',
  }),
  genesysUsers: entry({
    env: 'THROUGHLINE_GENESYS_USERS',
    group: 'Genesys Cloud',
    schema: idList(),
    default: 'all',
    description: 'Users whose conversations are followed: all that the client can see, none, or ids.',
    example: 'none',
  }),
  genesysRelistSeconds: entry({
    env: 'THROUGHLINE_GENESYS_RELIST_SECONDS',
    group: 'Genesys Cloud',
    schema: integer(30, 86_400),
    default: '300',
    description: 'Seconds between two listings of "all" queues or users: how soon a new one is followed.',
    example: '60',
  }),
  genesysMaxChannels: entry({
    env: 'THROUGHLINE_GENESYS_MAX_CHANNELS',
    group: 'Genesys Cloud',
    schema: integer(1, 20),
    default: '20',
    description:
      'Notification channels one ingester may use, 1,000 topics each. An OAuth client has 20 in all: with two ingesters, 10.',
    example: '10',
  }),
  genesysRequestsPerMinute: entry({
    env: 'THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE',
    group: 'Genesys Cloud',
    schema: integer(10, 100_000),
    default: '300',
    description:
      'Requests to the platform in any minute, of all processes together. Its own headers and 429s lower it.',
    example: '180',
  }),
  genesysMaxConcurrentRequests: entry({
    env: 'THROUGHLINE_GENESYS_MAX_CONCURRENT_REQUESTS',
    group: 'Genesys Cloud',
    schema: integer(1, 1000),
    default: '10',
    description: 'Requests to the platform that one process has under way at a time.',
    example: '5',
  }),
} as const;
