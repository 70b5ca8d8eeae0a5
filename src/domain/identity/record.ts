// One sighting of a person as a channel told it: what the resolver reads. Invariants: unknown keys are tolerated, every
// size is bounded, and a field that says nothing ('' or null) is the same as one that is missing.
import { z } from 'zod';

const LONGEST_TEXT = 320;
const MOST_VALUES = 50;

const text = z
  .string()
  .max(LONGEST_TEXT)
  .nullish()
  .transform((value) => (value === null || value?.trim() === '' ? undefined : value));
const texts = z
  .array(z.string().max(LONGEST_TEXT))
  .max(MOST_VALUES)
  .nullish()
  .transform((values) => values ?? []);

const externalId = z.object({ source: z.string().min(1).max(64), value: z.string().min(1).max(LONGEST_TEXT) });

export const identityRecordSchema = z.object({
  id: z.string().min(1).max(LONGEST_TEXT),
  name: text,
  given: text,
  surname: text,
  email: text,
  emails: texts,
  phone: text,
  phones: texts,
  externalIds: z
    .array(externalId)
    .max(MOST_VALUES)
    .nullish()
    .transform((ids) => ids ?? []),
  /** A number the person was entered under by hand (a member or social security number): it may be mistyped. */
  ext: text,
  /** Two letters; reads numbers that were given without a country. */
  region: text,
  dob: text,
  city: text,
  postcode: text,
  street: text,
  state: text,
});

export type IdentityRecord = z.output<typeof identityRecordSchema>;
