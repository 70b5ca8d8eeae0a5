// What a script has to hand while it plays, and what a script is: a generator that changes the conversation, tells it,
// and yields how long life goes on before the next change. Invariant: a script touches its own conversation only.
import type { ContactCentre, Customer } from '../centre/centre.ts';
import type { RoutedMedia, Roster } from '../centre/roster.ts';
import type { Builder } from '../conversation/builders.ts';
import type { LiveConversation } from '../conversation/live-conversation.ts';
import type { Communication } from '../conversation/snapshot.ts';
import type { Ids } from '../ids.ts';
import type { Random } from '../random.ts';

/** Yields milliseconds of life (the driver divides them by its speed). */
export type Script<Result = void> = Generator<number, Result, void>;

export interface Setting {
  readonly conversation: LiveConversation;
  readonly centre: ContactCentre;
  readonly customer: Customer;
  readonly roster: Roster;
  readonly random: Random;
  readonly ids: Ids;
  /** ISO time now, or when `afterMs` of life will have passed. */
  readonly time: (afterMs?: number) => string;
  /** Sends the snapshot to whom it concerns. */
  readonly tell: () => void;
  /** Sends one frame of a topic with its own kind of news. */
  readonly send: (topicName: string, body: () => object) => void;
  /** Plays a script of the same conversation side by side with this one (after-call work, receipts). */
  readonly fork: (script: Script) => void;
}

export interface Scene<C extends Communication> extends Setting {
  readonly build: Builder<C>;
}

export interface Scenario {
  readonly media: RoutedMedia;
  readonly play: (setting: Setting) => Script;
}

/** A length of life drawn between two numbers of seconds, in milliseconds. */
export const seconds = ({ random }: Setting, low: number, high: number): number =>
  random.between(low * 1000, high * 1000);
