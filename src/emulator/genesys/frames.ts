// The frames a channel's socket carries, as text. Invariant: bodies exactly as the platform writes them; the snapshot of
// an event frame is spliced in as written once, never parsed or written again.
import { randomUUID } from 'node:crypto';

export const HEARTBEAT = '{"topicName":"channel.metadata","eventBody":{"message":"WebSocket Heartbeat"}}';
export const PONG = '{"topicName":"channel.metadata","eventBody":{"message":"pong"}}';

export const eventFrame = (topicName: string, body: string, correlationId: string): string =>
  `{"topicName":"${topicName}","version":"2","eventBody":${body},"metadata":{"CorrelationId":"${correlationId}"}}`;

export const socketClosingFrame = (): string =>
  eventFrame('v2.system.socket_closing', '{"message":"The WebSocket is closing for maintenance"}', randomUUID());

export interface Removal {
  readonly channelId: string;
  readonly organizationId: string;
  readonly oauthClientId: string;
}

/** Why a channel was taken away, in the platform's words. */
const REMOVALS = {
  evicted: { systemTopicType: 'no_longer_subscribed', reason: 'another_channel_subscribed' },
  revoked: { systemTopicType: 'token_revoked', reason: 'user_tokens_revoked' },
} as const;

export function removalFrame(cause: keyof typeof REMOVALS, removal: Removal): string {
  const words = REMOVALS[cause];
  const topicName = `v2.system.${words.systemTopicType}.${removal.channelId}`;
  return eventFrame(topicName, JSON.stringify({ ...removal, ...words }), randomUUID());
}
