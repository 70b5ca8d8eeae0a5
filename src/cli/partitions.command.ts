// `throughline partitions …`: how each ordered lane does, and the end of a pause.
import type { Command } from 'commander';
import { z } from 'zod';
import type { Overview } from '../api/sampling/overview-schema.ts';
import { apiAccess, apiAt } from './api-call.ts';
import { columns } from './dead-letters/text.ts';
import { wholeNumber } from './dead-letters/options.ts';
import { EXIT_OK } from './exit.ts';
import { readSettings } from './settings.ts';
import { readOverview } from './status.command.ts';
import type { Terminal } from './terminal.ts';

const resumedSchema = z.object({ partition: z.number(), resumed: z.boolean() });

/** The configuration allows no more. */
const LAST_PARTITION = 255;

export function partitionsCommand(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  const group = program
    .command('partitions')
    .summary('list the ordered lanes, resume one that is paused')
    .description('The ordered lanes that conversations are spread over.');
  group
    .command('list')
    .summary('show what waits in each')
    .description('Shows what waits in each partition, and which are paused.')
    .option('--json', 'as JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { partitions } = await readOverview(readSettings());
      terminal.out(json ? `${JSON.stringify(partitions, undefined, 2)}\n` : partitionTable(partitions));
      end(EXIT_OK);
    });
  group
    .command('resume')
    .argument('<partition>', 'its number', wholeNumber(0, LAST_PARTITION))
    .summary('end the pause of one')
    .description('Ends the pause of a partition that too many bad events in a row have stopped.')
    .action(async (partition: number) => {
      const ask = apiAt(apiAccess(readSettings()));
      const { resumed } = await ask({ method: 'POST', path: `/api/v1/partitions/${partition}/resume` }, resumedSchema);
      terminal.out(`Partition ${partition} ${resumed ? 'goes on.' : 'was not paused: nothing to do.'}\n`);
      end(EXIT_OK);
    });
}

function partitionTable(partitions: Overview['partitions']): string {
  const rows = partitions.map(({ id, depth, outbox, oldestMs, epoch, awake, paused }) => [
    String(id),
    String(depth),
    String(outbox),
    oldestMs === null ? '' : `${(oldestMs / 1000).toFixed(1)} s`,
    String(epoch),
    paused === null ? (awake ? 'awake' : 'asleep') : `paused: ${paused}`,
  ]);
  return `${columns([['partition', 'entries', 'outputs', 'oldest', 'epoch', 'state'], ...rows])}\n`;
}
