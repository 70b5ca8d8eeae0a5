// A callback: scheduled, due, missed by some, answered, after-call work. Invariant: the quirk of the real platform is
// kept: during after-call work the agent's leg says "connected" although it has a disconnectedTime, and nobody has ended.
import { callbackBuilder } from '../conversation/builders.ts';
import { beginAfterCallWork, connect, disconnect, type AgentLeg } from '../conversation/legs.ts';
import type { Callback } from '../conversation/snapshot.ts';
import { wrapUp } from './after-call-work.ts';
import { enterCustomer, enterQueue } from './cast.ts';
import { offer, pickQueue } from './routing.ts';
import { seconds, type Scenario, type Scene, type Script } from './scene.ts';

export const callback: Scenario = {
  media: 'callback',
  play: (setting) => {
    const untilDue = seconds(setting, 20, 90);
    return play({ ...setting, build: callbackBuilder(setting, setting.time(untilDue)) }, untilDue);
  },
};

function* play(scene: Scene<Callback>, untilDue: number): Script {
  const person = enterCustomer(scene, { state: 'scheduled' });
  const queue = pickQueue(scene);
  const acd = enterQueue(scene, { queue, peer: person, state: 'scheduled' });
  scene.tell();
  yield untilDue;
  connect(person, scene.time());
  connect(acd, scene.time());
  scene.tell();
  yield seconds(scene, 1, 4);
  const agent = yield* offer(scene, { queue, acd, patienceMs: 300_000, missed: 0.4, insist: true });
  if (agent === undefined) {
    disconnect(acd, { at: scene.time(), type: 'system' });
  } else {
    yield seconds(scene, 20, 120);
    yield* workWhileConnected(scene, agent);
  }
  disconnect(person, { at: scene.time(), type: agent === undefined ? 'system' : 'peer' });
  scene.tell();
}

/** The quirk: disconnected by time, connected by state, the participant still in. */
function* workWhileConnected(scene: Scene<Callback>, agent: AgentLeg<Callback>): Script {
  const at = scene.time();
  agent.communication.disconnectedTime = at;
  agent.communication.disconnectType = 'client';
  beginAfterCallWork(agent, at);
  scene.tell();
  yield seconds(scene, 5, 40);
  disconnect(agent, { at, type: 'client' });
  wrapUp(scene, agent);
}
