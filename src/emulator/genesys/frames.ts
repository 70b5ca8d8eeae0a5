// The frames a channel's socket carries, as text. Invariant: bodies exactly as the platform writes them; the snapshot of
// an event frame is spliced in as written once, never parsed or written again.
import { randomUUID } from 'node:crypto';

export const HEARTBEAT = '{"topicName":"channel.metadata","eventBody":{"message":"WebSocket Heartbeat"}}';
export const PONG = '{"topicName":"channel.metadata","eventBody":{"message":"pong"}}';

export const eventFrame = (topicName: string, body: string, correlationId: string): string =>
  `{"topicName":"${topicName}","version":"2","eventBody":${body},"metadata":{"CorrelationId":"${correlationId}"}}`;

export const socketClosingFrame = (): string =>
  eventFrame('v2.system.socket_closing', '{"message":"The WebSocket is closing for maintenance"}', randomUUID());

export interface Eviction {
  readonly channelId: string;
  readonly organizationId: string;
  readonly oauthClientId: string;
}

export function noLongerSubscribedFrame(eviction: Eviction): string {
  const body = {
    ...eviction,
    systemTopicType: 'no_longer_subscribed',
    reason: 'another_channel_subscribed',
  };
  return eventFrame(`v2.system.no_longer_subscribed.${eviction.channelId}`, JSON.stringify(body), randomUUID());
}
