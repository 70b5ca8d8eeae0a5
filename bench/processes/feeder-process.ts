// Appends a script of frames through the real intake, buffer and append, window by window, from the window it is told
// (`<script file> <first window> <windows a second>`). Invariant: a window is said to be taken only when its append was
// answered, so whoever starts it again after a kill may repeat a window, and never skips one.
import { setTimeout as pause } from 'node:timers/promises';
import { readEnvironment } from '../../src/config/environment.ts';
import { describeProblems, loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { appenderFor, type Appender } from '../../src/partitions/append.ts';
import { IngestBuffer } from '../../src/partitions/ingest-buffer.ts';
import { wakerFor } from '../../src/partitions/wake.ts';
import { deadLettersTo } from '../../src/runtime/dead-letters.ts';
import { runProcess } from '../../src/runtime/lifecycle.ts';
import { sealWith } from '../../src/runtime/seal.ts';
import { layFoundation, payloadKeyOf, type Foundation } from '../../workers/roles/foundation.ts';
import { openQueues, type OpenQueues } from '../../workers/roles/open-queues.ts';
import { frameIntake } from '../../workers/ingest.ts';
import { openScript } from '../chaos/script-file.ts';
import { deathAtStep } from './death.ts';

export interface TakenMessage {
  readonly type: 'taken';
  /** Every window before this one is in the logs. */
  readonly next: number;
}

const [file = '', first = '0', perSecond = '10'] = process.argv.slice(2);
const loaded = loadConfig(readEnvironment());
if (!loaded.ok) throw new Error(describeProblems(loaded.problems));
const { config } = loaded;
const onStep = deathAtStep(undefined);
const log = createLogger({ level: config.logLevel, role: 'feeder' });

/** Tells how many events have been answered for, so that a window can be waited for. */
function countingAppender(appender: Appender): Appender & { readonly until: (events: number) => Promise<void> } {
  let taken = 0;
  let waiting: { readonly events: number; readonly resolve: () => void } | undefined;
  const tell = (): void => {
    if (waiting !== undefined && taken >= waiting.events) waiting.resolve();
  };
  return {
    append: async (events) => {
      const appended = await appender.append(events);
      taken += events.length;
      tell();
      return appended;
    },
    until: (events) =>
      new Promise((resolve) => {
        waiting = { events, resolve };
        tell();
      }),
  };
}

function intakeOf({ metrics, redis, keys, clock }: Foundation, queues: OpenQueues) {
  const waker = wakerFor(queues.partitions);
  const appender = countingAppender(appenderFor({ redis, keys, partitions: config.partitions, waker, onStep }));
  const buffer = new IngestBuffer({
    appender,
    deepestLog: () => Promise.resolve(0),
    limits: {
      maxEvents: config.ingestBufferMaxEvents,
      maxBytes: config.ingestBufferMaxBytes,
      // backpressure is not what this measures: a full log would only make the run longer
      logMaxEntries: Number.POSITIVE_INFINITY,
    },
    onPressure: () => undefined,
    metrics,
    log,
    clock,
  });
  let offered = 0;
  const counting = {
    offer: (event: Parameters<IngestBuffer['offer']>[0]) => {
      offered += 1;
      buffer.offer(event);
    },
  };
  const deadLetters = deadLettersTo({ queue: queues.deadLetters, seal: sealWith(payloadKeyOf(config)) });
  const take = frameIntake({ buffer: counting, deadLetters, maxFrameBytes: config.ingestMaxFrameBytes, metrics, log });
  return { take, taken: () => appender.until(offered) };
}

async function feed({ take, taken }: ReturnType<typeof intakeOf>): Promise<void> {
  const script = openScript(file);
  const startedAt = performance.now();
  for (let window = Number(first); window < script.windows; window += 1) {
    const due = startedAt + ((window - Number(first)) * 1000) / Number(perSecond);
    await pause(Math.max(0, due - performance.now()));
    for (const { receivedAt, raw } of script.read(window)) take(raw, receivedAt);
    await taken();
    process.send?.({ type: 'taken', next: window + 1 } satisfies TakenMessage);
  }
}

await runProcess({
  role: 'feeder',
  log,
  drainDeadlineMs: config.drainDeadlineMs,
  start: async (_signal, fail) => {
    const base = await layFoundation('ingester', config, { onStep });
    const queues = openQueues(base);
    feed(intakeOf(base, queues)).catch(fail);
    return {
      stop: async () => {
        await queues.close();
        await base.stop();
      },
    };
  },
});
