// The conversations a person names: one id a line, or NDJSON. Invariants: each once, in the order given; every line that
// names none is told by its number, and then nothing is done at all.
import { z } from 'zod';
import { isId } from '../../genesys/codec/topics.ts';
import { asObject, parseJson } from '../../genesys/codec/json.ts';

const LINES_TOLD = 5;

const named = z.union([
  z.object({ conversationId: z.string() }).transform((line) => line.conversationId),
  z.object({ conversation_id: z.string() }).transform((line) => line.conversation_id),
  z.object({ id: z.string() }).transform((line) => line.id),
]);

export type ConversationList =
  | { readonly ok: true; readonly ids: readonly string[] }
  | { readonly ok: false; readonly problem: string };

export function readConversationList(text: string): ConversationList {
  const ids = new Set<string>();
  const unread: number[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === '') continue;
    const id = trimmed.startsWith('{') ? named.safeParse(asObject(parseJson(trimmed))).data : trimmed;
    if (isId(id)) ids.add(id);
    else unread.push(index + 1);
  }
  if (unread.length > 0) return { ok: false, problem: complaint(unread) };
  if (ids.size === 0) return { ok: false, problem: 'The list names no conversation: give one id a line, or NDJSON.' };
  return { ok: true, ids: [...ids] };
}

function complaint(lines: readonly number[]): string {
  const told = lines.slice(0, LINES_TOLD).join(', ');
  const more = lines.length > LINES_TOLD ? ` and ${lines.length - LINES_TOLD} more` : '';
  return `No conversation id on line ${told}${more}: a line is an id, or JSON with a "conversationId".`;
}
