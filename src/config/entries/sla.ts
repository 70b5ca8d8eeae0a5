// What is promised to customers, as one JSON text (its shape: src/domain/sla/README.md).
// Invariant: the setting stays the text that was written, checked here, so that a child process gets what its parent got.
import { z } from 'zod';
import { readSlaRules } from '../../domain/sla/rule-schema.ts';
import { entry } from './entry.ts';

const rules = () =>
  z
    .string()
    .max(65_536, 'must have at most 65536 characters')
    .superRefine((text, context) => {
      const read = readSlaRules(text);
      if (!read.ok) context.addIssue(read.problem);
    });

export const slaEntries = {
  slaRules: entry({
    env: 'THROUGHLINE_SLA_RULES',
    group: 'SLA',
    schema: rules(),
    default: '{}',
    description:
      'Promises per queue, media and priority, with opening hours, as JSON; the first rule that fits decides. ' +
      'What no rule names: messages delivered within 300 s and read within 1800 s.',
    example: '{"rules":[{"objective":"voiceAnswer","withinSeconds":20}]}',
    fromFile: true,
  }),
} as const;
