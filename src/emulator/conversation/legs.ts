// A leg is a participant with its communication. These are the moves a leg can make; each keeps the two in step, as the
// platform does. Invariant: a leg that ended stays ended, and every move carries one time.
import type { User } from '../centre/centre.ts';
import type { Communication, CommunicationState, DisconnectType, Participant, Wrapup } from './snapshot.ts';

export interface Leg<C extends Communication> {
  readonly participant: Participant;
  readonly communication: C;
}

export interface AgentLeg<C extends Communication> extends Leg<C> {
  readonly user: User;
}

/** Only calls are recorded, and only those of people. */
function setRecording({ participant, communication }: Leg<Communication>, recording: boolean): void {
  const recorded = participant.purpose === 'customer' || participant.purpose === 'agent';
  if (!('recording' in communication) || !recorded) return;
  Object.assign(communication, { recording, recordingState: recording ? 'active' : 'none' });
}

export function connect(leg: Leg<Communication>, at: string): void {
  leg.communication.state = 'connected';
  leg.communication.connectedTime = at;
  leg.participant.connectedTime = at;
  setRecording(leg, true);
}

export interface Disconnection {
  readonly at: string;
  readonly type: DisconnectType;
  /** Calls that the platform itself ends are `terminated`, the rest `disconnected`. */
  readonly state?: CommunicationState;
}

export function disconnect(leg: Leg<Communication>, { at, type, state = 'disconnected' }: Disconnection): void {
  const { communication, participant } = leg;
  unhold(leg);
  communication.state = state;
  communication.disconnectType = type;
  communication.disconnectedTime = at;
  participant.endTime = at;
  setRecording(leg, false);
}

export function hold({ communication }: Leg<Communication>, at: string): void {
  communication.held = true;
  communication.startHoldTime = at;
}

export function unhold({ communication }: Leg<Communication>): void {
  communication.held = false;
  delete communication.startHoldTime;
}

export function beginAfterCallWork({ participant, communication }: Leg<Communication>, at: string): void {
  participant.startAcwTime = at;
  participant.wrapupRequired = true;
  communication.afterCallWork = { state: 'pending', startTime: at };
}

export function completeAfterCallWork({ participant, communication }: Leg<Communication>, wrapup: Wrapup): void {
  const startTime = participant.startAcwTime ?? wrapup.endTime;
  participant.endAcwTime = wrapup.endTime;
  participant.wrapupRequired = false;
  participant.wrapup = wrapup;
  communication.wrapup = wrapup;
  communication.afterCallWork = { state: 'complete', startTime, endTime: wrapup.endTime };
}
