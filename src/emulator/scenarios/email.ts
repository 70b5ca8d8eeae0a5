// An e-mail: queue, agent, sometimes parked and resumed, an answer with an attachment, after-call work.
// Invariant: parked is a state of the agent's leg alone; the customer's stays connected until the end.
import { FILES, SUBJECTS } from '../centre/words.ts';
import { emailBuilder } from '../conversation/builders.ts';
import { disconnect, type AgentLeg } from '../conversation/legs.ts';
import type { Email } from '../conversation/snapshot.ts';
import { leave, workAfterwards } from './after-call-work.ts';
import { enterCustomer, enterQueue } from './cast.ts';
import { park } from './park.ts';
import { offer, pickQueue } from './routing.ts';
import { seconds, type Scenario, type Scene, type Script } from './scene.ts';

export const email: Scenario = {
  media: 'email',
  play: (setting) => play({ ...setting, build: emailBuilder(setting, setting.random.pick(SUBJECTS)) }),
};

function* play(scene: Scene<Email>): Script {
  const sender = enterCustomer(scene, { state: 'connected', address: scene.customer.email });
  const queue = pickQueue(scene);
  const acd = enterQueue(scene, { queue, peer: sender });
  scene.tell();
  yield seconds(scene, 2, 20);
  const agent = yield* offer(scene, { queue, acd, patienceMs: 600_000, missed: 0.1, insist: true });
  const at = scene.time();
  if (agent === undefined) {
    disconnect(acd, { at, type: 'system' });
  } else {
    yield seconds(scene, 10, 60);
    if (scene.random.chance(0.4)) {
      yield* park(scene, agent.communication, seconds(scene, 30, 180));
      yield seconds(scene, 5, 30);
    }
    yield* reply(scene, agent);
    leave(scene, agent, { type: 'client' });
  }
  disconnect(sender, { at: scene.time(), type: agent === undefined ? 'system' : 'peer' });
  scene.tell();
  if (agent !== undefined) yield* workAfterwards(scene, agent);
}

function* reply(scene: Scene<Email>, { communication }: AgentLeg<Email>): Script {
  if (scene.random.chance(0.5)) {
    attach(scene, communication);
    scene.tell();
    yield seconds(scene, 3, 20);
  }
  communication.messagesSent += 1;
  communication.draftAttachments = [];
}

function attach(scene: Scene<Email>, communication: Email): void {
  const { name, type } = scene.random.pick(FILES);
  const attachmentId = scene.ids();
  communication.draftAttachments.push({
    attachmentId,
    name,
    contentUri: `/api/v2/conversations/emails/attachments/${attachmentId}`,
    contentType: type,
    contentLength: scene.random.between(2000, 900_000),
  });
}
