// The messages of one participant. Invariant: a message's status only advances, its receipts keep their first time, and
// at most MESSAGE_LIMIT are remembered: the newest, so that a snapshot which lists more is still a repeat next time.
import type { MessageFact, MessageStatus, ParticipantFacts } from '../observation.ts';
import { MESSAGE_STATUSES } from '../observation.ts';
import { earliest } from './facts.ts';
import type { Scene } from './scene.ts';
import { MESSAGE_LIMIT } from './state.ts';
import type { MessageState, ParticipantState } from './state.ts';

type Messages = Record<string, MessageState>;

export function mergeMessages(participant: ParticipantState, facts: ParticipantFacts, scene: Scene): ParticipantState {
  if (facts.messages === undefined || facts.messages.length === 0) return participant;
  const memory = remember(participant.messages);
  for (const fact of facts.messages) {
    const known = memory.get(fact.messageId);
    const message = known === undefined ? firstSight(fact, scene.at) : progress(known, fact, scene.at);
    if (message === known || !memory.put(fact.messageId, message)) continue;
    scene.events.push({
      kind: known === undefined ? 'message.observed' : 'message.status',
      participantId: facts.participantId,
      messageId: fact.messageId,
      message,
      at: known === undefined ? fact.sentAt : scene.at,
    });
  }
  return memory.changed() ? { ...participant, messages: memory.all() } : participant;
}

function firstSight(fact: MessageFact, at: number): MessageState {
  const { direction, status, sentAt, attachments } = fact;
  return withReceipts({ direction, status, sentAt, attachments, ...toldReceipts(undefined, fact) }, at);
}

function progress(known: MessageState, fact: MessageFact, at: number): MessageState {
  const advanced = rank(fact.status) > rank(known.status);
  const attachments = Math.max(known.attachments, fact.attachments);
  const told = toldReceipts(known, fact);
  const isSame = told.deliveredAt === known.deliveredAt && told.readAt === known.readAt;
  if (!advanced && attachments === known.attachments && isSame) return known;
  return withReceipts({ ...known, ...told, status: advanced ? fact.status : known.status, attachments }, at);
}

/** Of two reports of one receipt the earlier stands, as for all times. */
function toldReceipts(
  known: MessageState | undefined,
  fact: MessageFact,
): Pick<MessageState, 'deliveredAt' | 'readAt'> {
  const deliveredAt = earliest(known?.deliveredAt, fact.deliveredAt);
  const readAt = earliest(known?.readAt, fact.readAt);
  return { ...(deliveredAt === undefined ? {} : { deliveredAt }), ...(readAt === undefined ? {} : { readAt }) };
}

/** MESSAGE_STATUSES is in the order in which a message passes through them. */
const rank = (status: MessageStatus): number => MESSAGE_STATUSES.indexOf(status);

/**
 * Platform snapshots give a status without its time: a receipt is as late as we learnt of it, and a message that is
 * read was delivered. What a customer sent is delivered when the platform has it.
 */
function withReceipts(message: MessageState, at: number): MessageState {
  const { status, sentAt } = message;
  const learnt = Math.max(at, sentAt);
  const isReceived = message.direction === 'inbound' && status === 'received';
  const deliveredAt = message.deliveredAt ?? (isReceived ? sentAt : undefined);
  if (status === 'read' || message.readAt !== undefined) {
    const readAt = message.readAt ?? learnt;
    return { ...message, deliveredAt: deliveredAt ?? readAt, readAt };
  }
  if (status === 'delivery-success') return { ...message, deliveredAt: deliveredAt ?? learnt };
  return deliveredAt === undefined ? message : { ...message, deliveredAt };
}

/** Copy-on-write and bounded: a message older than all those remembered is not taken in any more. */
function remember(known: Readonly<Messages> | undefined) {
  let copy: Messages | undefined;
  let size = known === undefined ? 0 : Object.keys(known).length;
  let oldest: string | undefined;
  const all = (): Readonly<Messages> => copy ?? known ?? {};
  const get = (id: string): MessageState | undefined => (Object.hasOwn(all(), id) ? all()[id] : undefined);
  const put = (id: string, message: MessageState): boolean => {
    const isNew = get(id) === undefined;
    const isFull = isNew && size >= MESSAGE_LIMIT;
    if (isFull) oldest ??= oldestOf(all());
    if (isFull && oldest !== undefined && isOlder(id, message, oldest, get(oldest))) return false;
    copy ??= { ...known };
    copy[id] = message;
    if (isFull && oldest !== undefined) {
      delete copy[oldest];
      oldest = undefined;
    } else if (isNew) size += 1;
    return true;
  };
  return { get, put, all: (): Messages => ({ ...all() }), changed: () => copy !== undefined };
}

function oldestOf(messages: Readonly<Messages>): string | undefined {
  let oldest: string | undefined;
  for (const [id, message] of Object.entries(messages)) {
    if (oldest === undefined || isOlder(id, message, oldest, messages[oldest])) oldest = id;
  }
  return oldest;
}

/** By time, then by id: a fixed order, so that what is forgotten does not depend on the order of arrival. */
function isOlder(id: string, message: MessageState, otherId: string, other: MessageState | undefined): boolean {
  if (other === undefined) return false;
  return message.sentAt < other.sentAt || (message.sentAt === other.sentAt && id < otherId);
}
