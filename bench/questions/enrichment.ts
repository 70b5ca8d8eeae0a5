// What does a look-up cost a conversation, and remembering its customer? The same customers twice in one run, each time in
// new conversations: first nobody remembers them, then the worker does.
import { measureCache } from '../measure/cache-memory.ts';
import { CRM_MS, startEnrichmentRig, type Enriched, type EnrichmentRig } from '../measure/enrichment-rig.ts';
import { median, percentile } from '../measure/statistics.ts';
import type { Row } from '../measure/table.ts';
import type { Ask, Question } from './question.ts';

const FULL = { together: 480, alone: 40, rounds: 3, remembered: 100_000 };
const QUICK = { together: 40, alone: 5, rounds: 1, remembered: 2000 };
const PER = 100_000;
const MIB = 1_048_576;

interface Turn {
  readonly perSecond: number;
  /** One after another: nothing waits for its turn. */
  readonly alone: readonly number[];
  readonly asked: number;
  readonly injected: number;
  readonly total: number;
}

export const enrichment: Question = {
  name: 'enrichment',
  asks: `How many enrichments a second and how long each, cache cold and warm, CRM of ${CRM_MS} ms? And what does the cache hold?`,
  answer: async (ask) => {
    const { rounds, remembered } = sizeOf(ask);
    const cold: Turn[] = [];
    const warm: Turn[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const [one, other] = await play(ask);
      cold.push(one);
      warm.push(other);
      ask.say(`${round}: cold ${Math.round(one.perSecond)}/s, warm ${Math.round(other.perSecond)}/s`);
    }
    const memory = await measureCache(ask.server, remembered);
    const mibOf = (bytes: number): number => (bytes / remembered) * (PER / MIB);
    const all = [...cold, ...warm];
    const lost = all.reduce((sum, { total, injected }) => sum + total - injected, 0);
    const askedWarm = warm.reduce((sum, { asked }) => sum + asked, 0);
    return {
      rows: [
        rowOf('cold', cold),
        rowOf('warm', warm),
        { cache: 'warm ÷ cold', ...ratios(cold, warm) },
        { cache: `of ${remembered} customers`, 'heap MiB/100,000': mibOf(memory.heapBytes), 'Redis MiB/100,000': mibOf(memory.redisBytes), 'answer bytes': memory.answerBytes }, // prettier-ignore
      ],
      targets: [
        { what: 'every enrichment injected', met: lost === 0, measured: `${lost} not` },
        { what: 'a warm cache asks the CRM nothing', met: askedWarm === 0, measured: `${askedWarm} requests` },
      ],
      notes: NOTES,
    };
  },
};

const NOTES = [
  'One worker process, its defaults; look-up, validation against a flow’s schema, one PATCH to the emulated platform without its rate limit. Emulators run beside it on the same cores.',
  'enrichments/s: all at once, until the last is told to the audit (no SQL store: its records wait). ms: one after another, from the request to the injection; medians over the rounds.',
  'Cold is bounded by 10 look-ups at a time (THROUGHLINE_ENRICHMENT_LOOKUP_CONCURRENCY), 200 a second at 50 ms.',
];

const sizeOf = ({ quick }: Ask): typeof FULL => (quick ? QUICK : FULL);

/** A worker that has just begun remembers nobody. */
async function play(ask: Ask): Promise<readonly [cold: Turn, warm: Turn]> {
  await ask.server.redis.flushall('SYNC');
  const rig = await startEnrichmentRig(ask.server);
  try {
    // token, schema and code that no compiler has seen are not what a customer costs
    const [first, ...others] = rig.customers;
    if (first === undefined) throw new Error('the emulated centre has no customers');
    await rig.enrich(await rig.converse([first]));
    const cold = await turn(rig, others, ask);
    return [cold, await turn(rig, others, ask)];
  } finally {
    await rig.close();
  }
}

async function turn(rig: EnrichmentRig, customers: EnrichmentRig['customers'], ask: Ask): Promise<Turn> {
  const { together, alone } = sizeOf(ask);
  const ids = await rig.converse(customers.slice(0, together + alone));
  const askedBefore = rig.asked();
  const startedAt = performance.now();
  const crowd = await rig.enrich(ids.slice(0, together));
  const perSecond = together / ((performance.now() - startedAt) / 1000);
  const single: Enriched[] = [];
  for (const id of ids.slice(together)) single.push(...(await rig.enrich([id])));
  const all = [...crowd, ...single];
  return {
    perSecond,
    alone: single.map(({ latencyMs }) => latencyMs),
    asked: rig.asked() - askedBefore,
    injected: all.filter(({ outcome }) => outcome === 'injected').length,
    total: ids.length,
  };
}

const of = (turns: readonly Turn[], value: (turn: Turn) => number): number => median(turns.map(value));
const perSecond = ({ perSecond: value }: Turn): number => value;
const at =
  (share: number) =>
  ({ alone }: Turn): number =>
    percentile(alone, share);

const rowOf = (cache: string, turns: readonly Turn[]): Row => ({
  cache,
  'enrichments/s': of(turns, perSecond),
  'p50 ms': of(turns, at(0.5)),
  'p95 ms': of(turns, at(0.95)),
  'CRM requests': of(turns, ({ asked }) => asked),
  enrichments: of(turns, ({ total }) => total),
  rounds: turns.length,
});

function ratios(cold: readonly Turn[], warm: readonly Turn[]): Row {
  const ratio = (value: (turn: Turn) => number): number =>
    median(warm.map((one, n) => value(one) / value(cold[n] ?? one)));
  return { 'enrichments/s': ratio(perSecond), 'p50 ms': ratio(at(0.5)), 'p95 ms': ratio(at(0.95)) };
}
