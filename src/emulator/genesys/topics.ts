// Which notification topics exist here, and what a subscription to one means. Invariant: a topic is permitted only when
// its template is known, the object it names is in the contact centre, and the client's roles let it see such objects.
import type { ContactCentre } from '../centre/centre.ts';

type ObjectKind = 'user' | 'queue' | 'any';

export interface TopicTemplate {
  readonly id: string;
  readonly object: ObjectKind;
  readonly description: string;
  /** The official SDK's name for what its frames carry. */
  readonly bodyClass: string;
  readonly requiresPermissions: readonly string[];
}

const CONVERSATIONS = ['conversation:communication:view'];
const DETAILS = ['analytics:conversationDetail:view'];
const TRANSCRIPTS = ['speechAndTextAnalytics:data:view'];
const CONTACTS = ['externalContacts:contact:view'];

const MEDIA = ['Call', 'Message', 'Email', 'Callback', 'Chat'];

/** Each event of a conversation and the class of its body. */
const DETAIL_EVENTS: readonly (readonly [event: string, bodyClass: string])[] = [
  ['customer.start', 'CustomerStartDetailEventTopicCustomerStartEvent'],
  ['customer.end', 'CustomerEndDetailEventTopicCustomerEndEvent'],
  ['flow.start', 'FlowStartDetailEventTopicFlowStartEvent'],
  ['flow.end', 'FlowEndDetailEventTopicFlowEndEvent'],
  ['flow.outcome', 'FlowOutcomeDetailEventTopicFlowOutcomeEvent'],
  ['acd.start', 'AcdStartDetailEventTopicAcdStartEvent'],
  ['acd.end', 'AcdEndDetailEventTopicAcdEndEvent'],
  ['user.start', 'UserStartDetailEventTopicUserStartEvent'],
  ['user.end', 'UserEndDetailEventTopicUserEndEvent'],
  ['voicemail.start', 'VoicemailStartDetailEventTopicVoicemailStartEvent'],
  ['voicemail.end', 'VoicemailEndDetailEventTopicVoicemailEndEvent'],
  ['acw', 'AcwDetailEventTopicAfterCallWorkEvent'],
  ['wrapup', 'WrapupDetailEventTopicWrapupEvent'],
  ['attributes', 'AttributeDetailEventTopicAttributeUpdateEvent'],
  ['contact', 'ContactDetailEventTopicContactUpdateEvent'],
  ['outbound', 'OutboundDetailEventTopicOutboundInitEvent'],
];

/** The README says which of these stay silent here: they can be subscribed to, as on the platform. */
export const TOPIC_TEMPLATES: readonly TopicTemplate[] = [
  ...conversationTemplates('v2.users.{id}', 'user', 'Conversation'),
  ...conversationTemplates('v2.routing.queues.{id}', 'queue', 'QueueConversation'),
  template('v2.users.{id}.presence', 'user', 'PresenceEventUserPresence', ['presence:userPresence:view']),
  template('v2.users.{id}.routingStatus', 'user', 'UserRoutingStatusUserRoutingStatus', ['routing:status:view']),
  ...DETAIL_EVENTS.map(([event, bodyClass]) =>
    template(`v2.detail.events.conversation.{id}.${event}`, 'any', bodyClass, DETAILS),
  ),
  template('v2.conversations.{id}.transcription', 'any', 'TranscriptionTopicTranscriptionMessage', TRANSCRIPTS),
  template('v2.externalcontacts.contacts.{id}', 'any', 'ExternalContactsContactChangedTopicContact', CONTACTS),
];

function conversationTemplates(base: string, object: ObjectKind, prefix: string): readonly TopicTemplate[] {
  const media = MEDIA.map((medium) =>
    template(
      `${base}.conversations.${medium.toLowerCase()}s`,
      object,
      `${prefix}${medium}EventTopic${medium}Conversation`,
      CONVERSATIONS,
    ),
  );
  return [template(`${base}.conversations`, object, `${prefix}EventTopicConversation`, CONVERSATIONS), ...media];
}

function template(
  id: string,
  object: ObjectKind,
  bodyClass: string,
  requiresPermissions: readonly string[],
): TopicTemplate {
  return { id, object, bodyClass, requiresPermissions, description: `Sends ${bodyClass} as it changes` };
}

/** The platform takes no longer name of several topics in one. */
const MAX_COMBINED_LENGTH = 200;

export interface TopicCheck {
  /** The names its frames will carry: several for a combined topic, none when rejected. */
  readonly names: readonly string[];
  readonly rejectionReason?: string;
  readonly missingPermissions?: readonly string[];
}

/** Judges a topic for a client that lacks these permissions. */
export type TopicJudge = (topic: string, lacks: readonly string[]) => TopicCheck;

type Rejection = Omit<TopicCheck, 'names'>;

export function createTopicJudge(centre: ContactCentre): TopicJudge {
  const known: Readonly<Record<ObjectKind, ReadonlySet<string> | undefined>> = {
    user: new Set(centre.users.map(({ id }) => id)),
    queue: new Set(centre.queues.map(({ id }) => id)),
    any: undefined,
  };
  const rejection = (name: string, lacks: readonly string[]): Rejection | undefined => {
    const found = findTemplate(name);
    if (found === undefined) return { rejectionReason: 'Unknown topic' };
    const { object, requiresPermissions } = found.topic;
    const missingPermissions = requiresPermissions.filter((permission) => lacks.includes(permission));
    if (missingPermissions.length > 0) return { rejectionReason: 'Missing permissions', missingPermissions };
    if (known[object]?.has(found.objectId) ?? true) return undefined;
    return { rejectionReason: `No such ${object}, or no permission to see it` };
  };
  return (topic, lacks) => {
    if (topic.length > MAX_COMBINED_LENGTH) return { names: [], rejectionReason: 'Topic name is too long' };
    const names = expand(topic);
    const rejected = names.map((name) => rejection(name, lacks)).find((problem) => problem !== undefined);
    return rejected === undefined ? { names } : { names: [], ...rejected };
  };
}

const PATTERNS = TOPIC_TEMPLATES.map((topic) => {
  const [before = '', after = ''] = topic.id.split('{id}');
  return { topic, before, after };
});

function findTemplate(name: string): { topic: TopicTemplate; objectId: string } | undefined {
  for (const { topic, before, after } of PATTERNS) {
    if (!name.startsWith(before) || !name.endsWith(after)) continue;
    const objectId = name.slice(before.length, name.length - after.length);
    if (/^[0-9a-zA-Z-]{1,64}$/.test(objectId)) return { topic, objectId };
  }
  return undefined;
}

/** `v2.users.1?presence&conversations` is two topics under one subscription. */
function expand(topic: string): readonly string[] {
  const [base = '', suffixes] = topic.split('?', 2);
  return suffixes === undefined ? [topic] : suffixes.split('&').map((suffix) => `${base}.${suffix}`);
}
