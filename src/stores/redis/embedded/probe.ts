// Asks a server whether it is there. Invariant: bounded in time and answers; nothing is thrown.
import { connect, type NetConnectOpts } from 'node:net';

/** `loading`: it lives, and reads its data back from disk. */
export type Health = 'ready' | 'loading' | 'absent';

export function probe(
  target: NetConnectOpts,
  options: { password?: string; timeoutMs?: number } = {},
): Promise<Health> {
  return new Promise((resolve) => {
    const socket = connect(target);
    let answer = '';
    const settle = (health: Health): void => {
      socket.destroy();
      resolve(health);
    };
    socket.setTimeout(options.timeoutMs ?? 1000, () => settle('absent'));
    socket.on('error', () => settle('absent'));
    socket.on('close', () => settle('absent'));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (answer.includes('+PONG\r\n')) settle('ready');
      else if (/^-LOADING/m.test(answer)) settle('loading');
      else if (answer.length > 1000) settle('absent');
    });
    const auth = options.password === undefined ? '' : `AUTH ${options.password}\r\n`;
    socket.write(`${auth}PING\r\n`);
  });
}
