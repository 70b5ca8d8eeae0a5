// A call: IVR, queue, alert, maybe no answer, talk, maybe hold, maybe blind transfers, hang-up by either side, after-call
// work; or the caller gives up in the queue. Invariant: the caller's leg is the last of the talk to end.
import type { Queue } from '../centre/centre.ts';
import { INTENTS } from '../centre/words.ts';
import { callBuilder } from '../conversation/builders.ts';
import { connect, disconnect, hold, unhold, type AgentLeg, type Leg } from '../conversation/legs.ts';
import type { Call, Communication } from '../conversation/snapshot.ts';
import { leave, workAfterwards } from './after-call-work.ts';
import { enterAgent, enterCustomer, enterIvr, enterQueue } from './cast.ts';
import { claimColleague, offer, pickQueue } from './routing.ts';
import { seconds, type Scenario, type Scene, type Script } from './scene.ts';
import { transcribe } from './transcription.ts';

const MAX_TRANSFERS = 2;

interface Talk {
  readonly caller: Leg<Call>;
  readonly queue: Queue;
  readonly agent: AgentLeg<Call>;
}

export const voice: Scenario = {
  media: 'voice',
  play: (setting) => play({ ...setting, build: callBuilder(setting) }),
};

function* play(scene: Scene<Call>): Script {
  const caller = enterCustomer(scene, { state: 'connected', address: `tel:${scene.customer.phone}` });
  yield* interactiveVoiceResponse(scene, caller);
  let talk = yield* waitInQueue(scene, caller, pickQueue(scene));
  for (let transfers = 0; talk !== undefined; transfers += 1) {
    yield* converse(scene, talk);
    if (transfers === MAX_TRANSFERS || !scene.random.chance(0.2)) break;
    talk = yield* transfer(scene, talk);
  }
  if (talk !== undefined) yield* hangUp(scene, talk);
}

function* interactiveVoiceResponse(scene: Scene<Call>, caller: Leg<Call>): Script {
  const ivr = enterIvr(scene, caller);
  scene.tell();
  yield seconds(scene, 8, 30);
  caller.participant.attributes['ivr.intent'] = scene.random.pick(INTENTS);
  disconnect(ivr, { at: scene.time(), type: 'transfer', state: 'terminated' });
}

/** Undefined when the caller gave up: then the call is over. */
function* waitInQueue(scene: Scene<Call>, caller: Leg<Call>, queue: Queue): Script<Talk | undefined> {
  const acd = enterQueue(scene, { queue, peer: caller });
  scene.tell();
  yield seconds(scene, 1, 4);
  const impatient = scene.random.chance(0.1);
  const agent = impatient
    ? yield* loseInterest(scene, queue, acd)
    : yield* offer(scene, { queue, acd, patienceMs: seconds(scene, 120, 300), missed: 0.18, insist: false });
  if (agent !== undefined) return { caller, queue, agent };
  const at = scene.time();
  disconnect(caller, { at, type: 'endpoint' });
  disconnect(acd, { at, type: 'peer', state: 'terminated' });
  scene.tell();
  return undefined;
}

/** Gives up before anybody was alerted, or while nobody picks up; an agent may still be quicker. */
function* loseInterest(scene: Scene<Call>, queue: Queue, acd: Leg<Call>): Script<AgentLeg<Call> | undefined> {
  const patienceMs = seconds(scene, 4, 15);
  if (scene.random.chance(0.7)) return yield* offer(scene, { queue, acd, patienceMs, missed: 0.9, insist: false });
  yield patienceMs;
  return undefined;
}

function* converse(scene: Scene<Call>, { caller, agent }: Talk): Script {
  scene.fork(transcribe(scene, caller, agent));
  yield seconds(scene, 15, 120);
  if (!scene.random.chance(0.35)) return;
  hold(agent, scene.time());
  scene.tell();
  yield seconds(scene, 5, 45);
  unhold(agent);
  scene.tell();
  yield seconds(scene, 5, 60);
}

/** Blind: the agent is out at once and works on what they leave behind while the caller waits again. */
function* transfer(scene: Scene<Call>, talk: Talk): Script<Talk | undefined> {
  const { caller, agent } = talk;
  const colleague = scene.random.chance(0.3) ? claimColleague(scene, talk.queue, agent.user) : undefined;
  const queue = colleague === undefined ? pickQueue(scene, talk.queue) : talk.queue;
  leave(scene, agent, { type: 'transfer', state: 'terminated' });
  noteTransfer(scene, agent, colleague === undefined ? { address: queue.id } : { userId: colleague.id });
  scene.fork(workAfterwards(scene, agent));
  if (colleague === undefined) return yield* waitInQueue(scene, caller, queue);

  const next = enterAgent(scene, { queue, user: colleague, peerId: caller.communication.id });
  scene.tell();
  yield seconds(scene, 2, 8);
  connect(next, scene.time());
  scene.tell();
  return { caller, queue, agent: next };
}

export function noteTransfer(
  scene: Scene<Communication>,
  { user }: AgentLeg<Communication>,
  to: { userId?: string; address?: string },
): void {
  const { snapshot } = scene.conversation;
  (snapshot.recentTransfers ??= []).push({
    id: scene.ids(),
    state: 'complete',
    dateIssued: scene.time(),
    initiator: { userId: user.id },
    modifiedBy: { id: user.id, selfUri: `/api/v2/users/${user.id}` },
    destination: to,
    transferType: 'unattended',
  });
}

/** Sometimes the two sides end in two snapshots, a moment apart. */
function* hangUp(scene: Scene<Call>, { caller, agent }: Talk): Script {
  const callerFirst = scene.random.chance(0.6);
  const apart = scene.random.chance(0.3);
  if (callerFirst) disconnect(caller, { at: scene.time(), type: 'endpoint' });
  else leave(scene, agent, { type: 'client' });
  if (apart) {
    scene.tell();
    yield 150;
  }
  if (callerFirst) leave(scene, agent, { type: 'peer', state: 'terminated' });
  else disconnect(caller, { at: scene.time(), type: 'peer' });
  scene.tell();
  yield* workAfterwards(scene, agent);
}
