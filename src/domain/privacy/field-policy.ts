// What may stay of a structured record. Invariants: the name of a field decides before its content does; inside an object
// that describes a person, text under a name that nobody vouched for goes; all other text is searched; nothing is left as
// it was because it lay too deep.
import { detect } from './detect.ts';
import { fieldType } from './fields.ts';
import type { PiiType, TextContext } from './pii.ts';
import { inPlaceOf, masked, redactText, type Style } from './redact.ts';

export type FieldAction = 'keep' | 'search' | 'redact';

/** `path`: the last names of a field's path, joined by dots; places in lists have no name. `*` stands for any one. */
export interface FieldRule {
  readonly path: string;
  readonly action: FieldAction;
}

/** The first rule that fits decides. */
export interface FieldPolicy {
  readonly rules: readonly FieldRule[];
  /** Objects under these names describe a person. */
  readonly identityObjects: readonly string[];
  /** Fields of such an object that tell of the conversation, not of the person. */
  readonly safeInIdentity: readonly string[];
}

export const DEFAULT_POLICY: FieldPolicy = {
  // names of things, which the platform keeps under `name` as well
  rules: [
    'queue',
    'flow',
    'division',
    'skill',
    'language',
    'wrapup',
    'site',
    'trunk',
    'topic',
    'program',
    'category',
    'eventType',
  ].map((thing) => ({ path: `${thing}.name`, action: 'keep' as const })),
  identityObjects: [
    'customer',
    'contact',
    'externalContact',
    'person',
    'profile',
    'identity',
    'caller',
    'patient',
    'attributes',
    'participantData',
  ],
  safeInIdentity: [
    'id', 'conversationId', 'participantId', 'externalContactId', 'divisionId', 'queueId', 'state', 'purpose', 'type', 'mediaType',
    'channel', 'direction', 'disconnectType', 'version', 'createdAt', 'updatedAt', 'dateCreated', 'dateModified', 'startTime',
    'endTime', 'connectedTime', 'language', 'locale', 'timeZone', 'country', 'region',
  ], // prettier-ignore
};

/** For text that no type is known of. */
const MARK = 'REDACTED_VALUE';
const DEEPEST = 32;
const REMOVED = Symbol('removed');

export interface RecordContext extends TextContext {
  readonly policy?: FieldPolicy;
  readonly style?: Style;
}

/** A copy; with `drop`, fields that go leave no name behind. */
export function redactRecord(value: unknown, context: RecordContext = {}): unknown {
  const redacted = redactAt(value, [], false, context);
  return redacted === REMOVED ? null : redacted;
}

function redactAt(value: unknown, path: readonly string[], inIdentity: boolean, context: RecordContext): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (typeof value === 'object') return redactNested(value, path, inIdentity, context);
  if (typeof value !== 'string' && typeof value !== 'number') return REMOVED;
  const action = actionFor(path, inIdentity, context.policy ?? DEFAULT_POLICY);
  if (action === 'keep') return value;
  if (action === 'redact') return replaced(String(value), path.at(-1) ?? '', context);
  return typeof value === 'string' ? redactText(value, context, context.style) : value;
}

function redactNested(value: object, path: readonly string[], inIdentity: boolean, context: RecordContext): unknown {
  if (path.length >= DEEPEST) return MARK;
  if (Array.isArray(value)) {
    return value.map((item) => redactAt(item, path, inIdentity, context)).filter((item) => item !== REMOVED);
  }
  const { identityObjects } = context.policy ?? DEFAULT_POLICY;
  const isIdentity = inIdentity || identityObjects.some((name) => isSame(name, path.at(-1) ?? ''));
  const fields = Object.entries(value).flatMap(([key, item]) => {
    const redacted = redactAt(item, [...path, key], isIdentity, context);
    return redacted === REMOVED ? [] : [[redactText(key, context), redacted] as const];
  });
  return Object.fromEntries(fields);
}

function actionFor(path: readonly string[], inIdentity: boolean, policy: FieldPolicy): FieldAction {
  const rule = policy.rules.find((one) => fits(one.path, path));
  if (rule !== undefined) return rule.action;
  const name = path.at(-1) ?? '';
  if (fieldType(name) !== undefined) return 'redact';
  return inIdentity ? (policy.safeInIdentity.some((safe) => isSame(safe, name)) ? 'search' : 'redact') : 'search';
}

function fits(pattern: string, path: readonly string[]): boolean {
  const names = pattern.split('.');
  const last = path.slice(-names.length);
  return last.length === names.length && names.every((name, at) => name === '*' || isSame(name, last[at] ?? ''));
}

const isSame = (one: string, other: string): boolean => plain(one) === plain(other);
const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, '');

/** What the value is seen to be names its mark (an `address` may hold a phone number), else what its field is called. */
function replaced(value: string, name: string, context: RecordContext): string | typeof REMOVED {
  const style = context.style ?? 'token';
  if (style === 'drop') return REMOVED;
  if (value === '') return value;
  const type: PiiType | undefined = detect(value, context)[0]?.type ?? fieldType(name);
  if (type !== undefined) return /^REDACTED_[A-Z_]+$/.test(value) ? value : inPlaceOf(value, type, style);
  return style === 'mask' ? masked(value) : MARK;
}
