// The script of a run on disk: windows of frames, each readable by its number. Invariant: what is read is what was
// written, byte for byte, so that a feeder that starts again sends the very same frames.
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';

export interface ScriptedFrame {
  readonly raw: string;
  /** Epoch ms on the script's own clock. */
  readonly receivedAt: number;
}

export interface ScriptWriter {
  add(window: readonly ScriptedFrame[]): void;
  /** Number of windows written. */
  end(): number;
}

export interface ScriptReader {
  readonly windows: number;
  read(window: number): ScriptedFrame[];
}

/** Byte offset and length of a window. */
type Span = readonly [offset: number, length: number];

const indexOf = (file: string): string => `${file}.index`;

export function writeScript(file: string): ScriptWriter {
  const target = openSync(file, 'w');
  const spans: Span[] = [];
  let offset = 0;
  return {
    add: (window) => {
      const bytes = Buffer.from(JSON.stringify(window));
      writeSync(target, bytes);
      spans.push([offset, bytes.length]);
      offset += bytes.length;
    },
    end: () => {
      closeSync(target);
      writeFileSync(indexOf(file), JSON.stringify(spans));
      return spans.length;
    },
  };
}

export function openScript(file: string): ScriptReader {
  const source = openSync(file, 'r');
  const spans = JSON.parse(readFileSync(indexOf(file), 'utf8')) as Span[];
  return {
    windows: spans.length,
    read: (window) => {
      const [offset, length] = spans[window] ?? [0, 0];
      const bytes = Buffer.alloc(length);
      readSync(source, bytes, 0, length, offset);
      return JSON.parse(bytes.toString('utf8')) as ScriptedFrame[];
    },
  };
}
