// From queue to agent: waiting, alerting, letting it ring, alerting the next. Invariant: an agent claimed here is either
// handed to the caller or released.
import type { Queue, User } from '../centre/centre.ts';
import { connect, disconnect, type AgentLeg, type Leg } from '../conversation/legs.ts';
import type { Communication } from '../conversation/snapshot.ts';
import { enterAgent } from './cast.ts';
import { seconds, type Scene, type Script } from './scene.ts';

export interface Offer<C extends Communication> {
  readonly queue: Queue;
  readonly acd: Leg<C>;
  readonly patienceMs: number;
  /** Chance that an agent lets it ring. */
  readonly missed: number;
  /** Written work goes to a full agent rather than wait for ever. */
  readonly insist: boolean;
}

const ALERT_MS = 20_000;
/** A queue is looked at this often for a free agent. */
const LOOK_MS = 2000;

/** The agent who answered, connected; undefined when the customer's patience ended first. */
export function* offer<C extends Communication>(scene: Scene<C>, plan: Offer<C>): Script<AgentLeg<C> | undefined> {
  const { conversation, roster, random } = scene;
  let patience = plan.patienceMs;
  let except: string | undefined;
  while (patience > 0) {
    const user = roster.claim(plan.queue, conversation.media, { except, insist: plan.insist && patience <= LOOK_MS });
    if (user === undefined) {
      yield LOOK_MS;
      patience -= LOOK_MS;
      continue;
    }
    const agent = enterAgent(scene, { queue: plan.queue, user, peerId: plan.acd.communication.peerId });
    scene.tell();
    if (!random.chance(plan.missed)) return yield* answer(scene, agent, plan.acd);
    patience -= yield* letRing(scene, agent, patience);
    except = user.id;
  }
  return undefined;
}

function* answer<C extends Communication>(scene: Scene<C>, agent: AgentLeg<C>, acd: Leg<C>): Script<AgentLeg<C>> {
  yield seconds(scene, 2, 9);
  const at = scene.time();
  connect(agent, at);
  disconnect(acd, { at, type: 'transfer' });
  scene.tell();
  return agent;
}

/** Nobody picks up; ends early when the customer gives up (who then tells it, with their own leaving). */
function* letRing<C extends Communication>(scene: Scene<C>, agent: AgentLeg<C>, patienceMs: number): Script<number> {
  const declines = scene.random.chance(0.3);
  const rings = declines ? seconds(scene, 2, 8) : ALERT_MS;
  const waited = Math.min(rings, patienceMs);
  yield waited;
  const gaveUp = waited < rings;
  disconnect(agent, { at: scene.time(), type: gaveUp ? 'peer' : declines ? 'client' : 'timeout' });
  scene.roster.release(agent.user, scene.conversation.media);
  if (!gaveUp) scene.tell();
  return waited;
}

/** A queue at random other than `except`. */
export function pickQueue({ centre, random }: Scene<Communication>, except?: Queue): Queue {
  return random.pick(except === undefined ? centre.queues : centre.queues.filter((queue) => queue.id !== except.id));
}

/** Another agent of the queue who has room, already claimed. */
export function claimColleague(scene: Scene<Communication>, queue: Queue, agent: User): User | undefined {
  return scene.roster.claim(queue, scene.conversation.media, { except: agent.id });
}
