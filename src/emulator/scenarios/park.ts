// An e-mail laid aside and taken up again: the same in the platform's own story and in a journey from a file.
import type { Email } from '../conversation/snapshot.ts';
import type { Script, Setting } from './scene.ts';

export function* park(scene: Pick<Setting, 'time' | 'tell'>, communication: Email, pause: number): Script {
  communication.state = 'parked';
  communication.parkTime = scene.time();
  communication.resumeTime = scene.time(pause);
  scene.tell();
  yield pause;
  communication.state = 'connected';
  delete communication.parkTime;
  delete communication.resumeTime;
  scene.tell();
}
