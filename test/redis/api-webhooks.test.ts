// Webhook targets over HTTP and from the command line: registered, shown, switched, rotated, removed, tried out; and
// everything that must not be taken.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EndpointView } from '../../src/api/routes/webhooks-schema.ts';
import { newSecret } from '../../src/stores/webhooks/endpoint.ts';
import { eventually } from '../support/eventually.ts';
import { verified } from '../support/webhook-receiver.ts';
import { webhookRig, type WebhookRig } from '../support/webhook-rig.ts';

let rig: WebhookRig;
beforeEach(async () => {
  rig = await webhookRig();
});
afterEach(() => rig.close());

const target = (more: object = {}) => ({
  name: 'interaction-index-sync',
  url: `${rig.receiver.url}/in`,
  events: ['conversation.attributes.enriched'],
  ...more,
});
const list = async () => (await (await rig.ask('GET')).json()) as { endpoints: EndpointView[]; events: object };

describe('adding a target', () => {
  it('shows its secret this once, and names of headers for ever', async () => {
    const response = await rig.ask('POST', '', target({ headers: { 'X-Index-Sync': 'true' } }));
    expect(response.status).toBe(201);
    const made = (await response.json()) as EndpointView & { secret: string };
    expect(made).toMatchObject({ enabled: true, timeoutMs: 5000, headers: ['X-Index-Sync'], disabled: null });
    expect(made.secret).toMatch(/^whsec_/);
    const { endpoints, events } = await list();
    expect(endpoints).toHaveLength(1);
    expect(JSON.stringify(endpoints)).not.toContain('secret"');
    expect(JSON.stringify(endpoints)).not.toContain(made.secret);
    expect(Object.keys(events)).toContain('conversation.attributes.enriched');
  });

  it('is the same target when the same is sent again under its key', async () => {
    const key = { 'idempotency-key': 'once' };
    const first = (await (await rig.ask('POST', '', target(), key)).json()) as EndpointView;
    const again = await rig.ask('POST', '', target(), key);
    expect(again.status).toBe(201);
    expect(await again.json()).toEqual(first);
    expect((await rig.ask('POST', '', target({ name: 'other' }), key)).status).toBe(422);
    expect((await list()).endpoints).toHaveLength(1);
  });

  it.each([
    [
      { url: 'https://192.168.0.1/' },
      422,
      'url: its address is not public (private); list it in THROUGHLINE_WEBHOOK_ALLOW',
    ],
    [{ url: 'https://169.254.169.254/latest' }, 422, 'linkLocal'],
    [{ url: 'https://[::ffff:10.0.0.1]/' }, 422, 'private'],
    [{ url: 'http://hooks.example.com/' }, 422, 'must be an https:// address'],
    [{ url: 'https://hooks.example.com:22/' }, 422, 'THROUGHLINE_WEBHOOK_PORTS'],
    [{ url: 'file:///etc/passwd' }, 400, 'url'],
    [{ events: ['nothing.known'] }, 400, 'events'],
    [{ events: [] }, 400, 'events'],
    [{ secret: 'short' }, 400, 'whsec_'],
    [{ headers: { 'webhook-id': 'mine' } }, 400, 'set by the delivery itself'],
    [{ headers: { 'X-A': 'a\r\nX-B: b' } }, 400, 'headers'],
    [{ timeoutMs: 60_000 }, 400, 'timeoutMs'],
    [{ unheardOf: 1 }, 400, 'unheardOf'],
  ])('refuses %j', async (more, status, said) => {
    const response = await rig.ask('POST', '', target(more));
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(JSON.stringify(await response.json())).toContain(said);
  });

  it('ends where there are as many as there may be', async () => {
    for (let n = 0; n < 32; n += 1) expect((await rig.ask('POST', '', target())).status).toBe(201);
    const one = await rig.ask('POST', '', target());
    expect(one.status).toBe(409);
    expect(await one.json()).toMatchObject({ code: 'webhooks_full' });
  });

  it('is for who has the password', async () => {
    expect((await fetch(`${rig.api.url}/api/v1/webhooks`)).status).toBe(401);
  });
});

describe('a target', () => {
  it('is changed field by field, its URL judged again', async () => {
    const { id } = await rig.add('/in');
    const changed = await rig.ask('PATCH', `/${id}`, { name: 'renamed', events: ['sla.met'], timeoutMs: 8000 });
    expect(await changed.json()).toMatchObject({
      name: 'renamed',
      events: ['sla.met'],
      timeoutMs: 8000,
      enabled: true,
    });
    expect((await rig.ask('PATCH', `/${id}`, { url: 'https://10.0.0.1/' })).status).toBe(422);
    expect((await rig.ask('PATCH', `/${id}`, {})).status).toBe(400);
    expect((await rig.ask('PATCH', '/wh_00000000000000000000', { enabled: true })).status).toBe(404);
    expect((await rig.ask('PATCH', '/other', { enabled: true })).status).toBe(400);
  });

  it('keeps every change of eight writers at once', async () => {
    const { id } = await rig.add('/in');
    const names = Array.from({ length: 8 }, (_, n) => `X-Writer-${n}`);
    // each changes what it read: a blind write would lose the others'
    const { registry } = await import('../../workers/roles/webhooks.ts').then(async ({ openWebhooks }) => {
      const { sealWith } = await import('../../src/runtime/seal.ts');
      const { TEST_KEY } = await import('../support/pipeline.ts');
      return openWebhooks(rig.base, { deliverWebhooks: rig.deliveries }, sealWith(TEST_KEY));
    });
    await Promise.all(
      names.map((name) =>
        registry.change(id, (current) => ({ ...current, headers: { ...current.headers, [name]: '1' } })),
      ),
    );
    const [view] = (await list()).endpoints;
    expect(view?.headers.toSorted((a, b) => a.localeCompare(b))).toEqual(names);
  });

  it('is given a new secret, and signs with both for a while', async () => {
    const { id, secret: old } = await rig.add('/in');
    const chosen = newSecret();
    const response = await rig.ask('POST', `/${id}/rotate-secret`, { secret: chosen, overlapHours: 1 });
    const rotated = (await response.json()) as { secret: string; oldSecretsUntil: number };
    expect(rotated.secret).toBe(chosen);
    expect(rotated.oldSecretsUntil).toBeGreaterThan(Date.now() + 3_500_000);
    await rig.enriched('t-1');
    const [hit] = await eventually('a hit', () => rig.receiver.at('/in'), ({ length }) => length === 1); // prettier-ignore
    if (hit === undefined) throw new Error('no hit');
    expect(String(hit.headers['webhook-signature']).split(' ')).toHaveLength(2);
    for (const secret of [old, chosen]) expect(verified(secret, hit)).toBeTruthy();
    const { secret: made } = (await (await rig.ask('POST', `/${id}/rotate-secret`, { overlapHours: 0 })).json()) as { secret: string }; // prettier-ignore
    await rig.enriched('t-2');
    const hits = await eventually('another', () => rig.receiver.at('/in'), ({ length }) => length === 2); // prettier-ignore
    const second = hits[1];
    if (second === undefined) throw new Error('no hit');
    expect(verified(made, second)).toBeTruthy();
    expect(() => verified(chosen, second)).toThrow();
  });

  it('is forgotten with all that was known of it', async () => {
    const { id } = await rig.add('/in');
    await rig.enriched('t-1');
    await eventually('noted', () => rig.outcomes(id), ({ length }) => length === 1); // prettier-ignore
    expect((await rig.ask('DELETE', `/${id}`)).status).toBe(200);
    expect((await rig.ask('DELETE', `/${id}`)).status).toBe(404);
    expect((await rig.ask('GET', `/${id}/deliveries`)).status).toBe(404);
    expect(await rig.base.redis.keys(`*${id}*`)).not.toContainEqual(expect.stringContaining('{webhooks}'));
  });
});

describe('the command', () => {
  it('adds, lists, tries out, switches and removes', async () => {
    const url = `${rig.receiver.url}/cli`;
    const added = await rig.cli('webhooks', 'add', 'Data lake', url, '--header', 'X-Index-Sync: true', '--json');
    const { id, secret } = JSON.parse(added.out) as { id: string; secret: string };
    expect((await rig.cli('webhooks', 'list')).out).toContain('Data lake');
    expect((await rig.cli('webhooks', 'list', '--events')).out).toContain('sla.breached');
    const tested = await rig.cli('webhooks', 'test', id);
    expect(tested).toMatchObject({ exitCode: 0, out: expect.stringContaining('delivered') });
    const [hit] = rig.receiver.at('/cli');
    if (hit === undefined) throw new Error('no hit');
    expect(verified(secret, hit)).toMatchObject({ eventType: 'test', endpointId: id });
    expect((await rig.cli('webhooks', 'disable', id)).out).toBe('Data lake is disabled.\n');
    const shown = await rig.cli('webhooks', 'show', id);
    expect(shown.out).toContain('X-Index-Sync');
    expect(shown.out).not.toContain(secret);
    // one that is off can be tried too; once, whatever comes of it
    rig.receiver.script('/cli', () => 500);
    expect(await rig.cli('webhooks', 'test', id)).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('failed'),
    });
    expect(rig.receiver.at('/cli')).toHaveLength(2);
    expect((await rig.cli('webhooks', 'deliveries', id)).out).toContain('500');
    expect((await rig.cli('webhooks', 'enable', id)).exitCode).toBe(0);
    expect((await rig.cli('webhooks', 'rotate-secret', id, '--overlap', '2d')).out).toContain('signs too until');
    expect((await rig.cli('webhooks', 'remove', id)).exitCode).toBe(0);
    expect((await rig.cli('webhooks', 'list')).out).toContain('There is no target');
  });

  it('says what is wrong with what it was given', async () => {
    const refused = await rig.cli('webhooks', 'add', 'x', 'https://10.0.0.1/');
    expect(refused).toMatchObject({ exitCode: 1, error: expect.stringContaining('THROUGHLINE_WEBHOOK_ALLOW') });
    const events = await rig.cli('webhooks', 'add', 'x', 'https://x.example/', '--events', 'nothing');
    expect(events).toMatchObject({ exitCode: 2, error: expect.stringContaining('sla.breached') });
    expect((await rig.cli('webhooks', 'show', 'wh_00000000000000000000')).error).toContain('no webhook target');
    expect((await rig.cli('webhooks', 'add', 'x', 'https://x.example/', '--header', 'nonsense')).exitCode).toBe(2);
  });
});
