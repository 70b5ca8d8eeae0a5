// A scenario file: one customer's journey, as the conversations they have one after the other and what happens in each.
// Invariant: what passes here can be played to its end; what does not is told by path, with the reason.
import { z } from 'zod';

export const JOURNEY_MEDIA = ['voice', 'message', 'email', 'callback'] as const;
export type JourneyMedia = (typeof JOURNEY_MEDIA)[number];

/** A number, or two to draw between. */
const amount = z.number().min(0).max(86_400);
const seconds = z.union([
  amount,
  z.tuple([amount, amount]).refine(([low, high]) => low <= high, 'the first must not be greater than the second'),
]);

const stepSchema = z.discriminatedUnion('do', [
  /** Talks to the machine; voice. */
  z.strictObject({ do: z.literal('ivr'), seconds: seconds.default([8, 30]) }),
  /** Enters a queue. */
  z.strictObject({ do: z.literal('queue') }),
  /** A scheduled callback becomes due. */
  z.strictObject({ do: z.literal('due'), seconds: seconds.default([20, 90]) }),
  z.strictObject({ do: z.literal('wait'), seconds: seconds.default([2, 10]) }),
  /** An agent is alerted and lets it ring. */
  z.strictObject({ do: z.literal('ring'), seconds: seconds.default(20) }),
  /** An agent is alerted and takes it. */
  z.strictObject({ do: z.literal('answer'), seconds: seconds.default([2, 9]) }),
  z.strictObject({ do: z.literal('talk'), seconds: seconds.default([15, 120]) }),
  z.strictObject({ do: z.literal('hold'), seconds: seconds.default([5, 45]) }),
  /** E-mail: put aside and taken up again. */
  z.strictObject({ do: z.literal('park'), seconds: seconds.default([30, 180]) }),
  /** A message; `receipt` is how far one of an agent's gets. */
  z.strictObject({
    do: z.literal('write'),
    by: z.enum(['customer', 'agent']),
    receipt: z.enum(['none', 'delivered', 'read', 'failed']).default('read'),
    file: z.boolean().default(false),
    seconds: seconds.default([5, 40]),
  }),
  /** Blind, to another queue. */
  z.strictObject({ do: z.literal('transfer') }),
  /** The agent asks a colleague, who then takes over. */
  z.strictObject({ do: z.literal('consult'), seconds: seconds.default([10, 60]) }),
  z.strictObject({ do: z.literal('hang-up'), by: z.enum(['customer', 'agent']).default('customer') }),
  /** The customer leaves before anybody has answered. */
  z.strictObject({ do: z.literal('abandon') }),
]);

export type JourneyStep = Readonly<z.infer<typeof stepSchema>>;
export type Seconds = z.infer<typeof seconds>;

const MAX_STEPS = 200;
const MAX_CONVERSATIONS = 20;

const conversationSchema = z
  .strictObject({
    media: z.enum(JOURNEY_MEDIA),
    /** Since the conversation before has ended. */
    after: seconds.default(0),
    steps: z.array(stepSchema).min(1).max(MAX_STEPS),
  })
  .superRefine(({ media, steps }, context) => {
    for (const { at, message } of problemsOf(media, steps))
      context.addIssue({ code: 'custom', path: ['steps', at], message });
  });

export const journeySchema = z.strictObject({
  version: z.literal(1),
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by "-"').max(80),
  /** One sentence for people. */
  says: z.string().min(1).max(300),
  conversations: z.array(conversationSchema).min(1).max(MAX_CONVERSATIONS),
}); // prettier-ignore

export type Journey = Readonly<z.infer<typeof journeySchema>>;
export type JourneyConversation = Journey['conversations'][number];

type Phase = 'arrived' | 'queued' | 'answered' | 'over';

interface Rule {
  readonly media: readonly JourneyMedia[];
  readonly from: readonly Phase[];
  readonly to?: Phase;
}

const UNANSWERED = ['arrived', 'queued'] as const;
const RULES: Readonly<Record<JourneyStep['do'], Rule>> = {
  ivr: { media: ['voice'], from: ['arrived'] },
  queue: { media: ['voice', 'message', 'email'], from: ['arrived'], to: 'queued' },
  due: { media: ['callback'], from: ['arrived'], to: 'queued' },
  wait: { media: JOURNEY_MEDIA, from: ['arrived', 'queued', 'answered'] },
  ring: { media: JOURNEY_MEDIA, from: ['queued'] },
  answer: { media: JOURNEY_MEDIA, from: ['queued'], to: 'answered' },
  talk: { media: JOURNEY_MEDIA, from: ['answered'] },
  hold: { media: ['voice'], from: ['answered'] },
  park: { media: ['email'], from: ['answered'] },
  write: { media: ['message'], from: ['arrived', 'queued', 'answered'] },
  transfer: { media: ['voice'], from: ['answered'], to: 'queued' },
  consult: { media: ['voice'], from: ['answered'] },
  'hang-up': { media: JOURNEY_MEDIA, from: ['answered'], to: 'over' },
  abandon: { media: ['voice', 'message'], from: UNANSWERED, to: 'over' },
};

const SITUATION: Readonly<Record<Phase, string>> = {
  arrived: 'before the queue',
  queued: 'while it waits in a queue',
  answered: 'while an agent has it',
  over: 'after its end',
};

interface Problem {
  readonly at: number;
  readonly message: string;
}

function problemsOf(media: JourneyMedia, steps: readonly JourneyStep[]): Problem[] {
  const problems: Problem[] = [];
  let phase: Phase = 'arrived';
  for (const [at, step] of steps.entries()) {
    const rule = RULES[step.do];
    const from = step.do === 'write' && step.by === 'agent' ? (['answered'] as const) : rule.from;
    if (!rule.media.includes(media)) {
      problems.push({ at, message: `"${step.do}" does not happen in a ${media} conversation, only in ${rule.media.join(', ')}` }); // prettier-ignore
    } else if (!from.some((allowed) => allowed === phase)) {
      const right = from.map((allowed) => SITUATION[allowed]).join(' or ');
      problems.push({ at, message: `"${step.do}" cannot happen ${SITUATION[phase]}, only ${right}` });
    }
    phase = rule.to ?? phase;
  }
  if (phase !== 'over')
    problems.push({ at: steps.length - 1, message: 'the last step must be "hang-up" or "abandon"' });
  return problems;
}
