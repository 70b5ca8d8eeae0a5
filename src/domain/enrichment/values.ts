// What is put onto a conversation: which values go where, and as what. Pure. Invariant: bounded; a value that does not
// fit is left out by name of a reason, and the rest still goes.
import { z } from 'zod';

export const INJECTION_TARGETS = ['participant', 'custom'] as const;
export type InjectionTarget = (typeof INJECTION_TARGETS)[number];

const keySchema = z.string().min(1).max(256);
const valuesSchema = z.record(keySchema, z.json());
export type InjectedValues = Readonly<z.infer<typeof valuesSchema>>;

/** The sealed part of an injection. */
export const injectionContentSchema = z.object({
  values: valuesSchema,
  targets: z.record(keySchema, z.enum(INJECTION_TARGETS)).optional(),
});
export type InjectionContent = Readonly<z.infer<typeof injectionContentSchema>>;

export interface InjectionLimits {
  readonly maxAttributes: number;
  readonly maxValueChars: number;
}

export type Scalar = string | number | boolean;
/** `no_value`: null, which would clear what somebody else knows. */
export interface LeftOut {
  readonly target: InjectionTarget;
  readonly why: 'over_limit' | 'no_value';
}

export interface Split {
  readonly texts: Readonly<Record<string, string>>;
  readonly typed: Readonly<Record<string, Scalar>>;
  readonly leftOut: readonly LeftOut[];
}

/** Each value with its target, in the order given: what comes first has its place first. */
export function splitValues(
  { values, targets = {} }: InjectionContent,
  otherwise: InjectionTarget,
  limits: InjectionLimits,
): Split {
  const texts: [string, string][] = [];
  const typed: [string, Scalar][] = [];
  const leftOut: LeftOut[] = [];
  for (const [key, value] of Object.entries(values)) {
    const target = (Object.hasOwn(targets, key) ? targets[key] : undefined) ?? otherwise;
    const room = limits.maxAttributes - (target === 'custom' ? typed.length : texts.length);
    const scalar = typeof value === 'object' ? JSON.stringify(value) : value;
    if (value === null) leftOut.push({ target, why: 'no_value' });
    else if (room <= 0 || String(scalar).length > limits.maxValueChars) leftOut.push({ target, why: 'over_limit' });
    else if (target === 'custom') typed.push([key, scalar]);
    else texts.push([key, String(scalar)]);
  }
  return { texts: Object.fromEntries(texts), typed: Object.fromEntries(typed), leftOut };
}
