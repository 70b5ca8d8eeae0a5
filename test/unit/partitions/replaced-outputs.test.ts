// Outputs of one commit that replace each other: only the last leaves, whatever lies between; all others leave as put out.
import { describe, expect, it } from 'vitest';
import { BatchWork } from '../../../src/partitions/work.ts';
import type { Output, PartitionHandler } from '../../../src/runtime/partition-handler.ts';

const handler: PartitionHandler<Output, number> = {
  name: 'puts out what it is told',
  decode: ({ raw }) => ({ kind: 'apply', key: 'a', event: JSON.parse(raw) as Output }),
  parseState: Number,
  apply: (state = 0, output) => ({
    state: state + 1,
    changed: true,
    ttlMs: 1000,
    liveSince: undefined,
    outputs: [output],
    counters: [],
  }),
};

function outputsOf(events: readonly Omit<Output, 'receivedAt'>[]): unknown[] {
  const work = new BatchWork(handler, new Map(), 0);
  for (const [index, event] of events.entries()) {
    const raw = JSON.stringify({ ...event, receivedAt: index });
    work.apply(work.decode({ id: `1-0-${index}`, raw, receivedAt: index }));
  }
  return work.request('1-0').outputs.map(({ payload }) => payload);
}

describe('outputs of one commit', () => {
  it('that replace each other leave once, as the last said it and in its place', () => {
    const events = [
      { sink: 'crm', payload: 'a1', replaces: 'a' },
      { sink: 'crm', payload: 'b1', replaces: 'b' },
      { sink: 'crm', payload: 'a2', replaces: 'a' },
    ];
    expect(outputsOf(events)).toEqual(['b1', 'a2']);
  });

  it('that replace nothing all leave, equal ones too', () => {
    const events = [
      { sink: 'crm', payload: 'a' },
      { sink: 'crm', payload: 'a' },
    ];
    expect(outputsOf(events)).toEqual(['a', 'a']);
  });

  it('to two sinks never replace each other', () => {
    const events = [
      { sink: 'crm', payload: 'a1', replaces: 'a' },
      { sink: 'enrich', payload: 'a2', replaces: 'a' },
    ];
    expect(outputsOf(events)).toEqual(['a1', 'a2']);
  });
});
