// The strip under the header: is what is shown live, and does the deployment receive events? Invariant: it is always
// there (a banner that appears would push the page), and a screen reader hears of changes, not of each second.
import { byId, setAttribute, setText } from './elements.ts';
import { ago, duration, plural } from './format.ts';
import type { IngesterFacts, Overview } from './overview.ts';

/** Figures come each second: five missed are not a hiccup. */
const LOST_AFTER_MS = 5000;

type Level = 'waiting' | 'good' | 'warning' | 'bad';

interface Condition {
  readonly level: Level;
  readonly text: string;
}

export interface Status {
  /** Once a second, and with each overview. */
  show(overview: Overview | undefined, sinceLastMs: number): void;
}

export function setUpStatus(): Status {
  const strip = byId('status');
  const banner = byId('banner');
  const facts = byId('status-facts');
  return {
    show: (overview, sinceLastMs) => {
      const { level, text } = conditionOf(overview, sinceLastMs);
      setAttribute(strip, 'data-level', level);
      setText(banner, text);
      setText(facts, factsOf(overview, sinceLastMs));
    },
  };
}

function conditionOf(overview: Overview | undefined, sinceLastMs: number): Condition {
  if (sinceLastMs > LOST_AFTER_MS) {
    return { level: 'bad', text: 'Live figures have stopped. What you see is old; trying again.' };
  }
  if (overview === undefined) return { level: 'waiting', text: 'Connecting to the deployment' };
  const { stream, partitions } = overview;
  if (stream.native && !stream.connected) {
    return { level: 'bad', text: 'The ingest stream is disconnected. No events arrive until it is back.' };
  }
  const paused = partitions.filter((partition) => partition.paused !== null).map(({ id }) => id);
  if (paused.length > 0) return { level: 'warning', text: `Partition ${paused.join(', ')} paused: it waits for you.` };
  if (stream.paused) return { level: 'warning', text: 'Ingest is paused until the workers catch up.' };
  if (stream.trouble !== null) return { level: 'warning', text: `${stream.trouble}.` };
  const gone = stream.ingesters.filter(({ connected }) => !connected);
  if (gone.length > 0) {
    return {
      level: 'warning',
      text: `Ingester ${gone.map(({ id }) => id).join(', ')} is disconnected; another hears.`,
    };
  }
  return { level: 'good', text: stream.native ? 'Receiving events' : 'Taking envelopes; the platform’s stream is off' };
}

function factsOf(overview: Overview | undefined, sinceLastMs: number): string {
  if (overview === undefined) return '';
  if (sinceLastMs > LOST_AFTER_MS) return `last figures ${duration(sinceLastMs)} ago`;
  const { native, lastFrameAgeMs, topics, connectedSince, reconnects, connected, ingesters } = overview.stream;
  if (!native) return '';
  const facts = [lastFrameAgeMs === null ? 'no frame yet' : `last frame ${ago(lastFrameAgeMs)}`];
  if (connected) facts.push(plural(topics, 'topic'));
  if (connected && connectedSince !== null) facts.push(`connected ${duration(overview.at - connectedSince)}`);
  if (ingesters.length > 1) facts.push(ingesters.map(ingesterText).join(' and '));
  else if (reconnects > 0) facts.push(plural(reconnects, 'reconnect'));
  return facts.join(' · ');
}

function ingesterText({ id, channels, reconnects }: IngesterFacts): string {
  const again = reconnects > 0 ? `, ${plural(reconnects, 'reconnect')}` : '';
  return `${id} (${plural(channels, 'channel')}${again})`;
}
