// The gaps over HTTP, in the overview and the metrics, and as the command prints them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gapListSchema, type GapList } from '../../src/api/routes/gaps-schema.ts';
import type { Overview } from '../../src/api/sampling/overview-schema.ts';
import { gapText } from '../../src/cli/gaps.command.ts';
import { eventually } from '../support/eventually.ts';
import { apiRig, type Rig } from './api-client.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await apiRig();
});
afterEach(() => rig.close());

const list = async (query = ''): Promise<GapList> =>
  gapListSchema.parse(await (await rig.ask(`/api/v1/gaps${query}`)).json());

describe('GET /api/v1/gaps', () => {
  it('lists them, newest first, with how complete all is', async () => {
    const { summary, gaps } = await list();
    expect(gaps.map(({ id, state }) => [id, state])).toEqual([
      ['gap-open', 'open'],
      ['gap-lost', 'lost'],
      ['gap-repaired', 'repaired'],
      ['gap-covered', 'repaired'],
    ]);
    expect(gaps[0]).toMatchObject({ to: null, cause: 'silent' });
    expect(gaps[3]).toMatchObject({ coveredBy: 'ingester-2', known: 0 });
    expect(summary).toMatchObject({
      known: 39,
      reconciled: 37,
      byState: { open: 1, repairing: 0, repaired: 2, lost: 1 },
    });
    expect(summary.completeness).toBeCloseTo(37 / 39);
    expect((await list('?limit=1')).gaps).toHaveLength(1);
    expect((await rig.ask('/api/v1/gaps?limit=0')).status).toBe(400);
    expect((await rig.askAnyone('/api/v1/gaps')).status).toBe(401);
  });

  it('reads as a table that names what is wrong and never rounds up to whole', async () => {
    const text = gapText(await list());
    expect(text).toContain('gap-open');
    expect(text).toContain('goes on');
    expect(text).toContain('socket of ingester-2');
    expect(text).toContain('gap-lost: missing_permission: Grant analytics:conversationDetail:view');
    expect(text).toContain('Complete to 94.87 % so far: 37 of 39 conversations reconciled');
    const nearly = await list();
    const summary = { ...nearly.summary, completeness: 0.99999 };
    expect(gapText({ ...nearly, summary })).toContain('Complete to 99.99 %');
  });
});

describe('POST /api/v1/gaps/:id/repair', () => {
  const repair = (id: string) => rig.ask(`/api/v1/gaps/${id}/repair`, { method: 'POST' });

  it('takes a lost one up again and leaves the others alone', async () => {
    expect(await (await repair('gap-lost')).json()).toEqual({ id: 'gap-lost', state: 'repairing' });
    expect(await (await repair('gap-repaired')).json()).toEqual({ id: 'gap-repaired', state: 'repaired' });
    expect((await list()).summary.byState).toEqual({ open: 1, repairing: 1, repaired: 2, lost: 0 });
  });

  it('knows no others', async () => {
    const unknown = await repair('nobody');
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ code: 'gap_unknown' });
    expect((await repair('no%20id')).status).toBe(400);
  });
});

describe('the overview and the metrics', () => {
  it('show them too', async () => {
    const overview = await eventually(
      'an overview',
      async () => (await rig.ask('/api/v1/overview')).json() as Promise<Overview>,
      ({ gaps }) => gaps !== undefined,
    );
    expect(overview.gaps).toMatchObject({ open: 1, repairing: 0, repaired: 2, lost: 1, known: 39, reconciled: 37 });
    expect(overview.gaps.newest.map(({ id }) => id)).toEqual(['gap-open', 'gap-lost', 'gap-repaired', 'gap-covered']);
    const text = await (await rig.ask('/metrics')).text();
    expect(text).toContain('throughline_gaps{state="lost"} 1');
    expect(text).toMatch(/throughline_gap_completeness_ratio 0\.948/);
  });
});
