// Plays one conversation of a journey, step by step, with the same cast and moves as the drawn ones.
// Invariant: an agent claimed here is released by their after-call work, or when they let it ring.
import type { Queue } from '../centre/centre.ts';
import { SUBJECTS } from '../centre/words.ts';
import { callBuilder, callbackBuilder, emailBuilder, messageBuilder } from '../conversation/builders.ts';
import { connect, disconnect, hold, unhold, type AgentLeg, type Leg } from '../conversation/legs.ts';
import type { Communication, Email, Message } from '../conversation/snapshot.ts';
import type { Random } from '../random.ts';
import { leave, workAfterwards } from './after-call-work.ts';
import { enterAgent, enterCustomer, enterIvr, enterQueue } from './cast.ts';
import type { JourneyConversation, JourneyStep, Seconds } from './journey.ts';
import { tellReceipt, write } from './message.ts';
import { park } from './park.ts';
import { claimColleague, pickQueue } from './routing.ts';
import type { Scene, Script, Setting } from './scene.ts';
import { transcribe } from './transcription.ts';
import { noteTransfer } from './voice.ts';

/** A queue is looked at this often for a free agent; after so many looks a full one takes it, or it would never end. */
const LOOK_MS = 2000;
const MAX_LOOKS = 150;
/** From a queue's door to the first agent asked. */
const ROUTING_SECONDS: Seconds = [1, 4];

interface Course {
  readonly scene: Scene<Communication>;
  readonly customer: Leg<Communication>;
  untilDueMs: number;
  queue: Queue | undefined;
  acd: Leg<Communication> | undefined;
  agent: AgentLeg<Communication> | undefined;
}

export function* playJourney(setting: Setting, { media, steps }: JourneyConversation): Script {
  const due = steps.find((step) => step.do === 'due');
  const course = arrive(setting, media, due === undefined ? 0 : drawn(setting.random, due.seconds));
  course.scene.tell();
  for (const step of steps) yield* scriptOf(course, step);
}

/** Milliseconds of life. */
export const drawn = (random: Random, seconds: Seconds): number =>
  typeof seconds === 'number' ? seconds * 1000 : random.between(seconds[0] * 1000, seconds[1] * 1000);

function arrive(setting: Setting, media: JourneyConversation['media'], untilDueMs: number): Course {
  const { customer, random } = setting;
  const enter = (scene: Scene<Communication>, address?: string): Course => {
    const state = media === 'callback' ? 'scheduled' : 'connected';
    const leg = enterCustomer(scene, { state, ...(address === undefined ? {} : { address }) });
    return { scene, customer: leg, untilDueMs, queue: undefined, acd: undefined, agent: undefined };
  };
  if (media === 'voice') return enter({ ...setting, build: callBuilder(setting) }, `tel:${customer.phone}`);
  if (media === 'message') return enter({ ...setting, build: messageBuilder(setting) });
  if (media === 'email') {
    return enter({ ...setting, build: emailBuilder(setting, random.pick(SUBJECTS)) }, customer.email);
  }
  const course = enter({ ...setting, build: callbackBuilder(setting, setting.time(untilDueMs)) });
  course.queue = pickQueue(course.scene);
  course.acd = enterQueue(course.scene, { queue: course.queue, peer: course.customer, state: 'scheduled' });
  return course;
}

/** One step; `journey.ts` has seen to it that it can happen here. */
function scriptOf(course: Course, step: JourneyStep): Script {
  switch (step.do) {
    case 'ivr':
      return talkToMachine(course, step.seconds);
    case 'queue':
      return enterAnyQueue(course);
    case 'due':
      return becomeDue(course);
    case 'wait':
    case 'talk':
      return pass(course, step.seconds);
    case 'ring':
      return letRing(course, step.seconds);
    case 'answer':
      return answer(course, step.seconds);
    case 'hold':
      return onHold(course, step.seconds);
    case 'park':
      return layAside(course, step.seconds);
    case 'write':
      return say(course, step);
    case 'transfer':
      return transfer(course);
    case 'consult':
      return consult(course, step.seconds);
    case 'hang-up':
      return hangUp(course, step.by);
    default:
      step.do satisfies 'abandon';
      return hangUp(course, 'customer');
  }
}

function* pass({ scene }: Course, seconds: Seconds): Script {
  yield drawn(scene.random, seconds);
}

function* talkToMachine({ scene, customer }: Course, seconds: Seconds): Script {
  const ivr = enterIvr(scene, customer);
  scene.tell();
  yield drawn(scene.random, seconds);
  disconnect(ivr, { at: scene.time(), type: 'transfer', state: 'terminated' });
}

function* enterAnyQueue(course: Course): Script {
  const { scene, customer } = course;
  course.queue = pickQueue(scene, course.queue);
  course.acd = enterQueue(scene, { queue: course.queue, peer: customer });
  scene.tell();
  yield drawn(scene.random, ROUTING_SECONDS);
}

function* becomeDue({ scene, customer, acd, untilDueMs }: Course): Script {
  yield untilDueMs;
  connect(customer, scene.time());
  if (acd !== undefined) connect(acd, scene.time());
  scene.tell();
}

/** An agent of the queue, alerting; undefined where the queue is nobody's. */
function* alertAgent(course: Course, except?: string): Script<AgentLeg<Communication> | undefined> {
  const { scene, queue, acd } = course;
  if (queue === undefined || acd === undefined) return undefined;
  for (let looks = 1; ; looks += 1) {
    const insist = looks >= MAX_LOOKS;
    const user = scene.roster.claim(queue, scene.conversation.media, { except, insist });
    if (user !== undefined) {
      const agent = enterAgent(scene, { queue, user, peerId: acd.communication.peerId });
      scene.tell();
      return agent;
    }
    if (insist) return undefined;
    yield LOOK_MS;
  }
}

function* letRing(course: Course, seconds: Seconds): Script {
  const { scene } = course;
  const agent = yield* alertAgent(course);
  if (agent === undefined) return;
  yield drawn(scene.random, seconds);
  disconnect(agent, { at: scene.time(), type: 'timeout' });
  scene.roster.release(agent.user, scene.conversation.media);
  scene.tell();
}

function* answer(course: Course, seconds: Seconds): Script {
  const { scene, acd } = course;
  const agent = yield* alertAgent(course);
  if (agent === undefined || acd === undefined) return;
  yield drawn(scene.random, seconds);
  connect(agent, scene.time());
  disconnect(acd, { at: scene.time(), type: 'transfer' });
  course.agent = agent;
  scene.tell();
  if (scene.conversation.media === 'voice') scene.fork(transcribe(scene, course.customer, agent));
}

function* onHold({ scene, agent }: Course, seconds: Seconds): Script {
  if (agent === undefined) return;
  hold(agent, scene.time());
  scene.tell();
  yield drawn(scene.random, seconds);
  unhold(agent);
  scene.tell();
}

const isEmail = (communication: Communication): communication is Email => 'draftAttachments' in communication;
const isMessage = (leg: Leg<Communication>): leg is Leg<Message> => 'messages' in leg.communication;

function* layAside({ scene, agent }: Course, seconds: Seconds): Script {
  const communication = agent?.communication;
  if (communication === undefined || !isEmail(communication)) return;
  yield* park(scene, communication, drawn(scene.random, seconds));
}

function* say({ scene, customer, agent }: Course, step: Extract<JourneyStep, { do: 'write' }>): Script {
  const leg = step.by === 'customer' ? customer : agent;
  if (leg === undefined || !isMessage(leg)) return;
  const sent = write(scene, leg, step.by === 'customer' ? 'received' : 'sent', step.file);
  scene.tell();
  if (step.by === 'agent') scene.fork(tellReceipt(scene, sent, step.receipt));
  yield drawn(scene.random, step.seconds);
}

function* transfer(course: Course): Script {
  const { scene, agent, queue } = course;
  if (agent === undefined) return;
  leave(scene, agent, { type: 'transfer', state: 'terminated' });
  scene.fork(workAfterwards(scene, agent));
  course.agent = undefined;
  const next = pickQueue(scene, queue);
  noteTransfer(scene, agent, { address: next.id });
  course.queue = next;
  course.acd = enterQueue(scene, { queue: next, peer: course.customer });
  scene.tell();
  yield drawn(scene.random, ROUTING_SECONDS);
}

/** The customer holds while the colleague is asked; where all are busy, the agent goes on alone. */
function* consult(course: Course, seconds: Seconds): Script {
  const { scene, agent, queue } = course;
  if (agent === undefined || queue === undefined) return;
  hold(agent, scene.time());
  const user = claimColleague(scene, queue, agent.user);
  if (user !== undefined) {
    const colleague = enterAgent(scene, { queue, user, peerId: course.customer.communication.id });
    scene.tell();
    yield drawn(scene.random, [2, 8]);
    connect(colleague, scene.time());
    scene.tell();
    course.agent = colleague;
    scene.fork(transcribe(scene, course.customer, colleague));
  } else scene.tell();
  yield drawn(scene.random, seconds);
  if (user === undefined) unhold(agent);
  else {
    leave(scene, agent, { type: 'transfer', state: 'terminated' });
    noteTransfer(scene, agent, { userId: user.id });
    scene.fork(workAfterwards(scene, agent));
  }
  scene.tell();
}

/** Without an agent it was given up, and the queue ends with it. */
function* hangUp({ scene, customer, agent, acd }: Course, by: 'customer' | 'agent'): Script {
  const at = scene.time();
  disconnect(customer, { at, type: by === 'customer' ? 'endpoint' : 'peer' });
  if (agent !== undefined) leave(scene, agent, { type: by === 'agent' ? 'client' : 'peer' });
  else if (acd !== undefined) disconnect(acd, { at, type: 'peer', state: 'terminated' });
  scene.tell();
  if (agent !== undefined) yield* workAfterwards(scene, agent);
}
