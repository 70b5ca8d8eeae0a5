// Which notification topics exist here, and what a subscription to one means. Invariant: a topic is permitted only when
// its template is known and the object it names is in the contact centre.
import type { ContactCentre } from '../centre/centre.ts';

type ObjectKind = 'user' | 'queue' | 'any';

interface TopicTemplate {
  readonly id: string;
  readonly object: ObjectKind;
  readonly description: string;
  readonly requiresPermissions: readonly string[];
}

const PERMISSION = ['conversation:communication:view'];

/** The first two are sent here; the rest can be subscribed to, as on the platform, and stay silent for now. */
export const TOPIC_TEMPLATES: readonly TopicTemplate[] = [
  template('v2.users.{id}.conversations', 'user', 'Conversations of a user'),
  template('v2.routing.queues.{id}.conversations', 'queue', 'Conversations of a queue'),
  template('v2.users.{id}.presence', 'user', 'Presence of a user'),
  template('v2.users.{id}.routingStatus', 'user', 'Routing status of a user'),
  ...['calls', 'messages', 'emails', 'callbacks', 'chats'].flatMap((media) => [
    template(`v2.users.{id}.conversations.${media}`, 'user', `Conversations of a user, ${media}`),
    template(`v2.routing.queues.{id}.conversations.${media}`, 'queue', `Conversations of a queue, ${media}`),
  ]),
  template('v2.conversations.{id}.transcription', 'any', 'Transcript of a conversation'),
  template('v2.externalcontacts.contacts.{id}', 'any', 'Changes of an external contact'),
];

function template(id: string, object: ObjectKind, description: string): TopicTemplate {
  return { id, object, description, requiresPermissions: PERMISSION };
}

/** The platform takes no longer name of several topics in one. */
const MAX_COMBINED_LENGTH = 200;

export interface TopicCheck {
  /** The names its frames will carry: several for a combined topic, none when rejected. */
  readonly names: readonly string[];
  readonly rejectionReason?: string;
}

export type TopicJudge = (topic: string) => TopicCheck;

export function createTopicJudge(centre: ContactCentre): TopicJudge {
  const known: Readonly<Record<ObjectKind, ReadonlySet<string> | undefined>> = {
    user: new Set(centre.users.map(({ id }) => id)),
    queue: new Set(centre.queues.map(({ id }) => id)),
    any: undefined,
  };
  const patterns = TOPIC_TEMPLATES.map(({ id, object }) => {
    const [before = '', after = ''] = id.split('{id}');
    return { before, after, object };
  });
  const problem = (name: string): string | undefined => {
    for (const { before, after, object } of patterns) {
      if (!name.startsWith(before) || !name.endsWith(after)) continue;
      const id = name.slice(before.length, name.length - after.length);
      if (!/^[0-9a-zA-Z-]{1,64}$/.test(id)) continue;
      return (known[object]?.has(id) ?? true) ? undefined : `No such ${object}, or no permission to see it`;
    }
    return 'Unknown topic';
  };
  return (topic) => {
    if (topic.length > MAX_COMBINED_LENGTH) return { names: [], rejectionReason: 'Topic name is too long' };
    const names = expand(topic);
    const rejectionReason = names.map(problem).find((reason) => reason !== undefined);
    return rejectionReason === undefined ? { names } : { names: [], rejectionReason };
  };
}

/** `v2.users.1?presence&conversations` is two topics under one subscription. */
function expand(topic: string): readonly string[] {
  const [base = '', suffixes] = topic.split('?', 2);
  return suffixes === undefined ? [topic] : suffixes.split('&').map((suffix) => `${base}.${suffix}`);
}
