// Envelopes of about 1.4 KB ({eventType, conversationId, payload}), validated with zod and applied to a small state
// machine. The state keeps what a lost, repeated or reordered event would change: counts, and how many came too late.
import { z } from 'zod';
import type { KeyedEvent } from '../../src/partitions/append.ts';
import { Poison } from '../../src/runtime/errors.ts';
import type { PartitionHandler } from '../../src/runtime/partition-handler.ts';
import { seededRandom } from '../measure/statistics.ts';
import type { Workload } from './workload.ts';

const EVENT_TYPES = [
  'participant:joined',
  'participant:connected',
  'participant:left',
  'message:received',
  'message:sent',
] as const;

const messageSchema = z.object({
  id: z.string().max(64),
  body: z.string().max(10_000),
  createdTime: z.iso.datetime(),
  attachments: z
    .array(z.object({ contentType: z.string(), url: z.string(), fileName: z.string(), sizeBytes: z.number() }))
    .max(100),
  transcriptSegments: z
    .array(z.object({ text: z.string(), startTime: z.number(), endTime: z.number(), speakerId: z.string() }))
    .max(1000),
  deliveryReceipt: z.object({ deliveredTime: z.iso.datetime().optional(), readTime: z.iso.datetime().optional() }),
});

const envelopeSchema = z.object({
  eventType: z.enum(EVENT_TYPES),
  conversationId: z.string().max(64),
  payload: z.object({
    participantId: z.string().max(64),
    version: z.number().int().min(1),
    messages: z.array(messageSchema).max(1000),
  }),
});

type Envelope = z.infer<typeof envelopeSchema>;
type Name = 'pending' | 'joined' | 'active' | 'left';

interface State {
  readonly version: number;
  readonly events: number;
  readonly stale: number;
  readonly illegal: number;
  readonly messages: number;
  readonly attachments: number;
  readonly participants: Readonly<Record<string, Name>>;
}

const MOVES: Readonly<Record<string, { readonly from: readonly Name[]; readonly to: Name }>> = {
  'participant:joined': { from: ['pending', 'left'], to: 'joined' },
  'participant:connected': { from: ['joined'], to: 'active' },
  'participant:left': { from: ['active'], to: 'left' },
};
const NEW: State = { version: 0, events: 0, stale: 0, illegal: 0, messages: 0, attachments: 0, participants: {} };
const TTL_MS = 3_600_000;
/** They come and go: a state must not grow with the events of a run, or a hot conversation would measure that. */
const PARTICIPANTS = 8;

const handler: PartitionHandler<Envelope, State> = {
  name: 'envelopes',
  decode: ({ raw }) => {
    const parsed = envelopeSchema.safeParse(JSON.parse(raw));
    if (!parsed.success) throw new Poison('envelope_invalid', 'the envelope does not fit its schema');
    return { kind: 'apply', key: parsed.data.conversationId, event: parsed.data };
  },
  parseState: (json) => JSON.parse(json) as State,
  apply: (known = NEW, { conversationId, eventType, payload }) => {
    const { participantId, version, messages } = payload;
    const move = MOVES[eventType];
    const from = known.participants[participantId] ?? 'pending';
    const isLegal = move !== undefined && move.from.includes(from);
    const state: State = {
      version: Math.max(version, known.version),
      events: known.events + 1,
      stale: known.stale + (version === known.version + 1 ? 0 : 1),
      illegal: known.illegal + (move === undefined || isLegal ? 0 : 1),
      messages: known.messages + messages.length,
      attachments: messages.reduce((sum, message) => sum + message.attachments.length, known.attachments),
      participants: isLegal ? { ...known.participants, [participantId]: move.to } : known.participants,
    };
    const record = {
      recordId: conversationId,
      conversationId,
      version: state.events,
      messageId: messages[0]?.id ?? null,
      slaStatus: messages[0]?.deliveryReceipt.readTime === undefined ? 'missing_receipt' : 'compliant',
      attachmentsCount: state.attachments,
    };
    return {
      state,
      changed: true,
      ttlMs: TTL_MS,
      liveSince: 1,
      outputs: [{ sink: 'crm', receivedAt: 1, payload: record, replaces: conversationId }],
      counters: isLegal ? [['n:moves', 1]] : [],
    };
  },
};

export const envelopes: Workload = {
  name: 'envelopes',
  handler,
  identify: (payload) => JSON.parse(payload) as { recordId: string; version: number },
  generate: (count, { seed, conversations = 2000 }) => {
    const random = seededRandom(seed);
    const versions = new Map<number, number>();
    return Array.from({ length: count }, () => {
      const conversation = Math.floor(random() * conversations);
      const version = (versions.get(conversation) ?? 0) + 1;
      versions.set(conversation, version);
      return envelope(`s${seed}-c${conversation}`, version);
    });
  },
};

const BODY = 'Hello, the parcel that was due on Tuesday has not come, and the page only says that it is on its way. ';
const SEGMENT = 'and then they told me that somebody would call back within the hour';

/** A participant's stay is 40 events: joined, connected, 37 messages, left. */
export function envelope(conversationId: string, version: number): KeyedEvent {
  const step = (version - 1) % 40;
  const participantId = `${conversationId}-p${Math.floor((version - 1) / 40) % PARTICIPANTS}`;
  const at = new Date(1_760_000_000_000 + version * 1000).toISOString();
  const message = {
    id: `${conversationId}-m${version}`,
    body: BODY.repeat(4).slice(0, 380),
    createdTime: at,
    attachments: [
      { contentType: 'image/png', url: 'https://files.example.com/a.png', fileName: 'a.png', sizeBytes: 1 },
    ],
    transcriptSegments: Array.from({ length: 4 }, (_, i) => ({
      text: SEGMENT,
      startTime: i * 4,
      endTime: i * 4 + 3.5,
      speakerId: participantId,
    })),
    deliveryReceipt: { deliveredTime: at, ...(version % 2 === 0 ? { readTime: at } : {}) },
  };
  const payload = { participantId, version, messages: [message] };
  const raw = JSON.stringify({ eventType: typeAt(step), conversationId, payload });
  return { key: conversationId, raw, receivedAt: 1_760_000_000_000 + version };
}

function typeAt(step: number): (typeof EVENT_TYPES)[number] {
  if (step === 0) return 'participant:joined';
  if (step === 1) return 'participant:connected';
  if (step === 39) return 'participant:left';
  return step % 2 === 0 ? 'message:received' : 'message:sent';
}
