// When a customer is looked up: each cause once a conversation, whatever is told again.
import { describe, expect, it } from 'vitest';
import { enrichmentCauses, requestEnrichment } from '../../../src/domain/enrichment/trigger.ts';
import type { Reduction } from '../../../src/domain/conversation/reduce.ts';
import { agent, connected, customer, ended, snapshot, tell, tellFrom } from '../domain/build.ts';

const identified = (reduction: Reduction): Reduction => ({
  ...reduction,
  state: { ...reduction.state, identity: 'sealed' },
});
const start = enrichmentCauses('start');

describe('the trigger', () => {
  it('waits until the customer is known by something', () => {
    expect(requestEnrichment(start, tell(snapshot(0, customer(connected(0))))).request).toBeUndefined();
  });

  it('asks once at the start, however often it is told again', () => {
    const first = requestEnrichment(start, identified(tell(snapshot(0, customer(connected(0))))));
    expect(first.request).toMatchObject({
      conversationId: 'conversation-1',
      version: 1,
      cause: 'start',
      waiting: true,
    });
    const later = tellFrom(first.state, snapshot(5, customer(connected(0)), agent(connected(5))));
    expect(requestEnrichment(start, later).request).toBeUndefined();
    expect(
      requestEnrichment(start, tellFrom(first.state, snapshot(0, customer(connected(0))))).request,
    ).toBeUndefined();
  });

  it('asks again on a move of an agent that the settings name, once', () => {
    const causes = enrichmentCauses('start,active');
    const first = requestEnrichment(causes, identified(tell(snapshot(0, customer(connected(0))))));
    const talking = requestEnrichment(causes, tellFrom(first.state, snapshot(5, customer(connected(0)), agent(connected(5))))); // prettier-ignore
    expect(talking.request).toMatchObject({ cause: 'active', waiting: false });
    const second = snapshot(9, customer(connected(0)), agent(connected(5)), agent(connected(9), 'agent-2'));
    expect(requestEnrichment(causes, tellFrom(talking.state, second)).request).toBeUndefined();
    expect(talking.state.enrichment).toEqual(['start', 'active']);
  });

  it('makes one request of several causes at once', () => {
    const both = identified(tell(snapshot(0, customer(connected(0)), agent(connected(0)))));
    const { state, request } = requestEnrichment(enrichmentCauses('active,start'), both);
    expect(request?.cause).toBe('start');
    expect(state.enrichment).toEqual(['start', 'active']);
  });

  it('asks nothing about a conversation that is over', () => {
    const over = identified(tell(snapshot(0, customer(ended(0, 5)))));
    expect(over.state.phase).toBe('ended');
    expect(requestEnrichment(start, over).request).toBeUndefined();
  });
});
