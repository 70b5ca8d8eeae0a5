// The platform's words about the channel itself, told apart from events without parsing the events.
// Invariant: an event, whatever its content, is never taken for a notice: only the frame's own topic counts.
import { z } from 'zod';

export type SystemNotice = 'socket_closing' | 'no_longer_subscribed' | 'token_revoked';

/** Notices are a few hundred bytes: nothing longer is parsed twice. */
const LONGEST_NOTICE = 8192;
const TOPIC = /^v2\.system\.(socket_closing|no_longer_subscribed|token_revoked)(?:\.(.+))?$/;

const frame = z.object({
  topicName: z.string(),
  eventBody: z.object({ channelId: z.string().optional().catch(undefined) }).nullish().catch(undefined),
}); // prettier-ignore

/** What this frame says about the channel `channelId`; a notice for another channel says nothing about ours. */
export function systemNotice(raw: string, channelId: string): SystemNotice | undefined {
  if (raw.length > LONGEST_NOTICE || !raw.includes('v2.system.')) return undefined;
  const { data } = frame.safeParse(parsed(raw));
  const match = TOPIC.exec(data?.topicName ?? '');
  const kind = match?.[1] as SystemNotice | undefined;
  if (kind !== 'no_longer_subscribed') return kind;
  const named = [data?.eventBody?.channelId, match?.[2]].filter((id) => id !== undefined);
  return named.length === 0 || named.includes(channelId) ? kind : undefined;
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
