// A request ends the conversation: everybody is out at once, whatever the script had in mind; agents who were connected
// work on what is left. Invariant: no agent stays claimed by a conversation that was cut.
import { communicationOf } from '../conversation/live-conversation.ts';
import { disconnect, type AgentLeg } from '../conversation/legs.ts';
import type { Communication, Participant } from '../conversation/snapshot.ts';
import { leave, workAfterwards } from './after-call-work.ts';
import type { Script, Setting } from './scene.ts';

export function* disconnected(setting: Setting): Script {
  const { participants } = setting.conversation.snapshot;
  for (const participant of participants) if (participant.endTime === undefined) dismiss(setting, participant);
  setting.tell();
  yield 0;
  for (const participant of participants) {
    const agent = agentLegOf(setting, participant);
    const pending = participant.startAcwTime !== undefined && participant.endAcwTime === undefined;
    if (agent !== undefined && pending) setting.fork(workAfterwards(setting, agent));
  }
}

function dismiss(setting: Setting, participant: Participant): void {
  const communication = communicationOf(participant);
  if (communication === undefined) return;
  const agent = agentLegOf(setting, participant);
  // A callback's agent may be at their after-call work while still in.
  if (agent !== undefined && communication.state === 'connected' && participant.startAcwTime === undefined) {
    leave(setting, agent, { type: 'client' });
    return;
  }
  disconnect({ participant, communication }, { at: setting.time(), type: agent === undefined ? 'peer' : 'client' });
  if (agent !== undefined && participant.startAcwTime === undefined) {
    setting.roster.release(agent.user, setting.conversation.media);
  }
}

function agentLegOf({ centre }: Setting, participant: Participant): AgentLeg<Communication> | undefined {
  const user = centre.users.find(({ id }) => id === participant.userId);
  const communication = communicationOf(participant);
  return user === undefined || communication === undefined ? undefined : { participant, communication, user };
}
