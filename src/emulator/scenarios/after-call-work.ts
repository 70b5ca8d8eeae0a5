// What an agent does after a conversation, and the wrap-up it ends with. Invariant: the agent is free again only then.
import { beginAfterCallWork, completeAfterCallWork, disconnect, type AgentLeg } from '../conversation/legs.ts';
import type { CommunicationState, Communication, DisconnectType } from '../conversation/snapshot.ts';
import { NOTES } from '../centre/words.ts';
import { seconds, type Script, type Setting } from './scene.ts';

export interface Leaving {
  readonly type: DisconnectType;
  readonly state?: CommunicationState;
}

/** The agent's leg ends and their after-call work begins: one change, not told yet. */
export function leave(scene: Setting, agent: AgentLeg<Communication>, leaving: Leaving): void {
  const at = scene.time();
  disconnect(agent, { at, ...leaving });
  agent.communication.afterCallWorkRequired = true;
  beginAfterCallWork(agent, at);
}

/** Plays the after-call work that `leave` began, to its wrap-up. */
export function* workAfterwards(scene: Setting, agent: AgentLeg<Communication>): Script {
  yield seconds(scene, 5, 40);
  wrapUp(scene, agent);
  scene.tell();
}

/** After-call work is complete; not told yet. */
export function wrapUp(scene: Setting, agent: AgentLeg<Communication>): void {
  const { centre, random } = scene;
  const endTime = scene.time();
  const began = Date.parse(agent.participant.startAcwTime ?? endTime);
  completeAfterCallWork(agent, {
    code: random.pick(centre.wrapUpCodes).id,
    notes: random.pick(NOTES),
    tags: [],
    durationSeconds: Math.round((Date.parse(endTime) - began) / 1000),
    endTime,
  });
  scene.roster.release(agent.user, scene.conversation.media);
}
