// The truth a run is held against: the same frames, each once, in order, through the same decoder and reducer, in the
// memory of one process. Invariant: no Redis, no partitions, no batches; nothing here can lose or repeat an event.
import { createHash } from 'node:crypto';
import { crmRecords, type CrmRecord } from '../../src/domain/crm-record.ts';
import { reduce, type Reduction } from '../../src/domain/conversation/reduce.ts';
import type { ConversationState } from '../../src/domain/conversation/state.ts';
import { DEFAULT_SLA_RULES } from '../../src/domain/sla/rules.ts';
import { decodeFrame } from '../../src/genesys/codec/decode.ts';
import { Poison } from '../../src/runtime/errors.ts';
import type { ScriptedFrame } from './script-file.ts';

export interface Truth {
  readonly events: number;
  readonly states: ReadonlyMap<string, ConversationState>;
  /** Newest version of each. */
  readonly records: ReadonlyMap<string, CrmRecord>;
  readonly moves: number;
  /** SHA-256 of every frame that cannot be read. */
  readonly poison: ReadonlySet<string>;
  /** Conversations whose promises all must be broken, once; how often they change depends on when they are told. */
  readonly promised: ReadonlySet<string>;
}

export class Oracle implements Truth {
  events = 0;
  moves = 0;
  readonly states = new Map<string, ConversationState>();
  readonly records = new Map<string, CrmRecord>();
  readonly poison = new Set<string>();
  readonly promised = new Set<string>();

  apply({ raw, receivedAt }: ScriptedFrame): void {
    this.events += 1;
    try {
      const decoded = decodeFrame(raw, receivedAt);
      if (decoded.kind !== 'observation') throw new Error(`the scenario sent a topic nobody reads: ${decoded.topic}`);
      const { observation } = decoded;
      const reduction = reduce(this.states.get(observation.conversationId), observation);
      if (!reduction.changed) return;
      this.count(reduction);
      this.states.set(observation.conversationId, reduction.state);
      for (const record of crmRecords(reduction, DEFAULT_SLA_RULES)) this.records.set(record.recordId, record);
    } catch (error) {
      if (!(error instanceof Poison)) throw error;
      this.poison.add(createHash('sha256').update(raw).digest('hex'));
    }
  }

  /** The only frame of its conversation. */
  promise(id: string, { raw, receivedAt }: ScriptedFrame): void {
    this.events += 1;
    this.promised.add(id);
    const decoded = decodeFrame(raw, receivedAt);
    if (decoded.kind === 'observation') this.count(reduce(undefined, decoded.observation));
  }

  private count({ events }: Reduction): void {
    this.moves += events.filter(({ kind }) => kind === 'participant.moved').length;
  }
}
