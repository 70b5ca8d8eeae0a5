// `throughline webhooks listen` until somebody stops it.
import { secretSchema } from '../../stores/webhooks/endpoint.ts';
import { harmless } from '../dead-letters/text.ts';
import { CommandFailure, EXIT_OK, EXIT_USAGE } from '../exit.ts';
import { readSettings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import type { ListenOptions } from './listen-options.ts';
import { startReceiver, type Received } from './receiver.ts';

export async function listenHere(options: ListenOptions, terminal: Terminal): Promise<number> {
  const { secret: secrets = [], failRate, show = false } = options;
  const unsound = secrets.some((secret) => !secretSchema.safeParse(secret).success);
  if (unsound) throw new CommandFailure('--secret must be whsec_ and 24 to 64 bytes in base64.', EXIT_USAGE);
  const port = options.port ?? readSettings().config.webhookListenPort;
  const onMessage = (received: Received): void => terminal.out(receivedText(received, show, Date.now()));
  const receiver = await startReceiver({ port, secrets, failRate, onMessage });
  const unchecked = secrets.length === 0 ? ' Signatures are not checked: give --secret.' : '';
  terminal.out(`Receives at ${receiver.url}.${unchecked} Ctrl-C ends it.\n`);
  await stopped();
  await receiver.close();
  return EXIT_OK;
}

export function receivedText(received: Received, show: boolean, now: number): string {
  const { eventType, conversationId, attributes, signature, repeated, answered, messageId, traceId, body } = received;
  const parts = [
    new Date(now).toISOString(),
    eventType,
    conversationId === undefined ? '' : `conversation ${conversationId}`,
    attributes.length === 0 ? '' : `attributes ${attributes.join(', ')}`,
    `signature ${signature}`,
    `answered ${answered}`,
    repeated ? 'seen before' : '',
    messageId,
    `trace ${traceId}`,
  ];
  const line = harmless(parts.filter((part) => part !== '').join('  '));
  return show ? `${line}\n  ${harmless(body)}\n` : `${line}\n`;
}

const stopped = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
