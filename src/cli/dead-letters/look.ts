// Looking at dead letters: those that match, or one with all its evidence. Invariant: content is shown only when asked
// for, and with a warning; it is unsealed here, so that it never travels in clear.
import {
  letterResponseSchema,
  listResponseSchema,
  MOST_A_REQUEST,
  type LetterResponse,
  type ListResponse,
} from '../../api/routes/dead-letters-schema.ts';
import type { Letter } from '../../stores/dead-letters/letter.ts';
import { nearest } from '../../config/nearest.ts';
import { sealWith } from '../../runtime/seal.ts';
import type { AskApi } from '../api-call.ts';
import { CommandFailure } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import type { FilterOptions } from './options.ts';
import { codes, harmless, letters as many, letterSheet, letterTable } from './text.ts';

const PATH = '/api/v1/dead-letters';

export async function listLetters(ask: AskApi, filter: FilterOptions, limit: number): Promise<ListResponse> {
  const letters: Letter[] = [];
  let cursor: string | undefined;
  for (;;) {
    const wanted = Math.min(MOST_A_REQUEST, limit - letters.length);
    const query = { ...filter, limit: wanted, cursor };
    const page = await ask({ method: 'GET', path: PATH, query }, listResponseSchema);
    letters.push(...page.letters);
    if (page.next === null || letters.length >= limit) return { ...page, letters };
    cursor = page.next;
  }
}

export function listText({ waiting, byCode, letters, next }: ListResponse, filter: FilterOptions, now: number): string {
  if (waiting === 0) return 'There are no dead letters.\n';
  if (letters.length === 0) return `${noMatch(filter, byCode)}\n`;
  const more = next === null ? '' : '; more match, --limit shows them';
  return `${letterTable(letters, now)}\n\n${many(letters.length)} of ${waiting}${more}.\n`;
}

/** A code that nobody has is most often a slip. */
export function noMatch({ code }: FilterOptions, byCode: Readonly<Record<string, number>>): string {
  const known = Object.keys(byCode);
  if (known.length === 0) return 'No dead letter matches.';
  const meant = code === undefined || known.includes(code) ? undefined : nearest(code, known);
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `No dead letter matches.${hint} The newest have these codes: ${codes(byCode)}.`;
}

export const readLetter = (ask: AskApi, id: string, sealed: boolean): Promise<LetterResponse> =>
  ask(
    { method: 'GET', path: `${PATH}/${encodeURIComponent(id)}`, query: { sealed: String(sealed) } },
    letterResponseSchema,
  );

export function unsealed({ sealed, id }: LetterResponse, payloadKey: string | undefined): string {
  if (sealed === undefined) throw new CommandFailure(`The content of ${id} was not kept: there is nothing to show.`);
  if (payloadKey === undefined) {
    throw new CommandFailure('Set THROUGHLINE_PAYLOAD_KEY to the key that the workers seal with: without it the content cannot be opened.'); // prettier-ignore
  }
  return sealWith(payloadKey).unseal(sealed);
}

export function showText(letter: LetterResponse, payload: string | undefined, terminal: Terminal): string {
  const sheet = `${letterSheet(letter)}\n`;
  if (payload === undefined) return sheet;
  return `${sheet}\n${terminal.isTty ? harmless(payload) : payload}\n`;
}

export const PAYLOAD_WARNING =
  'Warning: what follows is content of a conversation and may hold personal data. Do not keep or share it.\n';
