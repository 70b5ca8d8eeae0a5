// The practice platform and CRM of a laptop run.
import { entry, integer, port } from './entry.ts';

export const emulatorEntries = {
  emulatorPort: entry({
    env: 'THROUGHLINE_EMULATOR_PORT',
    group: 'Emulator',
    schema: port(),
    default: '7710',
    description: 'Port of the Genesys Cloud emulator.',
    example: '7710',
  }),
  emulatorSeed: entry({
    env: 'THROUGHLINE_EMULATOR_SEED',
    group: 'Emulator',
    schema: integer(0, 4_294_967_295),
    default: '1',
    description: 'Seed of the contact centre and its conversations: the same seed tells the same story.',
    example: '42',
  }),
  emulatorRatePerMinute: entry({
    env: 'THROUGHLINE_EMULATOR_RATE_PER_MINUTE',
    group: 'Emulator',
    schema: integer(0, 600_000),
    default: '90',
    description: 'Conversations that customers start in a minute; 0 = only on demand.',
    example: '600',
  }),
  emulatorSpeed: entry({
    env: 'THROUGHLINE_EMULATOR_SPEED',
    group: 'Emulator',
    schema: integer(1, 10_000),
    default: '10',
    description: 'How many times faster than life emulated conversations pass.',
    example: '1',
  }),
  emulatorRequestsPerMinute: entry({
    env: 'THROUGHLINE_EMULATOR_REQUESTS_PER_MINUTE',
    group: 'Emulator',
    schema: integer(1, 10_000_000),
    default: '300',
    description:
      'REST calls the emulated platform takes of one token in a minute; the default is what the platform takes. Unset, `up` takes as many times more as conversations pass faster, on both sides.',
    example: '3000',
  }),
  crmEmulatorPort: entry({
    env: 'THROUGHLINE_CRM_EMULATOR_PORT',
    group: 'Emulator',
    schema: port(),
    default: '7711',
    description: 'Port of the emulated CRM.',
    example: '7711',
  }),
} as const;
