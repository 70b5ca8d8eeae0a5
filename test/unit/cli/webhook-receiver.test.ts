// The receiver for trying webhooks out: what it checks, answers and prints.
import { afterEach, describe, expect, it } from 'vitest';
import { receivedText } from '../../../src/cli/webhooks/listen-here.ts';
import {
  startReceiver,
  type Received,
  type Receiver,
  type ReceiverOptions,
} from '../../../src/cli/webhooks/receiver.ts';
import { signedHeaders, webhookMessage } from '../../../src/sinks/webhooks/message.ts';
import { newSecret } from '../../../src/stores/webhooks/endpoint.ts';

let receiver: Receiver | undefined;
afterEach(() => receiver?.close());

const secret = newSecret();
const facts = { conversationId: 'c-1', attributes: { nationalId: 'AB-1234', tier: 'gold' } };
const message = webhookMessage('conversation.attributes.enriched', { traceId: 't-1', at: Date.now() }, facts);

async function start(options: Partial<ReceiverOptions> = {}) {
  const received: Received[] = [];
  const onMessage = (one: Received): unknown => received.push(one);
  receiver = await startReceiver({ port: 0, secrets: [secret], failRate: 0, onMessage, ...options });
  const { url } = receiver;
  const post = async (body = message.body, signedWith = secret): Promise<number> =>
    (await fetch(url, { method: 'POST', body, headers: { ...signedHeaders(message, [signedWith], Date.now()) } }))
      .status;
  return { received, post };
}

describe('webhooks listen', () => {
  it('takes what is signed and prints names, never values', async () => {
    const { received, post } = await start();
    expect(await post()).toBe(204);
    expect(await post()).toBe(204);
    expect(received.map(({ signature, repeated }) => [signature, repeated])).toEqual([['good', false], ['good', true]]); // prettier-ignore
    const [one] = received;
    if (one === undefined) throw new Error('nothing came');
    const line = receivedText(one, false, Date.now());
    expect(line).toContain(
      'conversation.attributes.enriched  conversation c-1  attributes nationalId, tier  signature good',
    );
    expect(line).not.toContain('AB-1234');
    expect(receivedText(one, true, Date.now())).toContain('AB-1234');
  });

  it('refuses what is signed with another secret, or changed on the way', async () => {
    const { received, post } = await start();
    expect(await post(message.body, newSecret())).toBe(401);
    expect(await post(message.body.replace('gold', 'lead'))).toBe(401);
    expect(received.map(({ signature }) => signature)).toEqual(['bad', 'bad']);
  });

  it('fails as often as it is told', async () => {
    const { post } = await start({ failRate: 0.5, random: () => 0.4 });
    expect(await post()).toBe(503);
  });

  it('takes anything without a secret, and says that nothing was checked', async () => {
    const { received, post } = await start({ secrets: [] });
    expect(await post('no json at all \u001B[2J')).toBe(204);
    expect(received[0]).toMatchObject({ signature: 'unchecked', eventType: '(none)' });
    const [one] = received;
    if (one !== undefined) expect(receivedText(one, true, 0)).not.toContain('\u001B');
    expect(await post('x'.repeat(2_000_000)).catch(() => 413)).toBe(413);
  });

  it('says whose port it is', async () => {
    await start();
    const port = Number(new URL(receiver?.url ?? '').port);
    const options = { port, secrets: [], failRate: 0, onMessage: () => undefined };
    await expect(startReceiver(options)).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`);
  });
});
