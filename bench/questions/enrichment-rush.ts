// Does a rush keep to the platform's budget, and do those who wait come first? Conversations start much faster than the
// budget lets them be enriched, through an ingester and two workers as they are run; the emulated platform's own ledger
// says who was waiting when. In real time: the full form takes some minutes.
import { setTimeout as delay } from 'node:timers/promises';
import { injectAttributesQueue } from '../../queues/inject-attributes.queue.ts';
import { lookUpCustomerQueue } from '../../queues/look-up-customer.queue.ts';
import { recordAuditQueue, type AuditJob } from '../../queues/record-audit.queue.ts';
import { validateAttributesQueue } from '../../queues/validate-attributes.queue.ts';
import { startGenesysEmulator, type GenesysEmulator } from '../../src/emulator/genesys/emulator.ts';
import { PLATFORM_REQUESTS_PER_MINUTE } from '../../src/emulator/genesys/rate-limit.ts';
import { EMULATOR_CLIENT } from '../../src/emulator/genesys/sign-in.ts';
import { openQueue, type OpenableQueue } from '../../src/runtime/queues.ts';
import { redisOptions } from '../../src/stores/redis/connect.ts';
import { createCrew, ownProcesses } from '../chaos/crew.ts';
import { openWorld, type World } from '../chaos/world.ts';
import { judgeRush, type Enriched, type Judgement } from '../measure/rush.ts';
import type { Answer, Ask, Question } from './question.ts';

interface Size {
  readonly conversations: number;
  readonly seconds: number;
  readonly requestsPerMinute: number;
}

const FULL: Size = { conversations: 1000, seconds: 10, requestsPerMinute: PLATFORM_REQUESTS_PER_MINUTE };
/** A budget in which half of them have to wait for their turn. */
const QUICK: Size = { conversations: 80, seconds: 1, requestsPerMinute: 400 };

const WORKERS = 2;
/** Some hundreds are served before their turn has come, the others wait on. */
const AGENTS = 100;
/** Injections that two workers have under way at once. */
const UNDER_WAY = 20;
const LOOK_MS = 250;
const SAY_EVERY = 100;
const GIVE_UP_MS = 900_000;

export const enrichmentRush: Question = {
  name: 'enrichment-rush',
  asks: 'When more conversations start than the platform’s budget lets be enriched: is nothing refused, and do those who wait come first?',
  answer: async (ask) => {
    const size = ask.quick ? QUICK : FULL;
    const platform = await startGenesysEmulator({ port: 0, seed: 1, speed: 1, agents: AGENTS, conversationsPerMinute: 0, requestsPerMinute: size.requestsPerMinute }); // prettier-ignore
    const world = await openWorld({ redisUrl: ask.server.url, partitions: 8, settings: settingsFor(platform, size) });
    const environment = { ...world.environment, THROUGHLINE_ENRICHMENT_CRM_URL: world.crm.url };
    const crew = createCrew({ processes: ownProcesses(), environment });
    try {
      const roles = ['ingester', ...Array.from({ length: WORKERS }, () => 'worker')];
      await Promise.all(roles.map((role) => crew.start('role-process', role).ready));
      await until(() => platform.status().sockets > 0);
      return answerOf(size, await rush(ask, size, platform, world));
    } finally {
      await crew.killAll();
      await world.close();
      await platform.close();
    }
  },
};

function settingsFor({ url, center }: GenesysEmulator, { requestsPerMinute }: Size): Record<string, string> {
  const flow = center.flows.find(({ type }) => type === 'workflow');
  return {
    THROUGHLINE_GENESYS_GATEWAY_URL: url,
    THROUGHLINE_GENESYS_CLIENT_ID: EMULATOR_CLIENT.id,
    THROUGHLINE_GENESYS_CLIENT_SECRET: EMULATOR_CLIENT.secret,
    THROUGHLINE_GENESYS_REQUESTS_PER_MINUTE: String(requestsPerMinute),
    THROUGHLINE_ENRICHMENT: 'on',
    THROUGHLINE_ENRICHMENT_SCHEMAS: JSON.stringify({ schemas: [{ flowId: flow?.id }] }),
  };
}

interface Rushed extends Judgement {
  /** Calls of the rush, and those of them that were refused. */
  readonly calls: number;
  readonly refused: number;
}

async function rush({ server, say }: Ask, size: Size, platform: GenesysEmulator, world: World): Promise<Rushed> {
  const warm = platform.status();
  const startedAt = Date.now();
  const ids: string[] = [];
  for (let second = 1; second <= size.seconds; second += 1) {
    ids.push(...platform.driver.start(size.conversations / size.seconds, 'email'));
    await delay(1000);
  }
  const enriched = await settled(server.url, world, (done) => {
    const { calls, callsRefused } = platform.status();
    say(`${done} of ${ids.length} settled, ${calls - warm.calls} calls, ${callsRefused - warm.callsRefused} refused`);
  });
  const { calls, callsRefused } = platform.status();
  const judgement = judgeRush(new Set(ids), enriched, platform.driver.ledger().conversations, startedAt);
  return { ...judgement, calls: calls - warm.calls, refused: callsRefused - warm.callsRefused };
}

/** What the audit was told, once nothing is on its way to it any more. */
async function settled(redisUrl: string, world: World, say: (done: number) => void): Promise<readonly Enriched[]> {
  const open = (queue: OpenableQueue) =>
    openQueue(queue, redisOptions(redisUrl, 'worker'), world.keys, () => undefined);
  const stages = [lookUpCustomerQueue, validateAttributesQueue, injectAttributesQueue].map(open);
  const audit = open(recordAuditQueue);
  const pending = async (): Promise<number> => {
    const counts = await Promise.all(stages.map((stage) => stage.getJobCountByTypes('wait', 'prioritized', 'active', 'delayed'))); // prettier-ignore
    return counts.reduce((sum, one) => sum + one, 0);
  };
  try {
    const giveUpAt = Date.now() + GIVE_UP_MS;
    for (let said = 0; (await pending()) > 0 && Date.now() < giveUpAt;) {
      const done = await audit.getWaitingCount();
      if (done - said >= SAY_EVERY) say((said = done));
      await delay(LOOK_MS);
    }
    const jobs = await audit.getJobs(['waiting']);
    return jobs.map(({ data }: { data: AuditJob }) => data);
  } finally {
    await Promise.all([...stages, audit].map((queue) => queue.close()));
  }
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await delay(10);
};

function answerOf({ conversations, seconds, requestsPerMinute }: Size, rushed: Rushed): Answer {
  const { calls, refused, injected, servedBeforeLastWaiting, waitingDoneSeconds, droppedAsEnded, left } = rushed;
  const row = {
    conversations,
    'in s': seconds,
    'calls/min allowed': requestsPerMinute,
    calls,
    'refused (429)': refused,
    injected,
    'of those waiting': rushed.injectedWaiting,
    'served before the last waiting': servedBeforeLastWaiting,
    'waiting done after s': waitingDoneSeconds,
    'dropped as ended': droppedAsEnded,
    'left over': left,
  };
  return {
    rows: [row],
    targets: [
      { what: 'no call refused after warm-up', met: refused === 0, measured: String(refused) },
      { what: 'those who wait come before those who are served', met: servedBeforeLastWaiting <= UNDER_WAY, measured: `${servedBeforeLastWaiting} served ones before the last waiting one` }, // prettier-ignore
      { what: 'each enriched, or dropped because it ended', met: left === 0, measured: `${left} left over` },
    ],
    notes: [
      `Warm-up: the roles’ own start. E-mails of ${AGENTS} agents; who waited when is the emulated platform’s ledger.`,
      `Up to ${UNDER_WAY} served ones may have been under way when their turn had passed.`,
    ],
  };
}
