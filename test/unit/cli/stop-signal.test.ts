// The first Ctrl-C asks, a second one ends; the copy that npm hands on is not a second one.
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { listenForStop } from '../../../src/cli/up/stop-signal.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

function rig() {
  const clock = createFakeClock();
  const source = new EventEmitter();
  const seconds: string[] = [];
  const stop = listenForStop(clock, (signal) => void seconds.push(signal), source);
  return { clock, source, seconds, stop };
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s asks for a stop', (signal) => {
  const { source, seconds, stop } = rig();
  expect(stop.requested.aborted).toBe(false);
  source.emit(signal, signal);
  expect(stop.requested.aborted).toBe(true);
  expect(seconds).toEqual([]);
});

test('a copy within half a second is the same keystroke, one after it is a second', () => {
  const { clock, source, seconds } = rig();
  source.emit('SIGINT', 'SIGINT');
  clock.advance(499);
  source.emit('SIGINT', 'SIGINT');
  expect(seconds).toEqual([]);
  clock.advance(1);
  source.emit('SIGTERM', 'SIGTERM');
  expect(seconds).toEqual(['SIGTERM']);
});

test('after a stop of our own one signal is enough to end at once', () => {
  const { clock, source, seconds, stop } = rig();
  stop.stop();
  expect(stop.requested.aborted).toBe(true);
  clock.advance(500);
  source.emit('SIGINT', 'SIGINT');
  expect(seconds).toEqual(['SIGINT']);
});

test('nothing is listened to after the release', () => {
  const { source, stop } = rig();
  stop.release();
  expect(source.eventNames()).toEqual([]);
});
