// A thread that requests drive from outside: what comes in is answered by an agent, and silence ends it; and the notice
// that is sent to a customer without an agent. Invariant: every message that came in is answered or outlives patience.
import { QUESTIONS, REPLIES } from '../centre/words.ts';
import { threadBuilder, type ThreadAddresses } from '../conversation/builders.ts';
import { disconnect, type AgentLeg, type Leg } from '../conversation/legs.ts';
import type { LiveConversation } from '../conversation/live-conversation.ts';
import type { Message, MessageDetails, MessageMedia, MessageStatus } from '../conversation/snapshot.ts';
import { seedOf } from '../random.ts';
import { leave, workAfterwards } from './after-call-work.ts';
import { enterCustomer, enterQueue } from './cast.ts';
import { offer, pickQueue } from './routing.ts';
import { seconds, type Scene, type Script, type Setting } from './scene.ts';

/** A thread is over when nobody wrote for this long. */
const SILENCE_MS = 180_000;
/** The agent looks this often for something new. */
const LOOK_MS = 1000;

export interface Thread {
  readonly addresses: ThreadAddresses;
  /** The first message, which is there when the customer enters. */
  readonly first: MessageDetails;
  /** Came in since the agent last wrote. */
  unanswered: number;
}

export interface NewMessage {
  readonly id: string;
  readonly time: string;
  readonly status: MessageStatus;
  readonly media?: readonly MessageMedia[] | undefined;
}

export const messageDetails = ({ id, time, status, media = [] }: NewMessage): MessageDetails => ({
  messageId: id,
  messageTime: time,
  messageStatus: status,
  messageSegmentCount: 1,
  messageMetadata: { type: media.length > 0 ? 'Structured' : 'Text' },
  ...(media.length > 0 ? { media: [...media] } : {}),
});

/** What a message says: as it was written, or a phrase that belongs to its id. */
export function textOf({ texts }: LiveConversation, messageId: string, outbound: boolean): string {
  const phrases = outbound ? REPLIES : QUESTIONS;
  return texts.get(messageId) ?? phrases[seedOf(messageId) % phrases.length] ?? phrases[0];
}

export function* playThread(setting: Setting, thread: Thread): Script {
  const scene = { ...setting, build: threadBuilder(setting, thread.addresses) };
  const guest = enterCustomer(scene, { state: 'connected' });
  guest.communication.messages.push(thread.first);
  const queue = pickQueue(scene);
  const acd = enterQueue(scene, { queue, peer: guest });
  scene.tell();
  yield seconds(scene, 1, 4);
  const agent = yield* offer(scene, { queue, acd, patienceMs: SILENCE_MS, missed: 0.12, insist: true });
  if (agent === undefined) {
    disconnect(guest, { at: scene.time(), type: 'inactivity' });
    disconnect(acd, { at: scene.time(), type: 'peer' });
    scene.tell();
    return;
  }
  yield* answer(scene, thread, agent);
  yield* fallSilent(scene, guest, agent);
}

function* answer(scene: Scene<Message>, thread: Thread, agent: AgentLeg<Message>): Script {
  for (let silence = 0; silence < SILENCE_MS; silence += LOOK_MS) {
    yield LOOK_MS;
    if (thread.unanswered === 0) continue;
    yield seconds(scene, 3, 15);
    thread.unanswered = 0;
    silence = 0;
    agent.communication.messages.push(messageDetails({ id: scene.ids(), time: scene.time(), status: 'sent' }));
    scene.tell();
  }
}

function* fallSilent(scene: Scene<Message>, guest: Leg<Message>, agent: AgentLeg<Message>): Script {
  disconnect(guest, { at: scene.time(), type: 'inactivity' });
  leave(scene, agent, { type: 'inactivity' });
  scene.tell();
  yield* workAfterwards(scene, agent);
}

/** Sent to a customer without an agent: delivered, and over. */
export function* playNotice(setting: Setting, { addresses, first }: Thread): Script {
  const scene = { ...setting, build: threadBuilder(setting, addresses) };
  const guest = enterCustomer(scene, { state: 'connected' });
  guest.communication.direction = 'outbound';
  guest.communication.messages.push(first);
  scene.tell();
  yield seconds(scene, 1, 5);
  if (first.messageStatus === 'sent') first.messageStatus = 'delivery-success';
  scene.tell();
  yield seconds(scene, 5, 20);
  disconnect(guest, { at: scene.time(), type: 'system' });
  scene.tell();
}
