// Envelopes as observations: both spellings, all messages, what is optional, and what is refused with the field's name.
import { describe, expect, it } from 'vitest';
import { decodeEnvelope } from '../../../src/envelopes/decode.ts';
import { MalformedEnvelope } from '../../../src/envelopes/envelope.ts';
import { eventDecoder, routeEvent } from '../../../src/envelopes/event.ts';
import type { Observation } from '../../../src/domain/observation.ts';

const RECEIVED = Date.parse('2026-03-02T14:00:30.000Z');
const SENT = '2026-03-02T14:00:00.000Z';
const ms = (time: string): number => Date.parse(time);

const decode = (envelope: unknown): Observation => decodeEnvelope(JSON.stringify(envelope), RECEIVED);
const participant = (verb: string, payload: object = {}) => ({
  eventType: `participant:${verb}`,
  conversationId: 'c1',
  payload: { participantId: 'p1', ...payload },
});
const messages = (...list: object[]) => ({
  eventType: 'message:sent',
  conversationId: 'c1',
  payload: { participantId: 'p1', version: 3, messages: list },
});
const refusal = (envelope: unknown): { code: string; field: string; message: string } => {
  try {
    decodeEnvelope(typeof envelope === 'string' ? envelope : JSON.stringify(envelope), RECEIVED);
  } catch (error) {
    if (error instanceof MalformedEnvelope) return { code: error.code, field: error.field, message: error.message };
    throw error;
  }
  throw new Error('it was taken');
};

describe('participant envelopes', () => {
  it.each([
    ['joined', { activity: 'alerting', joinedAt: RECEIVED }],
    ['added', { activity: 'alerting', joinedAt: RECEIVED }],
    ['connected', { activity: 'connected', connectedAt: RECEIVED }],
    ['left', { activity: 'ended', connectedAt: RECEIVED, endedAt: RECEIVED }],
    ['removed', { activity: 'ended', connectedAt: RECEIVED, endedAt: RECEIVED }],
    ['failed', { activity: 'ended', endedAt: RECEIVED }],
  ])('participant:%s', (verb, facts) => {
    const { participants, conversationId, source } = decode(participant(verb, { version: 7 }));
    expect({ conversationId, source }).toEqual({ conversationId: 'c1', source: 'envelope' });
    expect(participants).toHaveLength(1);
    expect(participants[0]).toMatchObject({ participantId: 'p1', version: 7, ...facts });
  });

  it('take the time they tell over the time of arrival', () => {
    expect(decode({ ...participant('connected'), timestamp: SENT }).participants[0]?.connectedAt).toBe(ms(SENT));
    expect(decode(participant('connected', { timestamp: ms(SENT) })).eventTime).toBe(ms(SENT));
  });
});

describe('message envelopes', () => {
  it('are read whole: every message, not only the first', () => {
    const told = decode(
      messages(
        { id: 'm1', body: 'hello', createdTime: SENT },
        { id: 'm2', body: 'again', createdTime: SENT, deliveryReceipt: { deliveredTime: '2026-03-02T14:00:05Z' } },
        { id: 'm3', createdTime: SENT, deliveryReceipt: { readTime: '2026-03-02T14:00:09Z' } },
      ),
    );
    expect(told.participants[0]?.messages).toEqual([
      { messageId: 'm1', direction: 'outbound', status: 'sent', sentAt: ms(SENT), attachments: 0 },
      {
        messageId: 'm2',
        direction: 'outbound',
        status: 'delivery-success',
        sentAt: ms(SENT),
        attachments: 0,
        deliveredAt: ms('2026-03-02T14:00:05Z'),
      },
      {
        messageId: 'm3',
        direction: 'outbound',
        status: 'read',
        sentAt: ms(SENT),
        attachments: 0,
        readAt: ms('2026-03-02T14:00:09Z'),
      },
    ]);
  });

  it('say the same in snake_case, also mixed', () => {
    const camel = {
      eventType: 'message:received',
      conversationId: 'c1',
      payload: {
        participantId: 'p1',
        version: 2,
        messages: [
          {
            id: 'm1',
            createdTime: SENT,
            attachments: [{ contentType: 'image/png', url: 'https://x.example/a', fileName: 'a', sizeBytes: 1 }],
            transcriptSegments: [{ text: 'hi', startTime: 0, endTime: 2.5, speakerId: 'p1' }],
            deliveryReceipt: { deliveredTime: SENT, readTime: SENT },
          },
        ],
      },
    };
    const snake = {
      event_type: 'message:received',
      conversation_id: 'c1',
      payload: {
        participant_id: 'p1',
        version: 2,
        messages: [
          {
            id: 'm1',
            created_time: SENT,
            attachments: [{ content_type: 'image/png', url: 'https://x.example/a', file_name: 'a', size_bytes: 1 }],
            transcript_segments: [{ text: 'hi', start_time: 0, end_time: 2.5, speaker_id: 'p1' }],
            delivery_receipt: { delivered_time: SENT, readTime: SENT },
          },
        ],
      },
    };
    expect(decode(snake)).toEqual(decode(camel));
    expect(decode(camel).transcription).toEqual({ lastUtteranceAt: ms(SENT) + 2500, ended: false });
  });

  it('leave out and count attachments without a URL, and keep nothing of bodies', () => {
    const told = decode(
      messages({
        id: 'm1',
        body: 'a secret body',
        attachments: [{ fileName: 'a' }, { url: '', contentType: 'x' }, { url: 'https://x.example/b' }, { url: null }],
      }),
    );
    expect(told.attachmentsDropped).toBe(3);
    expect(told.participants[0]?.messages?.[0]?.attachments).toBe(1);
    expect(JSON.stringify(told)).not.toMatch(/secret|example/);
  });

  it('need nothing but ids', () => {
    const bare = decode({ eventType: 'message:created', conversationId: 'c1', payload: { messages: [{ id: 'm1' }] } });
    expect(bare.participants[0]?.messages).toEqual([
      { messageId: 'm1', direction: 'outbound', status: 'unknown', sentAt: RECEIVED, attachments: 0 },
    ]);
    const empty = { eventType: 'message:typing', conversationId: 'c1', payload: {}, extra: { deep: [1] } };
    expect(decode(empty).participants).toHaveLength(1);
    const nulls = messages({ id: 'm1', body: null, createdTime: null, attachments: null, deliveryReceipt: null });
    expect(decode(nulls).participants[0]?.messages).toHaveLength(1);
  });
});

describe('what is wrong is named by field, never by value', () => {
  it.each([
    ['payload.participantId', { eventType: 'participant:joined', conversationId: 'c1', payload: {} }],
    ['eventType', participant('flew')],
    ['eventType', { conversationId: 'c1', payload: {} }],
    ['eventType', { ...participant('joined'), eventType: 'order:placed' }],
    ['conversationId', { eventType: 'participant:joined', payload: { participantId: 'p1' } }],
    ['conversationId', { ...participant('joined'), conversationId: 'x'.repeat(65) }],
    ['payload', { eventType: 'message:sent', conversationId: 'c1' }],
    ['payload.version', participant('joined', { version: -1 })],
    ['payload.messages[1].id', messages({ id: 'm1' }, { body: 'x' })],
    ['payload.messages[0].createdTime', messages({ id: 'm1', createdTime: 'a secret' })],
    ['payload.messages[0].deliveryReceipt.readTime', messages({ id: 'm1', delivery_receipt: { read_time: {} } })],
    ['payload.messages[0].attachments', messages({ id: 'm1', attachments: Array.from({ length: 101 }, () => ({})) })],
    ['payload.messages', messages(...Array.from({ length: 1001 }, (_, i) => ({ id: `m${i}` })))],
    ['envelope', []],
    ['envelope', 'null'],
  ])('%s', (field, envelope) => {
    const refused = refusal(envelope);
    expect(refused).toMatchObject({ code: 'envelope_invalid', field });
    expect(refused.message).toContain(`${field}: `);
    expect(refused.message).not.toContain('secret');
    expect(refused.message.length).toBeLessThanOrEqual(400);
  });

  it('also where it is no JSON, or two keys name two conversations', () => {
    expect(refusal('{"eventType": "message:sent", ').code).toBe('envelope_not_json');
    const twice =
      '{"eventType":"participant:left","conversationId":"a","conversationId":"b","payload":{"participantId":"p"}}';
    expect(refusal(twice)).toMatchObject({ code: 'envelope_misrouted', field: 'conversationId' });
  });
});

describe('the way of an envelope', () => {
  const orders = [
    { eventType: 'participant:joined', conversationId: 'c1', payload: { participantId: 'p1' } },
    { event_type: 'participant:joined', conversation_id: 'c1', payload: { participantId: 'p1' } },
    { conversationId: 'c1', payload: { participantId: 'p1' }, eventType: 'participant:joined' },
    {
      payload: { participantId: 'p1', conversationId: 'other' },
      conversationId: 'c1',
      eventType: 'participant:joined',
    },
    { id: 'x', eventType: 'participant:joined', conversationId: 'c1', payload: { participantId: 'p1' } },
  ];

  it('is found whatever the order of its keys, and is where its observation belongs', () => {
    for (const order of orders) {
      const raw = JSON.stringify(order);
      expect(routeEvent(raw)).toEqual({ kind: 'envelope', key: 'c1' });
      const decoded = eventDecoder()(raw, RECEIVED);
      expect(decoded.kind === 'observation' && decoded.observation.conversationId).toBe('c1');
    }
  });

  it('is another than that of a native frame, and of what is neither', () => {
    const native = '{"topicName":"v2.users.u1.conversations","eventBody":{"id":"c2"},"eventType":"participant:joined"}';
    expect(routeEvent(native)).toMatchObject({ kind: 'event', key: 'c2' });
    expect(routeEvent('not JSON').kind).toBe('event');
    expect(routeEvent('{"topicName":"channel.metadata","eventBody":{}}').kind).toBe('control');
    expect(routeEvent('{"eventType": broken').kind).toBe('envelope');
  });
});
