// What a change of a conversation means as detail events (`v2.detail.events.conversation.{id}.*`): who came, who went,
// whose after-call work is over. Invariant: each of these is told once, and carries the time it happened, which may be
// earlier than that of an event told before it.
import { communicationOf, type LiveConversation, type ToldParticipant } from './live-conversation.ts';
import { attributeFields, endFields, startFields, workFields } from './detail-fields.ts';
import type { Fields, Session } from './detail-fields.ts';
import type { Communication } from './snapshot.ts';

export interface DetailEvent {
  /** The end of its topic's name. */
  readonly event: string;
  /** With the event, what tells it from any other of the conversation. */
  readonly sessionId: string;
  /** Written only when somebody listens. */
  readonly body: () => Fields;
}

const SUBJECTS = { customer: 'customer', ivr: 'flow', acd: 'acd', agent: 'user' } as const;

/** What is new since it was asked last, and from now on told. */
export function newDetailEvents(conversation: LiveConversation, now: number): readonly DetailEvent[] {
  return conversation.snapshot.participants.flatMap((participant) => {
    const communication = communicationOf(participant);
    return communication === undefined ? [] : newsOf({ conversation, participant, communication }, now);
  });
}

function newsOf(session: Session, now: number): readonly DetailEvent[] {
  const { conversation, participant, communication } = session;
  const attributes = JSON.stringify(participant.attributes);
  const known = conversation.told.get(participant.id);
  const told = known ?? { ended: false, worked: false, attributes, heldMs: 0, heldSince: undefined };
  conversation.told.set(participant.id, told);
  followHold(told, communication, now);
  const news: DetailEvent[] = [];
  const subject = SUBJECTS[participant.purpose];
  const add = (event: string, fields: () => Fields): void => {
    news.push({ event, sessionId: communication.id, body: fields });
  };
  if (known === undefined) add(`${subject}.start`, () => startFields(session));
  if (told.attributes !== attributes) add('attributes', () => attributeFields(session, now));
  if (!told.ended && communication.disconnectedTime !== undefined) {
    add(`${subject}.end`, () => endFields(session, told.heldMs));
  }
  if (!told.worked && participant.endAcwTime !== undefined) {
    for (const event of ['wrapup', 'acw'] as const) add(event, () => workFields(session, event));
  }
  told.attributes = attributes;
  told.ended = communication.disconnectedTime !== undefined;
  told.worked = participant.endAcwTime !== undefined;
  return news;
}

/** A snapshot says since when a call is held, not for how long it was. */
function followHold(told: ToldParticipant, { held, startHoldTime }: Communication, now: number): void {
  if (held) {
    told.heldSince ??= Date.parse(startHoldTime ?? '') || now;
  } else if (told.heldSince !== undefined) {
    told.heldMs += now - told.heldSince;
    told.heldSince = undefined;
  }
}
