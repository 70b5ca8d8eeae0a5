// The other end of an OData batch: reads the requests of a multipart text and writes their answers. Invariant: stricter
// than it must be (CRLF, Content-ID in change sets, binary encoding), so that a careless sender is found out here.
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';

export interface OdataRequest {
  readonly set: string;
  /** The alternate key's value, as it was meant. */
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface OdataAnswer {
  readonly status: number;
  readonly body: object | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Undefined: not well formed. */
export function readRequests(
  contentType: string,
  text: string,
): { readonly requests: readonly OdataRequest[]; readonly changeSet: boolean } | undefined {
  const parts = partsOf(contentType, text);
  const [first = ''] = parts ?? [];
  const inner = /^Content-Type: (multipart\/mixed; ?boundary=.+)\r\n\r\n([^]*)$/.exec(first);
  const changeSet = inner !== null && parts?.length === 1;
  const all = changeSet ? partsOf(inner[1] ?? '', inner[2] ?? '') : parts;
  const requests = all?.map((part) => requestIn(part, changeSet));
  if (requests === undefined || requests.length === 0) return undefined;
  const sound = requests.filter((request) => request !== undefined);
  return sound.length === requests.length ? { requests: sound, changeSet } : undefined;
}

function partsOf(contentType: string, text: string): readonly string[] | undefined {
  const boundary = /^multipart\/mixed; ?boundary="?([\w'()+,./:=? -]{1,70})"?$/.exec(contentType)?.[1];
  if (boundary === undefined) return undefined;
  const [opening, ...rest] = `\r\n${text}`.split(`\r\n--${boundary}`);
  const closing = rest.pop();
  if (opening !== '' || closing === undefined || !closing.startsWith('--')) return undefined;
  return rest.map((part) => part.replace(/^\r\n/, ''));
}

function requestIn(part: string, changeSet: boolean): OdataRequest | undefined {
  const [mime = '', head = '', ...bodies] = part.split('\r\n\r\n');
  if (!/^Content-Type: application\/http$/im.test(mime) || !/^Content-Transfer-Encoding: ?binary$/im.test(mime)) return undefined; // prettier-ignore
  if (changeSet && !/^Content-ID: \d+$/im.test(mime)) return undefined;
  const [line = '', ...headers] = head.split('\r\n');
  const row = /^PATCH \/api\/data\/v\d+\.\d+\/(\w+)\(\w+='(.+)'\) HTTP\/1\.1$/.exec(line);
  if (row === null) return undefined;
  try {
    return {
      set: row[1] ?? '',
      key: decodeURIComponent(row[2] ?? '').replaceAll("''", "'"),
      headers: Object.fromEntries(headers.map((header) => /^([\w-]+): (.*)$/.exec(header)?.slice(1) ?? [])
        .map(([name = '', value = '']) => [name.toLowerCase(), value])), // prettier-ignore
      body: JSON.parse(bodies.join('\r\n\r\n')) as Record<string, unknown>,
    };
  } catch {
    return undefined;
  }
}

export function writeAnswers(
  answers: readonly OdataAnswer[],
  changeSet: boolean,
): { contentType: string; text: string } {
  const boundary = `batchresponse_${randomUUID()}`;
  const parts = changeSet ? [nested(answers)] : answers.map((answer) => answerPart(answer));
  return { contentType: `multipart/mixed; boundary=${boundary}`, text: joined(parts, boundary) };
}

function nested(answers: readonly OdataAnswer[]): string {
  const boundary = `changesetresponse_${randomUUID()}`;
  const parts = answers.map((answer, index) => answerPart(answer, index + 1));
  return `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n${joined(parts, boundary)}`;
}

const joined = (parts: readonly string[], boundary: string): string =>
  `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;

function answerPart({ status, body, headers }: OdataAnswer, contentId?: number): string {
  const lines = [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    ...(contentId === undefined ? [] : [`Content-ID: ${contentId}`]),
    '',
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : ['Content-Type: application/json; odata.metadata=minimal']),
    '',
    body === undefined ? '' : JSON.stringify(body),
  ];
  return lines.join('\r\n');
}
