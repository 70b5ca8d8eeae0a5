// Retrying and discarding dead letters, by filter or by id, a bounded number a request. Invariants: doing the same again
// is harmless; each letter discarded leaves a line in the log; the same filter with `next` as cursor never meets a letter
// that was parked after the first request, so a loop over it ends even when everything fails again.
import { changeLetter, hindranceOf, type Change } from '../../stores/dead-letters/change.ts';
import type { Letter } from '../../stores/dead-letters/letter.ts';
import { matches } from '../../stores/dead-letters/letter.ts';
import { findLetters, placesOf, readLetters, type LetterBox } from '../../stores/dead-letters/scan.ts';
import type { z } from 'zod';
import type { App } from '../app.ts';
import type { ApiNeeds } from '../needs.ts';
import { problemResponse } from '../problem.ts';
import { letterBox, SCAN_WITHIN_MS, soundFilter } from './dead-letters.ts';
import { changeBodySchema, changeResponseSchema, cursorOf, filterOf, placeOf, type ChangeResponse, type SkipReason } from './dead-letters-schema.ts'; // prettier-ignore

type Body = z.output<typeof changeBodySchema>;

interface Chosen {
  readonly letters: readonly Letter[];
  readonly missing: readonly Skipped[];
  readonly next: string | null;
}

interface Skipped {
  readonly id: string;
  readonly reason: SkipReason;
}

const SUMMARIES: Readonly<Record<Change, string>> = {
  retry: 'Replay dead letters through their partition or buffer; again is harmless',
  discard: 'Remove dead letters for good',
};

export function deadLetterChangeRoutes(app: App, needs: ApiNeeds): void {
  for (const change of ['retry', 'discard'] as const) {
    const schema = {
      tags: ['Dead letters'],
      summary: SUMMARIES[change],
      body: changeBodySchema,
      response: { 200: changeResponseSchema, 400: problemResponse('A field is not valid') },
    };
    const options = { schema, handlerTimeout: SCAN_WITHIN_MS };
    app.post(`/api/v1/dead-letters/${change}`, options, async ({ body }, reply) => {
      const box = letterBox(needs);
      const chosen = await choose(box, body, needs.clock.now());
      return reply.send(await changeAll(change, chosen, body.dryRun, { ...needs, box }));
    });
  }
}

async function choose(box: LetterBox, body: Body, now: number): Promise<Chosen> {
  const filter = soundFilter(filterOf(body, now));
  if (body.ids === undefined) {
    const { letters, next } = await findLetters(box, filter, { limit: body.limit, after: placeOf(body.cursor) });
    return { letters, missing: [], next: cursorOf(next) };
  }
  const ids = [...new Set(body.ids)].slice(0, body.limit);
  const places = await placesOf(box, ids);
  const letters: Letter[] = [];
  // one by one: five hundred large ones together would be too much to hold
  for (const place of places) {
    const [found] = await readLetters(box, [place]);
    if (found !== undefined && matches(filter, found.letter)) letters.push(found.letter);
  }
  const waiting = new Set(places.map(({ id }) => id));
  const missing: Skipped[] = [];
  for (const id of ids.filter((asked) => !waiting.has(asked))) {
    missing.push({ id, reason: (await hindranceOf(box.queue, id)) ?? 'under_way' });
  }
  return { letters, missing, next: null };
}

async function changeAll(
  change: Change,
  { letters, missing, next }: Chosen,
  dryRun: boolean,
  { box, log }: Pick<ApiNeeds, 'log'> & { readonly box: LetterBox },
): Promise<ChangeResponse> {
  const skipped = [...missing];
  const byCode: Record<string, number> = {};
  let done = 0;
  for (const { id, code, stage, partition, replayable, sizeBytes, sha256 } of letters) {
    const hindrance = replayable || change === 'discard' ? undefined : 'not_replayable';
    const reason = hindrance ?? (dryRun ? undefined : await changeLetter(box.queue, change, id));
    if (reason !== undefined) {
      skipped.push({ id, reason });
      continue;
    }
    done += 1;
    byCode[code] = (byCode[code] ?? 0) + 1;
    if (!dryRun) log.info({ letterId: id, change, code, stage, partition, sizeBytes, sha256 }, 'a dead letter was changed by a person'); // prettier-ignore
  }
  return { matched: letters.length + missing.length, done, skipped, byCode, dryRun, next };
}
