// Topics of one medium, detail events, transcripts and contacts as a client hears them over its socket: it gets what it
// follows and nothing else.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenesysEmulator } from '../../../src/emulator/genesys/emulator.ts';
import { eventually } from '../../support/eventually.ts';
import { frameProblems } from '../../support/event-schemas.ts';
import {
  platformClient,
  post,
  queueTopics,
  settled,
  startQuietly,
  type Answer,
  type PlatformClient,
} from './platform-client.ts';

let emulator: GenesysEmulator;
let client: PlatformClient;
let now: number;
beforeEach(async () => {
  now = Date.now();
  emulator = await startQuietly({ clock: () => now });
  client = await platformClient(emulator.url);
});
afterEach(() => emulator.close());

const control = (path: string, body: unknown = {}): Promise<Answer> => post(`${emulator.url}/emulator${path}`, body);
const start = async (media: string): Promise<string> => {
  const { body } = await control('/conversations', { count: 1, media });
  return (body['conversationIds'] as string[])[0] ?? '';
};

/** Time stands still until this: a client can follow a conversation that has begun, as it must to know its id. */
const playOut = async (): Promise<void> => {
  now += 4000;
  await settled(emulator);
};

describe('topics of one medium', () => {
  it('bring that medium and no other', async () => {
    const emails = queueTopics(emulator).map((topic) => `${topic}.emails`);
    const { frames } = await client.listen(emails);
    const [call, email] = [await start('voice'), await start('email')];
    await playOut();
    const heard = await eventually('frames', frames, (all) => all.length > 2); // prettier-ignore
    expect(new Set(heard.map(({ eventBody }) => eventBody.id))).toEqual(new Set([email]));
    expect(heard.every(({ topicName }) => emails.includes(topicName))).toBe(true);
    expect(heard.flatMap((frame) => frameProblems(frame))).toEqual([]);
    expect(call).not.toBe(email);
  });
});

describe('topics of one conversation', () => {
  it('tell what happens from the moment they are followed', async () => {
    const id = await start('voice');
    const names = ['customer.end', 'acd.end', 'user.start', 'user.end'].map(
      (event) => `v2.detail.events.conversation.${id}.${event}`,
    );
    const transcription = `v2.conversations.${id}.transcription`;
    const { frames } = await client.listen([...names, transcription]);
    await start('voice');
    await playOut();
    const heard = await eventually('the end', frames, (all) => all.some(({ topicName }) => topicName === names[0])); // prettier-ignore
    for (const { topicName, eventBody } of heard) {
      expect([...names, transcription]).toContain(topicName);
      expect(eventBody['conversationId']).toBe(id);
    }
    expect(heard.flatMap((frame) => frameProblems(frame))).toEqual([]);
  });
});

describe('topics of a contact', () => {
  it('tell of a change, and of a merge to all whom it concerns', async () => {
    const [one = '', two = ''] = emulator.center.customers.map(({ externalContactId }) => externalContactId);
    const { frames } = await client.listen([one, two].map((id) => `v2.externalcontacts.contacts.${id}`));
    expect((await control('/contacts/change', { contactId: one })).body).toEqual({ contactId: one });
    const { body } = await control('/contacts/merge', { contactIds: [one, two] });
    const heard = await eventually('three frames', frames, ({ length }) => length === 3); // prettier-ignore
    expect(heard.map(({ eventBody }) => [eventBody.id, eventBody['mergedTo']])).toEqual([
      [one, undefined],
      [one, body['contactId']],
      [two, body['contactId']],
    ]);
    expect((await control('/contacts/change', { contactId: 'nobody' })).status).toBe(404);
    expect((await control('/contacts/merge', { contactIds: [one, two] })).status).toBe(400);
    expect((await control('/contacts/merge', { contactIds: [one] })).status).toBe(400);
  });
});
