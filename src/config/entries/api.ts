// The API, console and Bull Board, and the keys that guard them.
import { z } from 'zod';
import { entry, integer, key32, port, text } from './entry.ts';

const length = 'must have 8 to 256 characters';

export const apiEntries = {
  apiHost: entry({
    env: 'THROUGHLINE_API_HOST',
    group: 'API and console',
    schema: text(),
    default: '127.0.0.1',
    description: 'Address the API and console listen on.',
    example: '0.0.0.0',
  }),
  apiPort: entry({
    env: 'THROUGHLINE_API_PORT',
    group: 'API and console',
    schema: port(),
    default: '7700',
    description: 'Port of the API, console, Bull Board and cluster metrics.',
    example: '7700',
  }),
  apiBodyLimitBytes: entry({
    env: 'THROUGHLINE_API_BODY_LIMIT_BYTES',
    group: 'API and console',
    schema: integer(1024, 67_108_864),
    default: '1048576',
    description: 'Largest request body the API takes.',
    example: '1048576',
  }),
  consolePassword: entry({
    env: 'THROUGHLINE_CONSOLE_PASSWORD',
    group: 'API and console',
    schema: z.string().min(8, length).max(256, length),
    description: 'Password of the console and Bull Board. Unset: made at first start and printed.',
    example: '(at least 8 characters)',
    secret: true,
  }),
  payloadKey: entry({
    env: 'THROUGHLINE_PAYLOAD_KEY',
    group: 'API and console',
    schema: key32(),
    description: 'Key that seals the payloads of dead letters. Unset: made at first start and kept in the data folder.',
    example: '(openssl rand -base64 32)',
    secret: true,
  }),
} as const;
