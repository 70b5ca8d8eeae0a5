// The options of `throughline webhooks listen`.
import { InvalidArgumentError, Option, type Command } from 'commander';
import { wholeNumber } from '../dead-letters/options.ts';

export interface ListenOptions {
  readonly port?: number;
  readonly secret?: string[];
  readonly failRate: number;
  readonly show?: boolean;
}

export const listenOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--port <n>', 'on 127.0.0.1 (default: THROUGHLINE_WEBHOOK_LISTEN_PORT)').argParser(
        wholeNumber(0, 65_535),
      ),
    ) // prettier-ignore
    .option('--secret <secret...>', 'checks signatures with it; one of several is enough')
    .addOption(new Option('--fail-rate <share>', 'answers this share with 503: 0 to 1').argParser(share).default(0))
    .option('--show', 'print whole messages; they may hold personal data');

export const LISTEN_EXAMPLES = `
Examples, beside a running \`npx throughline up\`:
  npx throughline webhooks add "Try-out" http://127.0.0.1:4180/ \\
    --events test,sla.breached
  npx throughline webhooks listen --secret whsec_…
  npx throughline webhooks test wh_…`;

function share(text: string): number {
  const value = /^(0|1|0?\.\d{1,6}|1\.0+)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1, as in 0.2.');
}
