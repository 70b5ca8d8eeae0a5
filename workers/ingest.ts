// Ingest: what happens to one frame off a socket, native or an envelope. Control frames are counted, events go to their conversation's
// partition, unread; a frame too large to keep leaves its evidence in the dead letters. Invariant: never throws.
import { routeEvent } from '../src/envelopes/event.ts';
import type { Logger } from '../src/observability/logger.ts';
import type { Metrics } from '../src/observability/metrics.ts';
import type { IngestBuffer } from '../src/partitions/ingest-buffer.ts';
import type { DeadLetters } from '../src/runtime/dead-letters.ts';

export interface IntakeNeeds {
  readonly buffer: Pick<IngestBuffer, 'offer'>;
  readonly deadLetters: Pick<DeadLetters, 'addOversize'>;
  readonly maxFrameBytes: number;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export function frameIntake({ buffer, deadLetters, maxFrameBytes, metrics, log }: IntakeNeeds) {
  return (raw: string, receivedAt: number): void => {
    if (raw.length > maxFrameBytes || Buffer.byteLength(raw) > maxFrameBytes) {
      refuseOversize(raw, receivedAt);
      return;
    }
    const route = routeEvent(raw);
    metrics.count('throughline_ingest_frames_total', { kind: route.kind });
    if (route.kind !== 'control') buffer.offer({ key: route.key, raw, receivedAt });
  };

  function refuseOversize(raw: string, receivedAt: number): void {
    metrics.count('throughline_ingest_frames_total', { kind: 'oversize' });
    metrics.count('throughline_ingest_refused_total', { reason: 'frame_too_large' });
    log.warn({ chars: raw.length, limitBytes: maxFrameBytes }, 'frame over the size limit: content not kept');
    const topic = /"topicName"\s*:\s*"([\w.?&-]{1,256})"/.exec(raw.slice(0, 1024))?.[1];
    deadLetters
      .addOversize({ text: raw, receivedAt, topic, conversationId: undefined, limitBytes: maxFrameBytes })
      .catch((error: unknown) => log.error({ err: error }, 'the evidence of an oversize frame could not be kept'));
  }
}
