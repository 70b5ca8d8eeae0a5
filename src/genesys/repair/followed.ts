// Whether a conversation that analytics names is one the stream would have told of. Invariant: the same choice of queues
// and users as the topics'.
import type { ConversationDetails } from '../analytics/details.ts';
import type { TopicChoice } from '../topics.ts';

export function followedBy(choice: TopicChoice): (conversation: ConversationDetails) => boolean {
  const followsQueue = chosen(choice.queues);
  const followsUser = chosen(choice.users);
  return ({ participants }) =>
    (participants ?? []).some(
      ({ userId, sessions }) =>
        followsUser(userId) ||
        (sessions ?? []).some(({ segments }) => (segments ?? []).some(({ queueId }) => followsQueue(queueId))),
    );
}

function chosen(ids: string): (id: string | null | undefined) => boolean {
  if (ids === 'none') return () => false;
  if (ids === 'all') return (id) => typeof id === 'string';
  const wanted = new Set(ids.toLowerCase().split(',').map((id) => id.trim())); // prettier-ignore
  return (id) => typeof id === 'string' && wanted.has(id.toLowerCase());
}
