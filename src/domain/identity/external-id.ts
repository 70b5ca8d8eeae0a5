// An id that another system gave. Invariant: `account` ids are one a person and source, so that two of one source are two
// people; a `device` may be changed or shared; a `declared` number was typed by somebody.

export type Trust = 'account' | 'device' | 'declared';

export interface ExternalId {
  readonly source: string;
  readonly value: string;
  readonly trust: Trust;
  readonly key: string;
}

const DEVICES = new Set(['cookie', 'device', 'session', 'browser', 'visitor', 'ip', 'fingerprint']);
const DECLARED = new Set(['ext', 'declared']);

export function externalIdFrom(source: string, value: string): ExternalId | undefined {
  const from = source.normalize('NFKC').trim().toLowerCase();
  const id = value.normalize('NFKC').trim();
  if (from === '' || id === '') return undefined;
  const trust = DEVICES.has(from) ? 'device' : DECLARED.has(from) ? 'declared' : 'account';
  return { source: from, value: id, trust, key: `${from}:${id}` };
}
