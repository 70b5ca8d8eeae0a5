// `npm run bench -- [question] [--quick] [--json FILE]`: asks one question or all of them, each of a private Redis, and
// prints tables and whether targets are met. `--quick` asks small and once, so that the questions cannot rot in CI.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeMachine, loadNow, type Machine } from './measure/machine.ts';
import { startPrivateRedis } from './measure/private-redis.ts';
import { table } from './measure/table.ts';
import type { Answer, Question } from './questions/question.ts';
import { enrichment } from './questions/enrichment.ts';
import { enrichmentRush } from './questions/enrichment-rush.ts';
import { growth } from './questions/growth.ts';
import { hotConversation } from './questions/hot-conversation.ts';
import { latency } from './questions/latency.ts';
import { nativePath } from './questions/native-path.ts';
import { recovery } from './questions/recovery.ts';
import { throughput } from './questions/throughput.ts';

const questions: readonly Question[] = [
  throughput,
  nativePath,
  latency,
  hotConversation,
  growth,
  recovery,
  enrichment,
  enrichmentRush,
];

export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
  });
  const asked = positionals.length === 0 ? questions : questions.filter(({ name }) => positionals.includes(name));
  if (asked.length < Math.max(1, positionals.length)) {
    process.stderr.write(`Questions: ${questions.map(({ name }) => name).join(', ')}\n`);
    return 2;
  }
  const answers: Record<string, Answer & { readonly loadAverageAfter: number }> = {};
  let machine: Machine | undefined;
  for (const question of asked) {
    const { answer, on } = await ask(question, values.quick);
    machine ??= on;
    answers[question.name] = { ...answer, loadAverageAfter: loadNow() };
  }
  if (machine !== undefined) print(machine, values.quick);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine, answers }, undefined, 2)}\n`);
  return 0;
}

async function ask(question: Question, quick: boolean): Promise<{ answer: Answer; on: Machine }> {
  const server = await startPrivateRedis();
  try {
    const on = await describeMachine(server.redis);
    process.stdout.write(`\n# ${question.name}: ${question.asks}\n`);
    // one small round judges nothing
    const verdict = (met: boolean): string => (quick ? '·     ' : met ? 'met   ' : 'MISSED');
    const say = (progress: string): void => void process.stderr.write(`  ${progress}\n`);
    const answer = await question.answer({ server, quick, say });
    process.stdout.write(`${table(answer.rows)}\n`);
    for (const note of answer.notes) process.stdout.write(`  ${note}\n`);
    for (const { what, met, measured } of answer.targets) {
      process.stdout.write(`  ${verdict(met)} ${what}: ${measured}\n`);
    }
    return { answer, on };
  } finally {
    await server.stop();
  }
}

function print(machine: Machine, quick: boolean): void {
  const { date, commit, cpu, cores, node, redis, loadAverage } = machine;
  const form = quick ? ', quick form: says that it runs, not how fast' : '';
  process.stdout.write(
    `\n${date} · commit ${commit} · ${cpu} × ${cores} · Node ${node} · Redis ${redis} · load ${loadAverage} → ${loadNow()}${form}\n`,
  );
}
