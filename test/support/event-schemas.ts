// Holds a notification frame against the official SDK's declared shapes (test/fixtures/event-schemas.json).
// Invariant: a field, type or enum word the SDK does not declare is a problem; so is an envelope the platform never sends.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const fieldSchema = z.object({ type: z.string(), enum: z.array(z.string()).optional() });
const fixtureSchema = z.object({
  sdk: z.string(),
  version: z.string(),
  topics: z.record(z.string(), z.string()),
  classes: z.record(z.string(), z.record(z.string(), fieldSchema)),
});
type Field = z.infer<typeof fieldSchema>;

const fixture = fixtureSchema.parse(
  JSON.parse(readFileSync(new URL('../fixtures/event-schemas.json', import.meta.url), 'utf8')),
);
export const declaredBy = `${fixture.sdk} ${fixture.version}`;

const topicPatterns = Object.entries(fixture.topics).map(([template, className]) => ({
  pattern: new RegExp(`^${template.replaceAll('.', String.raw`\.`).replace('{id}', '[^.]+')}$`),
  className,
}));

const envelopeSchema = z.strictObject({
  topicName: z.string(),
  version: z.literal('2'),
  eventBody: z.record(z.string(), z.unknown()),
  metadata: z.strictObject({ CorrelationId: z.uuid() }),
});
const metadataFrameSchema = z.strictObject({
  topicName: z.literal('channel.metadata'),
  eventBody: z.strictObject({ message: z.enum(['WebSocket Heartbeat', 'pong']) }),
});

/** What is wrong with a frame, each problem with its path; empty for a good one. */
export function frameProblems(frame: unknown): string[] {
  if (metadataFrameSchema.safeParse(frame).success) return [];
  const envelope = envelopeSchema.safeParse(frame);
  if (!envelope.success) return envelope.error.issues.map(({ path, message }) => `frame.${path.join('.')}: ${message}`);
  const { topicName, eventBody } = envelope.data;
  const topic = topicPatterns.find(({ pattern }) => pattern.test(topicName));
  if (topic === undefined) return [`frame.topicName: ${topicName} is not declared`];
  return objectProblems(eventBody, topic.className, 'eventBody');
}

function objectProblems(value: unknown, className: string, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: not a ${className}`];
  const fields = fixture.classes[className] ?? {};
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = fields[name];
    return field === undefined
      ? [`${path}.${name}: not a field of ${className}`]
      : fieldProblems(inner, field, `${path}.${name}`);
  });
}

function fieldProblems(value: unknown, { type, enum: words }: Field, path: string): string[] {
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) return [`${path}: not a list`];
    const of: Field = { type: type.slice(0, -2), ...(words === undefined ? {} : { enum: words }) };
    return value.flatMap((item: unknown, index) => fieldProblems(item, of, `${path}[${index}]`));
  }
  if (type in fixture.classes) return objectProblems(value, type, path);
  if (type.startsWith('map<')) return mapProblems(value, type, path);
  if (typeof value !== type) return [`${path}: ${typeof value} instead of ${type}`];
  if (words !== undefined && !words.includes(String(value)))
    return [`${path}: ${String(value)} is not one of its words`];
  return timeProblems(value, path);
}

function mapProblems(value: unknown, type: string, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: not a map`];
  const bad = type === 'map<string>' ? Object.entries(value).filter(([, inner]) => typeof inner !== 'string') : [];
  return bad.map(([key]) => `${path}.${key}: not a string`);
}

/** Times are ISO 8601 with milliseconds and Z, as captured. */
function timeProblems(value: unknown, path: string): string[] {
  const isTime = typeof value === 'string' && /Time$|dateIssued$/.test(path);
  if (!isTime || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return [];
  return [`${path}: not an ISO time`];
}
