// Plays the driver on a timeline of its own and keeps every frame: an hour of contact centre in about a second.
import { createCentre, type ContactCentre } from '../../../src/emulator/centre/centre.ts';
import { createDriver, type Driver, type DriverOptions } from '../../../src/emulator/driver/driver.ts';
import { createTimeline, type Timeline } from '../../../src/emulator/driver/timeline.ts';
import { eventFrame } from '../../../src/emulator/genesys/frames.ts';

export const EPOCH = Date.UTC(2026, 2, 2, 14);

export interface Told {
  readonly at: number;
  readonly topicName: string;
  readonly body: string;
  readonly frame: string;
}

export interface Story {
  readonly centre: ContactCentre;
  readonly driver: Driver;
  readonly timeline: Timeline;
  readonly told: Told[];
}

/** Who listens in a story unless told otherwise: the topics of all media. */
const everyConversation = (topicName: string): boolean => topicName.endsWith('.conversations');

export function tellStory(options: Partial<DriverOptions> = {}, hears = everyConversation): Story {
  const timeline = createTimeline(options.epoch ?? EPOCH);
  const told: Told[] = [];
  const centre = createCentre(options.seed ?? 1);
  const driver = createDriver({
    seed: 1,
    epoch: EPOCH,
    conversationsPerMinute: 0,
    speed: 10,
    centre,
    timeline,
    publisher: {
      hears,
      publish: (topicName, body, correlationId) => {
        told.push({ at: timeline.now(), topicName, body, frame: eventFrame(topicName, body, correlationId) });
      },
    },
    ...options,
  });
  return { centre, driver, timeline, told };
}

/** Runs until nothing is left to happen. */
export function playOut({ timeline }: Story): void {
  for (let due = timeline.nextDue(); due !== undefined; due = timeline.nextDue()) timeline.runUntil(due);
}
