// Dead letters: what was set aside, with the evidence to judge it and, sealed, what is needed to replay it.
// Invariants: the same failure has the same id, so it is one letter however often it is added; no payload in clear.
import { createHash } from 'node:crypto';
import type { Queue } from 'bullmq';
import { z } from 'zod';
import type { BufferedRecord } from './batch/buffer.ts';
import type { Quota } from './dead-letter-quota.ts';
import type { SetAsideEvent } from './partition-handler.ts';
import type { Seal } from './seal.ts';

export const deadLetterSchema = z.object({
  stage: z.string().max(64),
  code: z.string().max(64),
  /** Says what is wrong; never quotes the payload. */
  message: z.string().max(500),
  eventId: z.string().max(128),
  partition: z.number().int().min(0).optional(),
  conversationId: z.string().max(128).optional(),
  topic: z.string().max(256).optional(),
  receivedAt: z.number().int(),
  sizeBytes: z.number().int(),
  sha256: z.string().length(64),
  /** AES-256-GCM; absent where the content was too large to keep: such a letter cannot be replayed. */
  sealed: z.string().optional(),
});

export type DeadLetter = z.infer<typeof deadLetterSchema>;

export interface DeadLetterNeeds {
  readonly queue: Queue;
  readonly seal: Seal;
  /** Ceiling on letters of unknown topics (none unless given): they say nothing is wrong with the event itself. */
  readonly unknownTopics?: Quota;
}

export interface OversizeFrame {
  readonly text: string;
  readonly receivedAt: number;
  readonly topic: string | undefined;
  readonly conversationId: string | undefined;
  readonly limitBytes: number;
}

export interface DeadLetters {
  /** Idempotent by event id: called before the commit that moves past these events. */
  addEvents(partition: number, events: readonly SetAsideEvent[]): Promise<void>;
  addRecord(stage: string, batchId: string, record: BufferedRecord, code: string, message: string): Promise<void>;
  /** A frame over the size limit: its evidence without its content. */
  addOversize(frame: OversizeFrame): Promise<void>;
}

export function deadLettersTo({ queue, seal, unknownTopics }: DeadLetterNeeds): DeadLetters {
  const add = async (letters: readonly DeadLetter[]): Promise<void> => {
    await queue.addBulk(
      letters.map((letter) => ({ name: letter.code, data: letter, opts: { jobId: letter.eventId } })),
    );
  };
  return {
    addEvents: async (partition, events) => {
      const kept = await withinQuota(events, unknownTopics);
      if (kept.length > 0) await add(kept.map((event) => eventLetter(partition, event, seal)));
    },
    addRecord: (stage, batchId, record, code, message) =>
      add([{ stage, code, message: message.slice(0, 500), ...recordEvidence(batchId, record, seal) }]),
    addOversize: (frame) => add([oversizeLetter(frame)]),
  };
}

async function withinQuota(
  events: readonly SetAsideEvent[],
  quota: Quota | undefined,
): Promise<readonly SetAsideEvent[]> {
  const isUnknown = ({ why }: SetAsideEvent): boolean => why.code === 'unknown_topic';
  const wanted = events.filter(isUnknown).length;
  if (wanted === 0 || quota === undefined) return events;
  let left = await quota.take(wanted);
  return events.filter((event) => !isUnknown(event) || (left -= 1) >= 0);
}

function eventLetter(partition: number, { event, why, conversationId }: SetAsideEvent, seal: Seal): DeadLetter {
  return {
    stage: 'conversations',
    code: why.code,
    message: why.message.slice(0, 500),
    eventId: `p${partition}-${event.id}`,
    partition,
    ...(conversationId === undefined ? {} : { conversationId: conversationId.slice(0, 128) }),
    ...(why.topic === undefined ? {} : { topic: why.topic.slice(0, 256) }),
    receivedAt: event.receivedAt,
    ...evidence(event.raw),
    sealed: seal.seal(event.raw),
  };
}

function recordEvidence(batchId: string, { recordId, receivedAt, json }: BufferedRecord, seal: Seal) {
  const eventId = `${batchId}-${sha256(recordId).slice(0, 16)}`;
  return { eventId, receivedAt, ...evidence(json), sealed: seal.seal(json) };
}

function oversizeLetter({ text, receivedAt, topic, conversationId, limitBytes }: OversizeFrame): DeadLetter {
  const facts = evidence(text);
  const limit = `THROUGHLINE_INGEST_MAX_FRAME_BYTES (${limitBytes})`;
  return {
    stage: 'ingest',
    code: 'frame_too_large',
    message: `a frame of ${facts.sizeBytes} bytes is over ${limit}; its content was not kept`,
    eventId: `oversize-${facts.sha256.slice(0, 32)}`,
    ...(topic === undefined ? {} : { topic }),
    ...(conversationId === undefined ? {} : { conversationId: conversationId.slice(0, 128) }),
    receivedAt,
    ...facts,
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const evidence = (text: string) => ({ sizeBytes: Buffer.byteLength(text), sha256: sha256(text) });
