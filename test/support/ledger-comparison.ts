// Holds what the pipeline knows of each conversation against the emulator's own ledger. Invariant: every conversation that
// concerned anybody, every participant, every message; an empty list is the only good answer.
import type { LedgerEntry, LedgerParticipant } from '../../src/emulator/driver/ledger.ts';
import type { ConversationState, ParticipantState } from '../../src/domain/conversation/state.ts';
import { conversationStates } from '../../src/stores/conversations/states.ts';
import type { Foundation } from '../../workers/roles/foundation.ts';

type Base = Pick<Foundation, 'redis' | 'keys'> & { readonly config: { readonly partitions: number } };

/** `<conversation> <what> <here> instead of <there>`. */
export async function differences(base: Base, ledger: readonly LedgerEntry[]): Promise<string[]> {
  const told = ledger.filter(({ changes }) => changes > 0);
  const found = await Promise.all(told.map((entry) => differencesOf(base, entry)));
  return found.flat();
}

async function differencesOf({ redis, keys, config }: Base, entry: LedgerEntry): Promise<string[]> {
  const state = await conversationStates(redis, keys, config.partitions).read(entry.conversationId);
  const id = entry.conversationId.slice(0, 8);
  if (state === undefined) return [`${id} is missing`];
  return compare(entry, state).map((difference) => `${id} ${difference}`);
}

function compare(entry: LedgerEntry, state: ConversationState): string[] {
  const phase = entry.ended ? 'ended' : 'open';
  return [
    ...unequal('phase', state.phase, phase),
    ...unequal('participants', Object.keys(state.participants).length, entry.participants.length),
    ...entry.participants.flatMap((person) => compareParticipant(person, state.participants[person.id])),
  ];
}

function compareParticipant(there: LedgerParticipant, here: ParticipantState | undefined): string[] {
  if (here === undefined) return [`lacks its ${there.purpose}`];
  const messages = Object.entries(there.messages ?? {});
  return [
    ...unequal(there.purpose, here.state, stateOf(there)),
    ...unequal(`${there.purpose} after-call work`, here.afterCallWork, there.afterCallWork),
    ...unequal(`${there.purpose} wrap-up`, here.wrapUpCode, there.wrapUpCode),
    ...unequal(`${there.purpose} end`, iso(here.endedAt), there.endTime),
    ...messages.flatMap(([id, status]) => unequal('message', here.messages?.[id]?.status, status)),
  ];
}

function stateOf({ endTime, connectedTime, held, state }: LedgerParticipant): string {
  if (endTime !== undefined) return connectedTime === undefined ? 'failed' : 'left';
  if (state === 'connected') return held ? 'held' : 'active';
  if (state === 'parked') return 'held';
  return state === 'scheduled' ? 'pending' : 'joined';
}

const iso = (at: number | undefined): string | undefined => (at === undefined ? undefined : new Date(at).toISOString());

const unequal = (what: string, here: unknown, there: unknown): string[] =>
  here === there ? [] : [`${what}: ${String(here)} instead of ${String(there)}`];
