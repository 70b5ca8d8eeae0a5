// Three vocabularies, one spelling.
import { describe, expect, it } from 'vitest';
import {
  activityOf,
  directionOf,
  disconnectTypeOf,
  mediaOf,
  messageStatusOf,
} from '../../../src/genesys/codec/vocabulary.ts';

describe('vocabulary', () => {
  it.each([
    ['transfer.consult', 'CONSULT_TRANSFER', 'consultTransfer'],
    ['transfer.noanswer', 'NO_ANSWER_TRANSFER', 'noAnswerTransfer'],
    ['transfer.notavailable', 'NOT_AVAILABLE_TRANSFER', 'notAvailableTransfer'],
    ['transfer.conference', 'CONFERENCE_TRANSFER', 'conferenceTransfer'],
    ['transfer.forward', 'FORWARD_TRANSFER', 'forwardTransfer'],
    ['transfer.dnd', 'DND_TRANSFER', 'transferDnd'],
    ['endpoint.dnd', 'DND_ENDPOINT', 'dndEndpoint'],
    ['transport.failure', 'TRANSPORT_FAILURE', 'transportFailure'],
    ['session.expired', 'SESSION_EXPIRED', 'sessionExpired'],
    ['peer', 'PEER', 'peer'],
  ])('disconnect type %s', (ours, detail, analytics) => {
    expect([ours, detail, analytics].map(disconnectTypeOf)).toEqual([ours, ours, ours]);
  });

  it('bounds what the platform may add one day', () => {
    expect(disconnectTypeOf('TELEPORTED')).toBe('other');
    expect(disconnectTypeOf('UNKNOWN')).toBeUndefined();
    expect(activityOf('teleporting')).toBe('unknown');
    expect(messageStatusOf('pondering')).toBe('unknown');
    expect(mediaOf('HOLOGRAM')).toBe('other');
    expect(mediaOf('UNKNOWN')).toBeUndefined();
  });

  it.each([
    ['none', 'scheduled'],
    ['scheduled', 'scheduled'],
    ['alerting', 'alerting'],
    ['dialing', 'alerting'],
    ['contacting', 'alerting'],
    ['offering', 'alerting'],
    ['connected', 'connected'],
    ['transmitting', 'connected'],
    ['uploading', 'connected'],
    ['converting', 'connected'],
    ['parked', 'held'],
    ['disconnected', 'ended'],
    ['terminated', 'ended'],
    [null, undefined],
  ])('state %s: %s', (state, activity) => {
    expect(activityOf(state)).toBe(activity);
  });

  it.each(['VOICE', 'MESSAGE', 'EMAIL', 'CALLBACK', 'CHAT'])('media %s', (word) => {
    expect([mediaOf(word), mediaOf(word.toLowerCase())]).toEqual([word.toLowerCase(), word.toLowerCase()]);
  });

  it('direction and message status', () => {
    expect(['INBOUND', 'outbound', 'UNKNOWN', undefined].map(directionOf)).toEqual([
      'inbound',
      'outbound',
      undefined,
      undefined,
    ]);
    expect(['delivery-success', 'DeliverySuccess', 'DeliveryPushed', 'READ'].map(messageStatusOf)).toEqual([
      'delivery-success',
      'delivery-success',
      'sent',
      'read',
    ]);
  });
});
