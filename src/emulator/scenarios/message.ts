// A web message thread: the customer writes, an agent answers, receipts come in (or never do), files are attached, one
// side ends it. Invariant: a message's status only moves forward; its text is never in a snapshot.
import { FILES } from '../centre/words.ts';
import { messageBuilder } from '../conversation/builders.ts';
import { disconnect, type AgentLeg, type Leg } from '../conversation/legs.ts';
import type { Communication, Message, MessageDetails, MessageMedia } from '../conversation/snapshot.ts';
import { leave, workAfterwards } from './after-call-work.ts';
import { enterCustomer, enterQueue } from './cast.ts';
import { offer, pickQueue } from './routing.ts';
import { seconds, type Scenario, type Scene, type Script, type Setting } from './scene.ts';

export const message: Scenario = {
  media: 'message',
  play: (setting) => play({ ...setting, build: messageBuilder(setting) }),
};

function* play(scene: Scene<Message>): Script {
  const guest = enterCustomer(scene, { state: 'connected' });
  write(scene, guest, 'received');
  const queue = pickQueue(scene);
  const acd = enterQueue(scene, { queue, peer: guest });
  scene.tell();
  yield seconds(scene, 1, 4);
  const patienceMs = seconds(scene, 60, 240);
  const agent = yield* offer(scene, { queue, acd, patienceMs, missed: 0.12, insist: true });
  if (agent !== undefined) {
    yield* exchange(scene, guest, agent);
    yield* end(scene, guest, agent);
    return;
  }
  // Patience ran out while it rang.
  const at = scene.time();
  disconnect(guest, { at, type: 'endpoint' });
  disconnect(acd, { at, type: 'peer' });
  scene.tell();
}

function* exchange(scene: Scene<Message>, guest: Leg<Message>, agent: AgentLeg<Message>): Script {
  const rounds = scene.random.between(1, 3);
  for (let round = 0; round < rounds; round += 1) {
    yield seconds(scene, 5, 40);
    const sent = write(scene, agent, 'sent');
    scene.tell();
    scene.fork(receipts(scene, sent));
    yield seconds(scene, 5, 60);
    if (scene.random.chance(0.3)) continue;
    write(scene, guest, 'received');
    scene.tell();
  }
  yield seconds(scene, 5, 30);
}

/** Adds a message to a leg; unless it is said, a customer's may carry a file. */
export function write(
  scene: Scene<Communication>,
  leg: Leg<Message>,
  messageStatus: 'received' | 'sent',
  withFile = messageStatus === 'received' && scene.random.chance(0.25),
): MessageDetails {
  const details: MessageDetails = {
    messageId: scene.ids(),
    messageTime: scene.time(),
    messageStatus,
    messageSegmentCount: 1,
    messageMetadata: { type: withFile ? 'Structured' : 'Text' },
    ...(withFile ? { media: [file(scene)] } : {}),
  };
  leg.communication.messages.push(details);
  return details;
}

function file(scene: Scene<Communication>): MessageMedia {
  const id = scene.ids();
  const { name, type } = scene.random.pick(FILES);
  return {
    id,
    url: `https://files.example.com/downloads/${id}`,
    mediaType: type,
    contentLengthBytes: scene.random.between(2000, 900_000),
    name,
  };
}

/** sent, then delivery-success, then read; some fail, some are never delivered, some never read. */
export function* receipts(scene: Setting, sent: MessageDetails): Script {
  yield seconds(scene, 1, 5);
  if (scene.random.chance(0.04)) return;
  if (scene.random.chance(0.03)) {
    fail(scene, sent);
    return;
  }
  sent.messageStatus = 'delivery-success';
  scene.tell();
  yield seconds(scene, 2, 25);
  if (scene.random.chance(0.15)) return;
  sent.messageStatus = 'read';
  scene.tell();
}

/** The same way, as far as it is said. */
export function* tellReceipt(
  scene: Setting,
  sent: MessageDetails,
  upTo: 'none' | 'delivered' | 'read' | 'failed',
): Script {
  if (upTo === 'none') return;
  yield seconds(scene, 1, 5);
  if (upTo === 'failed') {
    fail(scene, sent);
    return;
  }
  sent.messageStatus = 'delivery-success';
  scene.tell();
  if (upTo === 'delivered') return;
  yield seconds(scene, 2, 25);
  sent.messageStatus = 'read';
  scene.tell();
}

function fail(scene: Setting, sent: MessageDetails): void {
  sent.messageStatus = 'delivery-failed';
  sent.errorInfo = { status: 400, code: 'message.not.delivered', message: 'The recipient cannot be reached' };
  scene.tell();
}

function* end(scene: Scene<Message>, guest: Leg<Message>, agent: AgentLeg<Message>): Script {
  const how = scene.random.pick(['agent', 'agent', 'guest', 'inactivity'] as const);
  const types = {
    agent: { agent: 'client', guest: 'peer' },
    guest: { agent: 'peer', guest: 'endpoint' },
    inactivity: { agent: 'inactivity', guest: 'inactivity' },
  } as const;
  disconnect(guest, { at: scene.time(), type: types[how].guest });
  leave(scene, agent, { type: types[how].agent });
  scene.tell();
  yield* workAfterwards(scene, agent);
}
