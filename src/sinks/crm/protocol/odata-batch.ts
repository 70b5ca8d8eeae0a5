// The multipart text of OData batches (RFC 2046 around RFC 9112 messages), written and read. Invariant: lines end in
// CRLF when written; reading takes bare LF too, and a part that cannot be read is an error, never left out.
import { Retryable } from '../../../runtime/errors.ts';

export interface BatchPart {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PartAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const CRLF = '\r\n';

export interface Written {
  readonly contentType: string;
  readonly body: string;
}

/** `boundary` must not occur in any body: ours are JSON without line breaks, so none can begin a line with it. */
export function writeBatch(parts: readonly BatchPart[], boundary: string, atomic: boolean): Written {
  if (!atomic) return written(parts.map(requestPart), boundary);
  const inner = written(parts.map(requestPart), `changeset_${boundary}`);
  return written([[`Content-Type: ${inner.contentType}`, '', inner.body].join(CRLF)], boundary);
}

const written = (parts: readonly string[], boundary: string): Written => ({
  contentType: `multipart/mixed; boundary="${boundary}"`,
  body: [...parts.flatMap((part) => [`--${boundary}`, part]), `--${boundary}--`, ''].join(CRLF),
});

const requestPart = ({ method, target, headers, body }: BatchPart, index: number): string =>
  [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    `Content-ID: ${index + 1}`,
    '',
    `${method} ${target} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join(CRLF);

/** The answers of all parts in order, those of a change set among them. @throws Retryable when it is no such text. */
export function readAnswers(contentType: string, text: string): PartAnswer[] {
  const boundary = /boundary="?([^";,]{1,100})"?/i.exec(contentType)?.[1];
  if (boundary === undefined) throw unreadable('it is not multipart');
  return partsOf(text, boundary).flatMap((part) => {
    const { headers, body } = headed(part);
    const type = headers['content-type'] ?? '';
    return type.startsWith('multipart/') ? readAnswers(type, body) : [answerIn(body)];
  });
}

/** What stands between the delimiters; text before the first and after the last is nobody's. */
function partsOf(text: string, boundary: string): readonly string[] {
  const parts: string[][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trimEnd() === `--${boundary}--`) return parts.map((lines) => lines.join('\n'));
    if (line.trimEnd() === `--${boundary}`) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  throw unreadable('its end is missing');
}

function answerIn(text: string): PartAnswer {
  const [line, rest] = cutAt(text, '\n');
  const status = /^HTTP\/1\.1 ([1-5]\d\d)\b/.exec(line)?.[1];
  if (status === undefined) throw unreadable('a part is no HTTP answer');
  return { status: Number(status), ...headed(rest) };
}

function headed(text: string): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  // no header at all: the text begins with the empty line
  const [head, body] = text.startsWith('\n') ? ['', text.slice(1)] : cutAt(text, '\n\n');
  const headers = head.split('\n').map((line) => cutAt(line, ':'));
  return {
    headers: Object.fromEntries(headers.map(([name, value]) => [name.trim().toLowerCase(), value.trim()])),
    body: body.trim(),
  };
}

function cutAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

const unreadable = (why: string): Retryable =>
  new Retryable(
    'crm_answer_unreadable',
    `the answer to a $batch cannot be read: ${why}; does THROUGHLINE_CRM_URL name the organisation’s own address?`,
  );
