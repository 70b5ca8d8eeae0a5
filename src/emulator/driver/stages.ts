// Where conversations are played: each on a stage of its own, with its script and what that forks. Invariant: a
// conversation is settled exactly once, when nothing plays on its stage any more; then the stage is gone.
import type { createRoster } from '../centre/roster.ts';
import type { LiveConversation } from '../conversation/live-conversation.ts';
import { createIds } from '../ids.ts';
import { disconnected } from '../scenarios/disconnected.ts';
import type { Scenario, Script, Setting } from '../scenarios/scene.ts';
import type { Cue, PerformanceOptions } from './cue.ts';

/** What a stage needs to know of the one conversation that is played on it. */
interface Performance extends PerformanceOptions, Cue {
  /** The how-manieth conversation this is. */
  readonly number: number;
  readonly roster: ReturnType<typeof createRoster>;
}

export class Stages {
  readonly #stages = new Map<string, Stage>();

  /** Plays a conversation from its beginning. */
  open(conversation: LiveConversation, performance: Performance): void {
    const stage = createStage(conversation, performance, () => {
      this.#stages.delete(conversation.id);
      performance.settle(conversation);
      performance.onSettled();
    });
    this.#stages.set(conversation.id, stage);
    stage.fork(performance.play(stage.setting));
  }

  /** Plays something more in one that is still played. */
  join(conversationId: string, play: Scenario['play']): void {
    const stage = this.#stages.get(conversationId);
    stage?.fork(play(stage.setting));
  }

  /** Ends one at once, whatever its script had in mind; one that is over stays as it is. */
  cut(conversation: LiveConversation): void {
    const stage = this.#stages.get(conversation.id);
    if (stage === undefined || conversation.endTime !== undefined) return;
    stage.clear();
    stage.fork(disconnected(stage.setting));
  }
}

/** Where one conversation's scripts play. */
interface Stage {
  readonly setting: Setting;
  fork(script: Script): void;
  /** Drops what plays: none of it goes on. */
  clear(): void;
}

function createStage(conversation: LiveConversation, performance: Performance, settle: () => void): Stage {
  const { number, random, roster, teller, seed, epoch, speed, timeline, centre, customer } = performance;
  const playing = new Set<Script>();
  const advance = (script: Script): void => {
    if (!playing.has(script)) return;
    const step = script.next();
    if (step.done !== true) {
      // Two changes are a millisecond apart at least, however great the speed.
      timeline.after(Math.max(1, step.value / speed), () => advance(script));
      return;
    }
    playing.delete(script);
    if (playing.size === 0) settle();
  };
  const fork = (script: Script): void => {
    playing.add(script);
    advance(script);
  };
  const setting: Setting = {
    conversation,
    centre,
    roster,
    random,
    customer,
    ids: createIds('within', seed, epoch, number),
    time: (afterMs = 0) => new Date(timeline.now() + afterMs / speed).toISOString(),
    tell: () => teller.tell(conversation),
    send: (topicName, body) => teller.send(topicName, body),
    fork,
  };
  return { setting, fork, clear: () => playing.clear() };
}
