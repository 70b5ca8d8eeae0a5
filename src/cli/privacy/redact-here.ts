// `throughline privacy redact`: a text or records in, the same without personal data out. Invariant: in order and line by
// line as it was; a text is read in blocks of whole lines, so that its size does not matter.
import type { Profile, TextContext } from '../../domain/privacy/pii.ts';
import { redactRecord } from '../../domain/privacy/field-policy.ts';
import { redactText, type Style } from '../../domain/privacy/redact.ts';
import { EXIT_OK } from '../exit.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOf, linesOf, readProfile } from './messages.ts';

export interface RedactOptions {
  readonly region?: string;
  readonly profile?: string;
  readonly style: Style;
  readonly ndjson?: boolean;
}

/** A signature, a table and its head, a label and its value lie within so many characters. */
const BLOCK = 65_536;

export async function redactHere(file: string, options: RedactOptions, terminal: Terminal): Promise<number> {
  const profile = options.profile === undefined ? undefined : await readProfile(options.profile);
  const context = contextOf(options.region, profile);
  const redacted =
    options.ndjson === true ? records(file, context, options.style) : blocks(file, context, options.style);
  for await (const text of redacted) {
    terminal.out(text);
    if (!(await terminal.taken())) break;
  }
  return EXIT_OK;
}

export const contextOf = (region: string | undefined, profile: Profile | undefined): TextContext => ({
  ...(region === undefined ? {} : { region }),
  ...(profile === undefined ? {} : { profile }),
});

async function* records(file: string, context: TextContext, style: Style): AsyncGenerator<string> {
  for await (const { text, number } of linesOf(file)) {
    if (text.trim() !== '')
      yield `${JSON.stringify(redactRecord(jsonOf(text, file, number), { ...context, style }))}\n`;
  }
}

async function* blocks(file: string, context: TextContext, style: Style): AsyncGenerator<string> {
  let block = '';
  for await (const { text } of linesOf(file)) {
    block += text;
    if (block.length < BLOCK) continue;
    yield redactText(block, context, style);
    block = '';
  }
  if (block !== '') yield redactText(block, context, style);
}
