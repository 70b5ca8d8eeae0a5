// The injection stage against an emulated platform of its own, without queues: what it calls and what it tells is kept.
import { loadConfig } from '../../../src/config/load.ts';
import type { ConversationState } from '../../../src/domain/conversation/state.ts';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { EMULATOR_CLIENT } from '../../../src/emulator/genesys/sign-in.ts';
import type { Gate } from '../../../src/genesys/gate.ts';
import { platformUrls } from '../../../src/genesys/platform-url.ts';
import { createRest, type Rest } from '../../../src/genesys/rest.ts';
import { createSignIn } from '../../../src/genesys/sign-in.ts';
import { createMetrics, type Metrics } from '../../../src/observability/metrics.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { Failure, Poison } from '../../../src/runtime/errors.ts';
import { sealWith } from '../../../src/runtime/seal.ts';
import type { Outcome } from '../../../src/runtime/stage.ts';
import { participantAttributes } from '../../../src/sinks/attributes/participant-attributes.ts';
import { noteShown } from '../../../src/sinks/attributes/shown.ts';
import { platformTarget } from '../../../src/sinks/conversation/platform-target.ts';
import type { InjectJob } from '../../../queues/inject-attributes.queue.ts';
import type { AuditJob } from '../../../queues/record-audit.queue.ts';
import { injectAttributesStage, type InjectAttributesNeeds } from '../../../workers/stages/inject-attributes.stage.ts';
import { eventually } from '../../support/eventually.ts';
import { TEST_KEY } from '../../support/pipeline.ts';
import { post, startQuietly } from '../emulator/platform-client.ts';

const ENV = { THROUGHLINE_INJECTION_MAX_ATTRIBUTES: '3', THROUGHLINE_INJECTION_MAX_VALUE_CHARS: '20' };
const loaded = loadConfig(ENV);
if (!loaded.ok) throw new Error('the settings must be valid');
const stage = injectAttributesStage(loaded.config);
export const seal = sealWith(TEST_KEY);

export type Job = Parameters<typeof stage.handle>[0];

export const GET = 'GET /conversations/{conversationId}';
export const PATCH = 'PATCH /conversations/{conversationId}/participants/{participantId}/attributes';

export class InjectionRig {
  readonly emulator: GenesysEmulator;
  /** A conversation that lives on. */
  readonly id: string;
  readonly metrics: Metrics = createMetrics();
  calls: { readonly name: string; readonly body: unknown }[] = [];
  readonly audits: AuditJob[] = [];
  readonly news: { readonly traceId: string; readonly sealed: string }[] = [];
  readonly later: { readonly job: InjectJob; readonly delayMs: number }[] = [];
  gate: Gate | undefined;
  #state: ConversationState | undefined;

  private constructor(emulator: GenesysEmulator) {
    this.emulator = emulator;
    this.id = emulator.driver.start(1, 'email')[0] ?? '';
  }

  static async start(): Promise<InjectionRig> {
    return new InjectionRig(await startQuietly({ speed: 1 }));
  }

  close(): Promise<void> {
    return this.emulator.close();
  }

  customer() {
    return this.emulator.driver.find(this.id)?.snapshot.participants.find(({ purpose }) => purpose === 'customer');
  }

  custom(): Readonly<Record<string, unknown>> {
    return this.emulator.driver.find(this.id)?.customAttributes.get(this.id)?.values ?? {};
  }

  async merged(name: string, value: string): Promise<void> {
    await eventually(
      'the merge',
      () => this.customer()?.attributes[name],
      (held) => held === value,
    );
  }

  async control(path: string, body: unknown): Promise<void> {
    const { status } = await post(`${this.emulator.url}/emulator/${path}`, body);
    if (status !== 200) throw new Error(`${path} was answered ${status}`);
  }

  job(values: unknown, more: Partial<Job> & { readonly targets?: unknown } = {}): Job {
    const { targets, ...rest } = more;
    const sealed = seal.seal(JSON.stringify({ values, targets }));
    return {
      conversationId: this.id,
      traceId: 't-1',
      cause: 'start',
      startedAt: 1000,
      sealed,
      step: 'inject',
      ...rest,
    };
  }

  handle(asked: Job, attemptsMade = 0, signal = new AbortController().signal): Promise<Outcome> {
    return stage.handle(asked, { signal, attemptsMade, begunBefore: attemptsMade > 0 }, this.#needs());
  }

  async abandon(asked: Job): Promise<void> {
    await stage.abandon?.(asked, new Poison('worker_lost', '4 processes died while they worked on it'), this.#needs());
  }

  #needs(): InjectAttributesNeeds {
    const rest = this.#rest();
    return {
      seal,
      readState: () => Promise.resolve(this.#state),
      participants: participantAttributes(rest),
      custom: platformTarget({ rest, schemaId: undefined, stampsKey: 'stamps' }),
      announce: (told) => Promise.resolve(void this.news.push(told)),
      audit: (record) => Promise.resolve(void this.audits.push(record)),
      confirmLater: (job, delayMs) => Promise.resolve(void this.later.push({ job, delayMs })),
      metrics: this.metrics,
      now: () => 3000,
      onStep: () => undefined,
    };
  }

  async failureOf(asked: Job, attemptsMade = 0, signal?: AbortSignal): Promise<Failure> {
    const error: unknown = await this.handle(asked, attemptsMade, signal).catch((thrown: unknown) => thrown);
    if (error instanceof Failure) return error;
    throw new Error(`expected a failure, got ${String(error)}`);
  }

  /** What the last snapshot of the conversation showed, as its state keeps it. */
  see(phase: 'open' | 'ended' = 'open', agent?: 'active'): void {
    const { id: participantId = '', attributes = {} } = this.customer() ?? {};
    const conversationId = this.id;
    const begun: ConversationState = {
      v: 1,
      conversationId,
      phase,
      media: 'email',
      startedAt: 1,
      asOf: 1,
      bornAt: 1,
      version: 1,
      participants: {
        [participantId]: { purpose: 'customer', state: 'active', since: 1 },
        ...(agent === undefined ? {} : { agent: { purpose: 'agent', state: agent, since: 1 } }),
      },
    };
    const facts = { participantId, purpose: 'customer', attributes: { ...attributes } };
    this.#state = noteShown(begun, { conversationId, source: 'snapshot', receivedAt: 1, participants: [facts] });
  }

  async counted(outcome: string, target = 'participant'): Promise<number> {
    const metric = await this.metrics.registry.getSingleMetric('throughline_injection_attributes_total')?.get();
    const found = metric?.values.find(({ labels }) => labels['target'] === target && labels['outcome'] === outcome);
    return found?.value ?? 0;
  }

  #rest(): Rest {
    const { login, api } = platformUrls({ region: 'mypurecloud.com', gatewayUrl: this.emulator.url });
    const { id: clientId, secret: clientSecret } = EMULATOR_CLIENT;
    const tokens = createSignIn({ url: login, clientId, clientSecret, clock: systemClock });
    const rest = createRest({ url: api, tokens, ...(this.gate === undefined ? {} : { gate: this.gate }) });
    return {
      call: (call) => {
        this.calls.push({ name: `${call.method} ${call.path}`, body: call.body });
        return rest.call(call);
      },
    };
  }
}
