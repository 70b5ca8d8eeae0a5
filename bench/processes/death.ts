// A process that signals itself at a named step when told to: SIGKILL to die there, SIGSTOP to hang there. Its parent says
// so ({type: 'die', step, nth, signal}), or an argument `<step>:<nth>:<signal>`, so that even the first step after the
// start can be hit. Invariant: the step's next line is not run before the signal has done its work.
import { ENRICHMENT_STEPS, STEPS, type OnStep, type Step } from '../../src/runtime/steps.ts';

export type SelfSignal = 'SIGKILL' | 'SIGSTOP';

interface Death {
  readonly step: Step;
  /** 1 = the next time it gets there. */
  left: number;
  readonly signal: SelfSignal;
}

/** What a parent sends to have a child die. */
export interface DeathOrder {
  readonly type: 'die';
  readonly step: Step;
  readonly nth: number;
  readonly signal: SelfSignal;
}

/** The listener to give to the role; from now on it obeys its parent. */
export function deathAtStep(order: string | undefined): OnStep {
  let death = order === undefined ? undefined : parseOrder(order);
  process.on('message', ({ type, step, nth, signal }: Partial<DeathOrder>) => {
    if (type === 'die') death = parseOrder(`${step}:${nth ?? 1}:${signal ?? 'SIGKILL'}`);
  });
  return (step) => {
    if (death?.step !== step) return;
    death.left -= 1;
    if (death.left === 0) process.kill(process.pid, death.signal);
  };
}

function parseOrder(text: string): Death {
  const [step, nth = '1', signal = 'SIGKILL'] = text.split(':');
  const known = [...STEPS, ...ENRICHMENT_STEPS].find((name) => name === step);
  if (known === undefined) throw new Error(`no such step: ${step}`);
  return { step: known, left: Number(nth), signal: signal === 'SIGSTOP' ? signal : 'SIGKILL' };
}
