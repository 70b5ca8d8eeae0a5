// The whole path of an event, top to bottom. Order lives here and nowhere else; each stage says in its own file what it
// does, and imports go no further down than they must.
//
//   Genesys Cloud ── socket ──► ingest ──► partition log ──► conversations ──► outbox ──► relay ──► crm buffer ──► sync-crm ──► CRM
//                                                    ▲              │                ├──► conversation buffer ──► update-conversation
//                                                    │              │                ├──► look-up-customer ──► validate-attributes ──► inject-attributes
//                                                    │              │                └──► timers ──► sla-deadlines ──► back to the log
//                                                    │              │                └──► webhooks ──► deliver-webhooks ──► targets
//                                                    └── repair-gaps └──► dead-letters (poison) ──► back to the log on retry
import type { Config } from '../src/config/entries.ts';
import type { Metrics } from '../src/observability/metrics.ts';
import { announceEnrichmentStage } from './stages/announce-enrichment.stage.ts';
import {
  CONVERSATION_SINK,
  conversationsStage,
  CRM_SINK,
  ENRICHMENT_SINK,
  TIMER_SINK,
  WEBHOOK_SINK,
} from './stages/conversations.stage.ts';
import { deliverWebhooksStage } from './stages/deliver-webhooks.stage.ts';
import { deadLettersStage } from './stages/dead-letters.stage.ts';
import { injectAttributesStage } from './stages/inject-attributes.stage.ts';
import { lookUpCustomerStage } from './stages/look-up-customer.stage.ts';
import { recordAuditStage } from './stages/record-audit.stage.ts';
import { repairGapsStage } from './stages/repair-gaps.stage.ts';
import { slaDeadlinesStage } from './stages/sla-deadlines.stage.ts';
import { syncCrmStage } from './stages/sync-crm.stage.ts';
import { updateConversationStage } from './stages/update-conversation.stage.ts';
import { validateAttributesStage } from './stages/validate-attributes.stage.ts';

export const topology = (config: Config, metrics: Metrics) =>
  ({
    /** 1. On the partition log: ordered, exactly once, no I/O. */
    conversations: conversationsStage(config, metrics),
    /** 2. Behind the relay: where each output of the commit is received. */
    receivers: {
      [CRM_SINK]: syncCrmStage(config),
      [CONVERSATION_SINK]: updateConversationStage(config),
      [TIMER_SINK]: slaDeadlinesStage,
      [ENRICHMENT_SINK]: lookUpCustomerStage(config),
      [WEBHOOK_SINK]: deliverWebhooksStage(config),
    },
    /** Behind the look-up of a customer: what of it the conversation takes, and what then is put onto it. */
    validateAttributes: validateAttributesStage,
    injectAttributes: injectAttributesStage(config),
    /** Behind the enrichment: who is told of it. */
    announceEnrichment: announceEnrichmentStage,
    /** 3. Beside the path: what fell off it, and how it gets back on. */
    deadLetters: deadLettersStage,
    /** Behind the enrichment: what came of each injection, for the record. */
    recordAudit: recordAuditStage,
    /** Before the path: what no socket heard, put on the log. */
    repairGaps: repairGapsStage,
  }) as const;
