// Holds a REST body against what the official SDK declares of it (test/fixtures/sdk-shapes.json).
// Invariant: a field, or a type of one, that the SDK does not declare is a problem; so is a required field that is missing.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const fixtureSchema = z.object({
  sdk: z.string(),
  version: z.string(),
  /** What each operation answers. */
  answers: z.record(z.string(), z.string()),
  classes: z.record(z.string(), z.record(z.string(), z.string())),
});

const fixture = fixtureSchema.parse(
  JSON.parse(readFileSync(new URL('../fixtures/sdk-shapes.json', import.meta.url), 'utf8')),
);
export const sdkVersion = fixture.version;
export const operations: readonly string[] = Object.keys(fixture.answers);

/** What is wrong with the answer to an operation, each problem with its path; empty for a good one. */
export function answerProblems(operation: string, answer: unknown): string[] {
  const type = fixture.answers[operation];
  return type === undefined ? [`${operation}: not in the fixture`] : problems(answer, type, operation);
}

export const bodyProblems = (className: string, body: unknown): string[] => problems(body, className, className);

function problems(value: unknown, type: string, path: string): string[] {
  if (type === 'void') return value === undefined || value === '' ? [] : [`${path}: an answer where there is none`];
  if (type.startsWith('[]')) {
    if (!Array.isArray(value)) return [`${path}: not a list`];
    return value.flatMap((item: unknown, index) => problems(item, type.slice(2), `${path}[${index}]`));
  }
  if (type.startsWith('{}')) {
    if (!isObject(value)) return [`${path}: not a map`];
    // `{ [key: string]: object; }` is how the SDK writes a map of anything.
    const of = type === '{}object' ? 'any' : type.slice(2);
    return Object.entries(value).flatMap(([key, inner]) => problems(inner, of, `${path}.${key}`));
  }
  if (/^[A-Z]/.test(type)) return ofClass(value, type, path);
  if (type === 'any' || (value !== null && typeof value === type)) return timeProblems(value, path);
  return [`${path}: ${typeof value} instead of ${type}`];
}

function ofClass(value: unknown, className: string, path: string): string[] {
  const fields = fixture.classes[className];
  if (fields === undefined) return [`${path}: ${className} is not in the fixture`];
  if (!isObject(value)) return [`${path}: not a ${className}`];
  const undeclared = Object.keys(value).filter((name) => fields[name] === undefined);
  const missing = Object.keys(fields).filter((name) => (fields[name] ?? '').endsWith('!') && value[name] === undefined);
  return [
    ...undeclared.map((name) => `${path}.${name}: not a field of ${className}`),
    ...missing.map((name) => `${path}.${name}: required by ${className}`),
    ...Object.entries(value).flatMap(([name, inner]) => {
      const type = fields[name];
      return type === undefined ? [] : problems(inner, type.replace('!', ''), `${path}.${name}`);
    }),
  ];
}

/** Times are ISO 8601 with milliseconds and Z, as captured. */
function timeProblems(value: unknown, path: string): string[] {
  const isTime = typeof value === 'string' && /(Time|Date|dateIssued|expires|timestamp|conversationStart)$/.test(path);
  if (!isTime || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return [];
  return [`${path}: not an ISO time`];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
