// Finds what a path names. Invariant: what is not there, or is of another medium than the path says, is the platform's 404.
import { z } from 'zod';
import type { RoutedMedia } from '../../centre/roster.ts';
import type { LiveConversation } from '../../conversation/live-conversation.ts';
import type { Participant } from '../../conversation/snapshot.ts';
import type { Driver } from '../../driver/driver.ts';
import { notFound } from '../error-body.ts';

const conversationParams = z.object({ conversationId: z.string() });
const participantParams = z.object({ participantId: z.string() });

export function conversationOf(driver: Driver, params: unknown, media?: RoutedMedia): LiveConversation {
  const conversation = driver.find(conversationParams.parse(params).conversationId);
  if (conversation === undefined) throw notFound('conversation');
  if (media !== undefined && conversation.media !== media) throw notFound(`conversation of the medium ${media}`);
  return conversation;
}

export function participantOf({ snapshot }: LiveConversation, params: unknown): Participant {
  const { participantId } = participantParams.parse(params);
  const participant = snapshot.participants.find(({ id }) => id === participantId);
  if (participant === undefined) throw notFound('participant');
  return participant;
}
