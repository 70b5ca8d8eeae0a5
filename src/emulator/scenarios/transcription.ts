// What is said in a call, as its transcription topic tells it: a status, utterance by utterance, a status. Invariant: it
// throws its own dice, so that the call is the same whether it is transcribed or not; nothing said names a person.
import { SENTENCES } from '../centre/words.ts';
import type { AgentLeg, Leg } from '../conversation/legs.ts';
import type { Communication } from '../conversation/snapshot.ts';
import { idOf } from '../ids.ts';
import { createRandom, seedOf, type Random } from '../random.ts';
import type { Script, Setting } from './scene.ts';

interface Transcript {
  readonly scene: Setting;
  readonly communicationId: string;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly random: Random;
}

export function* transcribe(scene: Setting, caller: Leg<Communication>, agent: AgentLeg<Communication>): Script {
  const session = agent.communication.id;
  const startedAt = Date.parse(scene.time());
  const random = createRandom(seedOf('transcript', session));
  const transcript: Transcript = { scene, communicationId: caller.communication.id, startedAt, random };
  send(transcript, () => ({ status: statusOf(transcript, 'SESSION_ONGOING') }));
  for (let number = 1; ; number += 1) {
    yield random.between(3000, 9000);
    if (agent.communication.disconnectedTime !== undefined) break;
    if (agent.communication.held) continue;
    const utterance = utter(transcript, idOf('utterance', session, number));
    send(transcript, () => ({ transcripts: [utterance] }));
  }
  send(transcript, () => ({ status: statusOf(transcript, 'SESSION_ENDED') }));
}

function send({ scene, communicationId, startedAt }: Transcript, news: () => object): void {
  const conversationId = scene.conversation.id;
  scene.send(`v2.conversations.${conversationId}.transcription`, () => ({
    eventTime: scene.time(),
    organizationId: scene.centre.organizationId,
    conversationId,
    communicationId,
    sessionStartTimeMs: startedAt,
    transcriptionStartTimeMs: startedAt,
    ...news(),
  }));
}

const elapsedMs = ({ scene, startedAt }: Transcript): number => Date.parse(scene.time()) - startedAt;

const statusOf = (transcript: Transcript, status: string): object => ({ offsetMs: elapsedMs(transcript), status });

function utter(transcript: Transcript, utteranceId: string): object {
  const { random } = transcript;
  const sentence = random.pick(SENTENCES);
  const spoken = sentence
    .toLowerCase()
    .replaceAll(/[^a-z ]/g, '')
    .split(' ');
  const until = elapsedMs(transcript);
  // At a great speed of life there is less time than that to say it in.
  const durationMs = Math.min(spoken.length * 300, until);
  const offsetMs = until - durationMs;
  const each = Math.floor(durationMs / spoken.length);
  const confidence = random.between(70, 99) / 100;
  return {
    utteranceId,
    isFinal: true,
    channel: random.pick(['EXTERNAL', 'INTERNAL']),
    alternatives: [
      {
        confidence,
        offsetMs,
        durationMs,
        transcript: spoken.join(' '),
        words: spoken.map((word, n) => ({ confidence, offsetMs: offsetMs + n * each, durationMs: each, word })),
        decoratedTranscript: sentence,
        decoratedWords: [],
      },
    ],
    engineProvider: 'GENESYS',
    engineId: 'r2d2',
    dialect: 'en-US',
    agentAssistEnabled: false,
    voiceTranscriptionEnabled: true,
  };
}
