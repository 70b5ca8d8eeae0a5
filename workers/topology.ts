// The whole path of an event, top to bottom. Order lives here and nowhere else; each stage says in its own file what it
// does, and imports go no further down than they must.
//
//   Genesys Cloud ── socket ──► ingest ──► partition log ──► conversations ──► outbox ──► relay
//                                            ▲  ▲  ▲               └── poison ──► dead-letters
//         repair-gaps (what no socket heard) ┘  │  └ dead-letters, on retry
//                                               └ sla-deadlines
//   relay ─┬─► crm buffer ──► sync-crm ──► the CRM
//          ├─► conversation buffer ──► update-conversation ──► the conversation
//          ├─► timers ──► sla-deadlines ──► back to the partition log
//          ├─► deliver-webhooks ──► webhook targets
//          └─► look-up-customer ──► validate-attributes ──► inject-attributes ──► announce-enrichment ──► deliver-webhooks
//                   └──────────────────────┴───────────────────────┴──► record-audit ──► the SQL store
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
    /** 3. Behind the look-up of a customer: an enrichment, from stage to stage. */
    validateAttributes: validateAttributesStage,
    injectAttributes: injectAttributesStage(config),
    announceEnrichment: announceEnrichmentStage,
    recordAudit: recordAuditStage,
    /** 4. Beside the path: what no socket heard and what fell off, and how it gets onto the log. */
    repairGaps: repairGapsStage,
    deadLetters: deadLettersStage,
  }) as const;
