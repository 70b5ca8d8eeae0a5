// Shows what is found in a text as a person would mark it: `call ⟦PHONE_NUMBER:06 …⟧`.
import { detect } from '../../../../src/domain/privacy/detect.ts';
import type { TextContext } from '../../../../src/domain/privacy/pii.ts';

export function marked(text: string, context: TextContext = {}): string {
  let shown = '';
  let at = 0;
  for (const { start, end, type } of detect(text, context)) {
    shown += `${text.slice(at, start)}⟦${type}:${text.slice(start, end)}⟧`;
    at = end;
  }
  return shown + text.slice(at);
}

/** A case is written as it should come out; its text is the same without the marks. */
export const unmarked = (text: string): string => text.replaceAll(/⟦[A-Z_]+:([^⟧]*)⟧/g, '$1');
