// Every queue, in the order an event meets them. Bull Board, gauges and documentation read this list.
import { deadLettersQueue } from './dead-letters.queue.ts';
import { partitionsQueue } from './partitions.queue.ts';
import { syncCrmQueue } from './sync-crm.queue.ts';

export const queueCatalogue = [partitionsQueue, syncCrmQueue, deadLettersQueue] as const;
