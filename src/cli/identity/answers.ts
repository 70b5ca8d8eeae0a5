// What each command answers, as text or JSON. Invariant: all that needs the resolver is loaded from here, so that other
// commands start without it.
import { explain } from '../../domain/identity/explain.ts';
import { CommandFailure, EXIT_USAGE } from '../exit.ts';
import { evaluate, evaluationText, type Evaluated } from './evaluate.ts';
import { resolveFile } from './resolve-file.ts';
import { explanationText, nearMissTable } from './text.ts';

export interface Common {
  readonly threshold: number;
  readonly json?: boolean;
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

export async function evaluationOf(asked: Evaluated & Common): Promise<string> {
  const evaluation = await evaluate(asked);
  return asked.json === true ? json(evaluation) : evaluationText(evaluation);
}

export async function explanationOf(
  one: string,
  other: string,
  asked: Common & { readonly input: string },
): Promise<string> {
  if (one === other) throw new CommandFailure('Name two records, not one twice.', EXIT_USAGE);
  const { sightings, ...context } = await resolveFile(asked.input, asked.threshold);
  const [mine, theirs] = [sightings.get(one), sightings.get(other)];
  if (mine === undefined || theirs === undefined) {
    throw new CommandFailure(`${asked.input} has no record ${mine === undefined ? one : other}.`, EXIT_USAGE);
  }
  const explanation = explain(mine, theirs, context);
  return asked.json === true ? json({ one, other, ...explanation }) : explanationText(one, other, explanation);
}

export interface NearMisses extends Common {
  readonly vetoed?: boolean;
  readonly minScore: number;
  readonly limit: number;
}

export async function nearMissesOf(input: string, asked: NearMisses): Promise<string> {
  const { resolution } = await resolveFile(input, asked.threshold);
  const near = resolution.refused
    .filter(({ decision }) => decision.score >= asked.minScore)
    .filter(({ decision }) => asked.vetoed === true || decision.vetoes.length === 0)
    .slice(0, asked.limit);
  return asked.json === true ? json(near) : nearMissTable(near);
}
