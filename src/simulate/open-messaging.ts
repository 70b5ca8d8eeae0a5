// Customers at a real organisation: what they write goes in through an open messaging integration; who answers, and
// when, is the organisation's business. Invariant: a customer is invented from the seed, and says that it is simulated.
import { z } from 'zod';
import { createRandom, seedOf, type Random } from '../emulator/random.ts';
import type { Journey, JourneyConversation, JourneyStep } from '../emulator/scenarios/journey.ts';
import { drawn } from '../emulator/scenarios/play-journey.ts';
import { Poison, Throttled } from '../runtime/errors.ts';
import { delay, type Clock } from '../runtime/clock.ts';
import type { Rest } from '../genesys/rest.ts';
import type { JourneyHost, Tally } from './run.ts';

export interface OpenMessagingOptions {
  readonly rest: Rest;
  readonly integrationId: string;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
  /** Told once a journey that failed. */
  readonly onFailure: (failure: unknown) => void;
}

const INBOUND = '/conversations/messages/{integrationId}/inbound/open/message';
/** So many refusals for the rate in a row, and it is no accident. */
const MAX_THROTTLES = 10;

/** Why a journey cannot be played there; undefined where it can. */
export function notByMessages({ name, conversations }: Journey): string | undefined {
  const other = conversations.find(({ media }) => media !== 'message');
  return other && `${name} has a ${other.media} conversation: at a real organisation only messages can be simulated.`;
}

export function openMessagingHost(options: OpenMessagingOptions): JourneyHost {
  const { onFailure, stopping } = options;
  const counts = { started: 0, finished: 0, refused: 0, message: 0 };
  const tally = (): Tally => {
    const { message, ...journeys } = counts;
    return { ...journeys, conversations: { message } };
  };
  const go = async (journey: Journey, seed: number): Promise<void> => {
    const random = createRandom(seedOf('journey', seed));
    const customer = customerOf(seed);
    for (const conversation of journey.conversations) {
      await delay(options.clock, drawn(random, conversation.after), stopping);
      counts.message += 1;
      await converse(options, customer, conversation, random);
    }
  };
  return {
    begin: (_run, journey, seeds) => {
      for (const seed of seeds) {
        counts.started += 1;
        void go(journey, seed).then(
          () => (counts.finished += 1),
          (error: unknown) => {
            counts.refused += 1;
            onFailure(error);
          },
        );
      }
      return Promise.resolve(tally());
    },
    tally: () => Promise.resolve(tally()),
  };
}

const customerOf = (seed: number) => ({
  id: `throughline-simulated-${seed}`,
  idType: 'Opaque',
  nickname: `Simulated customer ${seed}`,
});

async function converse(
  options: OpenMessagingOptions,
  from: ReturnType<typeof customerOf>,
  { steps }: JourneyConversation,
  random: Random,
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    if (options.stopping.aborted) return;
    if (step.do === 'write' && step.by === 'customer') await write(options, from, index + 1);
    await delay(options.clock, lengthOf(step, random), options.stopping);
  }
}

/** The organisation's people take their own time; a customer gives them as long as the scenario's would. */
const lengthOf = (step: JourneyStep, random: Random): number => ('seconds' in step ? drawn(random, step.seconds) : 0);

async function write(
  { rest, integrationId, clock, stopping }: OpenMessagingOptions,
  from: ReturnType<typeof customerOf>,
  number: number,
): Promise<void> {
  for (let throttles = 0; ; throttles += 1) {
    const time = new Date(clock.now()).toISOString();
    const body = { channel: { from, time }, text: `Simulated message ${number}.` };
    try {
      await rest.call({ method: 'POST', path: INBOUND, params: { integrationId }, body, answer: z.unknown(), signal: stopping }); // prettier-ignore
      return;
    } catch (error) {
      if (!(error instanceof Throttled) || throttles >= MAX_THROTTLES) throw explained(error);
      await delay(clock, error.retryAfterMs, stopping);
    }
  }
}

function explained(error: unknown): unknown {
  if (!(error instanceof Poison) || error.code !== 'not_found') return error;
  return new Poison('not_found', `${error.message}: --open-messaging must be the id of an open messaging integration`);
}
