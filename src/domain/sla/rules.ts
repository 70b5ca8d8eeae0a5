// Which promise holds where: the operator's rules in their order, then the defaults; the first that fits decides.
// Invariant: what is asked here is answered by the arguments alone; nothing is remembered between two questions.
import type { Media } from '../observation.ts';
import type { Objective } from './objectives.ts';
import { ALWAYS_OPEN, openingHours, type OpeningHours } from './opening-hours.ts';
import { readSlaRules, type SlaDefinition, type SlaRule } from './rule-schema.ts';

/** The contract's numbers: five minutes to be delivered, thirty to be read. Of the rest nothing is promised unasked. */
const DEFAULT_RULES: readonly SlaRule[] = [
  { objective: 'messageDelivery', withinSeconds: 300 },
  { objective: 'messageRead', withinSeconds: 1800 },
];

/** Where readings are reported at all; a conversation told by envelopes alone has no medium of its own. */
const READABLE_MEDIA: ReadonlySet<Media> = new Set<Media>(['message', 'other']);

export interface Whereabouts {
  readonly media: Media;
  readonly queueId?: string | undefined;
  readonly priority?: number | undefined;
}

export interface Term {
  readonly riskAt: number;
  /** The last instant that is in time. */
  readonly dueAt: number;
  /** Name of the opening hours it counts by; absent: all time counts. */
  readonly hours?: string;
}

export interface SlaRules {
  /** False: nobody ever promises it, wherever. */
  promises(objective: Objective): boolean;
  /** The term of a promise whose time began at `startedAt`; undefined where nothing is promised. */
  termOf(objective: Objective, where: Whereabouts, startedAt: number): Term | undefined;
  reportsReading(media: Media, channel: string | undefined): boolean;
  /** Seconds past the due time, as the term counts them. */
  overdueSeconds(term: { readonly dueAt: number; readonly hours?: string | undefined }, doneAt: number): number;
}

export function slaRules(definition: SlaDefinition): SlaRules {
  const rules = [...definition.rules, ...DEFAULT_RULES];
  const promised = new Set(
    rules.filter(({ withinSeconds }) => withinSeconds !== null).map(({ objective }) => objective),
  );
  const silent = new Set(definition.channelsWithoutReading);
  const hours = new Map(Object.entries(definition.hours).map(([name, timetable]) => [name, openingHours(timetable)]));
  // hours that were renamed while a promise waits: all time counts from then on
  const hoursOf = (name: string | undefined): OpeningHours => hours.get(name ?? '') ?? ALWAYS_OPEN;
  return {
    promises: (objective) => promised.has(objective),
    termOf: (objective, where, startedAt) => {
      const rule = rules.find((candidate) => candidate.objective === objective && fits(candidate, where));
      if (rule === undefined || rule.withinSeconds === null) return undefined;
      const ms = rule.withinSeconds * 1000;
      const open = hoursOf(rule.hours);
      return {
        riskAt: open.after(startedAt, Math.floor((ms * definition.atRiskPercent) / 100)),
        dueAt: open.after(startedAt, ms),
        ...(rule.hours === undefined ? {} : { hours: rule.hours }),
      };
    },
    reportsReading: (media, channel) => READABLE_MEDIA.has(media) && !silent.has(channel ?? ''),
    overdueSeconds: ({ dueAt, hours: name }, doneAt) => hoursOf(name).between(dueAt, doneAt) / 1000,
  };
}

function fits({ queues, media, minPriority }: SlaRule, where: Whereabouts): boolean {
  if (queues !== undefined && !queues.includes(where.queueId ?? '')) return false;
  if (media !== undefined && !media.includes(where.media)) return false;
  return minPriority === undefined || (where.priority ?? 0) >= minPriority;
}

/** Of a text that was checked when the configuration was loaded. */
export function slaRulesFrom(text: string): SlaRules {
  const read = readSlaRules(text);
  if (!read.ok) throw new Error(`the SLA rules: ${read.problem}`);
  return slaRules(read.definition);
}

/** What holds where nobody has written anything. */
export const DEFAULT_SLA_RULES: SlaRules = slaRulesFrom('{}');
