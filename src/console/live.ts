// The live stream of overviews. Invariant: it never gives up; a session that ended leads to the sign-in instead of to
// a page that silently stands still.
import type { HistoryPoint, Overview } from './overview.ts';

const HISTORY_MS = 180_000;
const REOPEN_MS = 2000;

export interface LiveState {
  readonly overview: Overview;
  readonly history: readonly HistoryPoint[];
}

export function followLive(onState: (state: LiveState) => void): void {
  let history: HistoryPoint[] = [];
  const open = (): void => {
    const source = new EventSource('/api/v1/live');
    source.addEventListener('message', (event) => {
      const overview = JSON.parse(String(event.data)) as Overview;
      history = extend(history, overview);
      onState({ overview, history });
    });
    source.addEventListener('error', () => {
      // the browser itself tries again, unless the server answered with a refusal
      if (source.readyState !== EventSource.CLOSED) return;
      void leaveIfSignedOut();
      setTimeout(open, REOPEN_MS);
    });
  };
  open();
}

/** The first message of a connection holds the whole history, the later ones one point. */
function extend(history: readonly HistoryPoint[], overview: Overview): HistoryPoint[] {
  if (overview.history.length > 1) return [...overview.history];
  const kept = history.filter(({ at }) => at > overview.at - HISTORY_MS && at < overview.at);
  return [...kept, ...overview.history];
}

export async function leaveIfSignedOut(): Promise<void> {
  const response = await fetch('/api/v1/conversations?limit=1').catch(() => undefined);
  if (response?.status === 401) location.assign('/sign-in');
}
