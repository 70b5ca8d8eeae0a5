// Native snapshots as the practice platform tells them on overlapping topics, with the duplicates that gives; read,
// diffed and moved by the product's own conversations stage.
import { createCentre } from '../../src/emulator/centre/centre.ts';
import { createDriver } from '../../src/emulator/driver/driver.ts';
import { createTimeline } from '../../src/emulator/driver/timeline.ts';
import { eventFrame } from '../../src/emulator/genesys/frames.ts';
import { routeFrame } from '../../src/genesys/codec/route.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { KeyedEvent } from '../../src/partitions/append.ts';
import { conversationsStage } from '../../workers/stages/conversations.stage.ts';
import { syncCrmStage } from '../../workers/stages/sync-crm.stage.ts';
import type { Workload } from './workload.ts';

const START = Date.parse('2026-01-05T08:00:00Z');
/** A contact centre of some hundred agents at a busy hour. */
const CONVERSATIONS_PER_MINUTE = 120;
const CRM = { crmBatchMaxRecords: 50, crmBatchMaxBytes: 1_048_576, crmFlushIntervalMs: 10_000, crmTimeoutMs: 30_000 };

export const snapshots: Workload = {
  name: 'snapshots',
  handler: conversationsStage({ stateOpenTtlHours: 168, stateEndedTtlMinutes: 60, slaRules: '{}' }, createMetrics())
    .handler,
  identify: syncCrmStage(CRM).identify,
  generate: (count, { seed }) =>
    tellStory(count, { seed, start: START, hears: (topicName) => topicName.endsWith('.conversations') }),
};

interface Story {
  readonly seed: number;
  readonly start: number;
  readonly hears: (topicName: string) => boolean;
}

/** The first `count` frames that follow from a seed. */
export function tellStory(count: number, { seed, start, hears }: Story): KeyedEvent[] {
  const timeline = createTimeline(start);
  const events: KeyedEvent[] = [];
  const publish = (topicName: string, body: string, correlationId: string): void => {
    const raw = eventFrame(topicName, body, correlationId);
    const route = routeFrame(raw);
    if (route.kind === 'event') events.push({ key: route.key, raw, receivedAt: Math.floor(timeline.now()) });
  };
  createDriver({
    seed,
    epoch: start,
    conversationsPerMinute: CONVERSATIONS_PER_MINUTE,
    speed: 1,
    timeline,
    centre: createCentre(seed),
    publisher: { hears, publish },
  });
  for (let minute = 1; events.length < count; minute += 1) timeline.runUntil(start + minute * 60_000);
  return events.slice(0, count);
}
