// Written conversations as requests start, continue and answer them. Invariant: one address has one open thread per
// integration; a message's status only moves forward.
import type { Customer } from '../centre/centre.ts';
import type { ThreadAddresses } from '../conversation/builders.ts';
import type { LiveConversation } from '../conversation/live-conversation.ts';
import type { Message, MessageDetails, MessageMedia, MessageStatus } from '../conversation/snapshot.ts';
import { createIds, type Ids } from '../ids.ts';
import { createRandom, seedOf } from '../random.ts';
import { receipts } from '../scenarios/message.ts';
import { messageDetails, playNotice, playThread, type Thread } from '../scenarios/thread.ts';
import type { Performances } from './performance.ts';
import type { Population } from './population.ts';
import type { Teller } from './teller.ts';

export interface ThreadsOptions {
  readonly seed: number;
  readonly epoch: number;
  readonly performances: Performances;
  readonly teller: Teller;
  readonly population: Population;
  readonly now: () => string;
}

export interface Written {
  readonly text: string;
  readonly media?: readonly MessageMedia[] | undefined;
}

export interface Correspondence extends Written {
  readonly addresses: ThreadAddresses;
  readonly customer: Customer;
}

export interface Delivered {
  readonly conversation: LiveConversation;
  readonly message: MessageDetails;
}

const PROGRESS: readonly MessageStatus[] = ['queued', 'sent', 'delivery-failed', 'delivery-success', 'read'];

interface OpenThread {
  readonly conversation: LiveConversation;
  readonly thread: Thread;
}

type Way = 'received' | 'sent';

const keyOf = ({ siteId, guestId }: ThreadAddresses): string => `${siteId}:${guestId}`;

export class Threads {
  readonly #options: ThreadsOptions;
  readonly #open = new Map<string, OpenThread>();
  readonly #ids: Ids;

  constructor(options: ThreadsOptions) {
    this.#options = options;
    this.#ids = createIds('message', options.seed, options.epoch);
  }

  /** From a customer: continues their open thread or starts one. Undefined when too many are live. */
  receive(inbound: Correspondence): Delivered | undefined {
    const open = this.#openThread(inbound.addresses);
    return open === undefined ? this.#begin(inbound, 'received') : this.#join(open, inbound, 'received');
  }

  /** To a customer without an agent; into their open thread when asked to and there is one. */
  notify(outbound: Correspondence, useOpenThread: boolean): Delivered | undefined {
    const open = useOpenThread ? this.#openThread(outbound.addresses) : undefined;
    return open === undefined ? this.#begin(outbound, 'sent') : this.#join(open, outbound, 'sent');
  }

  /** From a communication of the contact centre. */
  write(conversation: LiveConversation, communication: Message, written: Written): MessageDetails {
    const message = this.#compose(written, 'sent');
    this.#add(conversation, communication, message, written.text);
    // Elsewhere receipts come from outside; on our own web site the practice customer gives them.
    const ours = communication.type === 'webmessaging';
    if (ours) this.#options.performances.join(conversation, (setting) => receipts(setting, message));
    return message;
  }

  /** What became of a message; what would move its status back changes nothing. */
  receipt(conversation: LiveConversation, message: MessageDetails, status: MessageStatus): void {
    if (PROGRESS.indexOf(status) <= PROGRESS.indexOf(message.messageStatus)) return;
    message.messageStatus = status;
    this.#options.teller.tell(conversation);
  }

  #begin(asked: Correspondence, way: Way): Delivered | undefined {
    const { performances, population } = this.#options;
    const first = this.#compose(asked, way);
    const thread: Thread = { addresses: asked.addresses, first, unanswered: 1 };
    const id = performances.play({
      media: 'message',
      customer: asked.customer,
      random: createRandom(seedOf('thread', this.#options.seed, first.messageId)),
      play: (setting) => {
        setting.conversation.texts.set(first.messageId, asked.text);
        return way === 'received' ? playThread(setting, thread) : playNotice(setting, thread);
      },
      onSettled: () => this.#forget(asked.addresses, thread),
    });
    const conversation = population.find(id ?? '');
    if (conversation === undefined) return undefined;
    this.#open.set(keyOf(asked.addresses), { conversation, thread });
    return { conversation, message: first };
  }

  #join({ conversation, thread }: OpenThread, asked: Correspondence, way: Way): Delivered {
    const message = this.#compose(asked, way);
    const guest = guestOf(conversation);
    if (way === 'received') thread.unanswered += 1;
    if (guest !== undefined) this.#add(conversation, guest, message, asked.text);
    return { conversation, message };
  }

  #forget(addresses: ThreadAddresses, thread: Thread): void {
    const key = keyOf(addresses);
    if (this.#open.get(key)?.thread === thread) this.#open.delete(key);
  }

  #openThread(addresses: ThreadAddresses): OpenThread | undefined {
    const open = this.#open.get(keyOf(addresses));
    return open?.conversation.endTime === undefined ? open : undefined;
  }

  #compose({ media }: Written, status: MessageStatus): MessageDetails {
    return messageDetails({ id: this.#ids(), time: this.#options.now(), status, media });
  }

  #add(conversation: LiveConversation, communication: Message, message: MessageDetails, text: string): void {
    conversation.texts.set(message.messageId, text);
    communication.messages.push(message);
    this.#options.teller.tell(conversation);
  }
}

const guestOf = ({ snapshot }: LiveConversation): Message | undefined =>
  snapshot.participants.find(({ purpose }) => purpose === 'customer')?.messages?.[0];
