// Who can take part in a conversation, and how each is entered. Invariant: a participant is added with its communication
// and a join time, and enters at the end of the list, as on the platform.
import type { Queue, User } from '../centre/centre.ts';
import type { CommunicationPlan } from '../conversation/builders.ts';
import { touchQueue } from '../conversation/live-conversation.ts';
import { connect, type AgentLeg, type Leg } from '../conversation/legs.ts';
import type { Communication, Participant, RoutingData } from '../conversation/snapshot.ts';
import type { Scene } from './scene.ts';

const ALERTING_TIMEOUT_MS = 20_000;
const WRAPUP_TIMEOUT_MS = 30_000;

type Person = Pick<Participant, 'purpose' | 'name'> & Partial<Participant>;

function enter<C extends Communication>(scene: Scene<C>, plan: CommunicationPlan, person: Person): Leg<C> {
  const { conversation, build, ids, time } = scene;
  const { communication, lists } = build(plan);
  const participant: Participant = {
    id: ids(),
    ...person,
    wrapupRequired: false,
    wrapupExpected: plan.role === 'agent',
    attributes: person.attributes ?? {},
    ...lists,
  };
  conversation.snapshot.participants.push(participant);
  conversation.joinTimes.set(participant.id, time());
  const leg = { participant, communication };
  if (plan.state === 'connected') connect(leg, time());
  return leg;
}

export interface CustomerEntry {
  readonly state: 'connected' | 'scheduled';
  /** Where the customer is reached: absent where the medium has no such address. */
  readonly address?: string;
}

export function enterCustomer<C extends Communication>(scene: Scene<C>, { state, address }: CustomerEntry): Leg<C> {
  const { customer, centre } = scene;
  return enter(
    scene,
    { role: 'customer', state },
    {
      purpose: 'customer',
      name: customer.name,
      ...(address === undefined ? {} : { address }),
      externalContactId: customer.externalContactId,
      externalContactInitialDivisionId: centre.division.id,
      attributes: { 'crm.accountId': customer.accountId, 'crm.tier': customer.tier },
    },
  );
}

export function enterIvr<C extends Communication>(scene: Scene<C>, peer: Leg<C>): Leg<C> {
  const plan: CommunicationPlan = { role: 'system', state: 'connected', peerId: peer.communication.id };
  return enter(scene, plan, { purpose: 'ivr', name: 'Main IVR', attributes: { 'ivr.version': '12' } });
}

const routingData = (scene: Scene<Communication>, queue: Queue): RoutingData => ({
  queue: { id: queue.id },
  language: { id: scene.centre.language.id },
  priority: 0,
  skills: [{ id: queue.skillId }],
  scoredAgents: [],
});

/** The queue itself takes part, as `acd`, until an agent connects. */
export function enterQueue<C extends Communication>(
  scene: Scene<C>,
  { queue, peer, state = 'connected' }: { queue: Queue; peer: Leg<C>; state?: 'connected' | 'scheduled' },
): Leg<C> {
  touchQueue(scene.conversation, queue.id);
  peer.participant.queueId = queue.id;
  return enter(
    scene,
    { role: 'system', state, peerId: peer.communication.id },
    {
      purpose: 'acd',
      name: queue.name,
      queueId: queue.id,
      conversationRoutingData: routingData(scene, queue),
    },
  );
}

/** An agent enters alerting. */
export function enterAgent<C extends Communication>(
  scene: Scene<C>,
  { queue, user, peerId }: { queue: Queue; user: User; peerId: string | undefined },
): AgentLeg<C> {
  const leg = enter(
    scene,
    { role: 'agent', state: 'alerting', peerId },
    {
      purpose: 'agent',
      name: user.name,
      userId: user.id,
      queueId: queue.id,
      address: `sip:agent-${user.id.slice(0, 8)}@192.0.2.20`,
      wrapupPrompt: 'timeout',
      wrapupTimeoutMs: WRAPUP_TIMEOUT_MS,
      conversationRoutingData: routingData(scene, queue),
      alertingTimeoutMs: ALERTING_TIMEOUT_MS,
    },
  );
  return { ...leg, user };
}
