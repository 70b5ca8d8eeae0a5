// How one CRM is spoken to: the request a batch becomes, and what its answer says of each record. Invariant: pure, no
// network, no clock; the client does the asking.
import type { RecordVerdict } from '../../../runtime/stage.ts';
import type { Failure } from '../../../runtime/errors.ts';
import type { Answer, Asked } from '../crm-failure.ts';

/** A record as the mapping made it. */
export interface Item {
  readonly recordId: string;
  readonly fields: object;
}

export interface CrmRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  /** Comes after THROUGHLINE_CRM_URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Protocol {
  request(items: readonly Item[], key: string): CrmRequest;
  /** For a 2xx: one verdict an item. @throws Failure where the answer says nothing of the records. */
  verdicts(answer: Answer, items: readonly Item[], asked: Asked): RecordVerdict[];
  /** For anything else, where this CRM means more than its status says. */
  refusal?(answer: Answer, asked: Asked): Failure | undefined;
}
