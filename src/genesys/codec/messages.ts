// Message details of both snapshot shapes as facts: ids, status, times and counts; bodies are never in an event.
import { z } from 'zod';
import type { Direction, MessageFact } from '../../domain/observation.ts';
import { isCustomer } from '../../domain/conversation/lifecycle.ts';
import { optionalId, optionalInstant, word } from './fields.ts';
import { directionOf, messageStatusOf } from './vocabulary.ts';

/** A long asynchronous conversation lists all its messages each time; a frame of 1 MiB holds about 5,000. */
const LISTED_MESSAGES = 10_000;

export const messageList = z
  .array(
    z.object({
      messageId: optionalId,
      message: z.object({ id: optionalId }).nullish(),
      messageTime: optionalInstant,
      messageStatus: word,
      media: z.array(z.unknown()).max(100).nullish(),
    }),
  )
  .max(LISTED_MESSAGES)
  .nullish();

interface Sender {
  readonly purpose?: string | null | undefined;
  readonly direction?: string | null | undefined;
  /** The channel, as `whatsapp`. */
  readonly type?: string | null | undefined;
}

/** A message without an id cannot be told from another: it is left out. */
export function messageFacts(
  listed: z.output<typeof messageList>,
  sender: Sender,
  receivedAt: number,
): readonly MessageFact[] | undefined {
  if (!listed || listed.length === 0) return undefined;
  const direction = sentBy(sender);
  const facts: MessageFact[] = [];
  for (const item of listed) {
    const messageId = item.messageId ?? item.message?.id;
    if (!messageId) continue;
    facts.push({
      messageId,
      direction,
      status: messageStatusOf(item.messageStatus),
      sentAt: item.messageTime ?? receivedAt,
      attachments: item.media?.length ?? 0,
      ...(sender.type ? { channel: sender.type.toLowerCase() } : {}),
    });
  }
  return facts;
}

/** A communication lists what its own participant sent; its `direction` is that of the leg, not of the message. */
function sentBy({ purpose, direction }: Sender): Direction {
  if (purpose) return isCustomer(purpose) ? 'inbound' : 'outbound';
  return directionOf(direction) ?? 'inbound';
}
