// Where this deployment tells conversations of their moves: none unless the configuration names a place.
import { createBreaker } from '../../src/runtime/breaker.ts';
import { httpTarget } from '../../src/sinks/conversation/http-target.ts';
import { platformTarget } from '../../src/sinks/conversation/platform-target.ts';
import type { ConversationTarget } from '../../src/sinks/conversation/target.ts';
import { required, type Foundation } from './foundation.ts';
import { platformRest } from './platform.ts';

/** As many as the stage has updates under way: the stage is what bounds them. */
const MOST_IN_FLIGHT = 10;

export function conversationTarget(base: Foundation): ConversationTarget | undefined {
  const { config } = base;
  const stampsKey = config.conversationUpdateStampsKey;
  if (config.conversationUpdateTarget === 'platform') {
    return platformTarget({ rest: platformRest(base), schemaId: config.conversationUpdateSchemaId, stampsKey });
  }
  return config.conversationUpdateTarget === 'http' ? resourceTarget(base) : undefined;
}

function resourceTarget({ config, clock, metrics, log }: Foundation): ConversationTarget {
  const otherwise = 'or set THROUGHLINE_CONVERSATION_UPDATE_TARGET to none';
  return httpTarget({
    url: required(config.conversationUpdateUrl, 'THROUGHLINE_CONVERSATION_UPDATE_URL', otherwise),
    method: config.conversationUpdateMethod,
    token: config.conversationUpdateToken,
    timeoutMs: config.conversationUpdateTimeoutMs,
    stampsKey: config.conversationUpdateStampsKey,
    breaker: createBreaker({ remote: 'conversation', mostInFlight: MOST_IN_FLIGHT, metrics, log }),
    now: () => clock.now(),
  });
}
