// `throughline webhooks …`: the targets that are told of events, through the API; and a receiver for trying them out.
// Invariant: a secret is printed once, when it is made; values of headers and attributes only on demand.
import { Option, type Command } from 'commander';
import { LISTEN_EXAMPLES, listenOptions, type ListenOptions } from './webhooks/listen-options.ts';
import { addEndpoint, changeEndpoint, listEndpoints, readDeliveries, readEndpoint, removeEndpoint, rotateSecret, testEndpoint } from './webhooks/ask.ts'; // prettier-ignore
import { addOptions, overlapHours, type AddOptions } from './webhooks/options.ts';
import { deliveryTable, endpointSheet, endpointTable, eventList, secretText } from './webhooks/text.ts';
import { apiAccess, apiAt, type AskApi } from './api-call.ts';
import { wholeNumber } from './dead-letters/options.ts';
import { EXIT_FAILED, EXIT_OK } from './exit.ts';
import { readSettings } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { MOST_DELIVERIES } from '../stores/webhooks/health.ts';

type End = (exitCode: number) => void;

interface Session {
  readonly group: Command;
  readonly terminal: Terminal;
  readonly end: End;
}

interface Printed {
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  npx throughline webhooks add "Data lake" https://hooks.example.com/in \\
    --events conversation.attributes.enriched,sla.breached
  npx throughline webhooks test wh_…            is it taken?
  npx throughline webhooks deliveries wh_…      how did the last ones go?
  npx throughline webhooks listen               a receiver, to try it out

Messages are signed as https://www.standardwebhooks.com describes: headers
webhook-id, webhook-timestamp and webhook-signature. What is not taken is tried
again, then set aside; npx throughline dead-letters list --stage
deliver-webhooks shows it, and retry sends it again.`;

export function webhooksCommand(program: Command, terminal: Terminal, end: End): void {
  const group = program
    .command('webhooks')
    .summary('targets that are told of events, and a receiver to try them out')
    .description('Targets that are told of events by signed HTTP calls.')
    .addHelpText('after', EXAMPLES);
  const session = { group, terminal, end };
  addAdd(session);
  addList(session);
  addShow(session);
  addSwitch(session, 'enable');
  addSwitch(session, 'disable');
  addRotate(session);
  addRemove(session);
  addTest(session);
  addDeliveries(session);
  addListen(session);
}

const api = (): AskApi => apiAt(apiAccess(readSettings()));
const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

function addAdd({ group, terminal, end }: Session): void {
  const add = group
    .command('add')
    .argument('<name>', 'for people')
    .argument('<url>', 'where messages are sent by POST');
  addOptions(add.summary('add a target').description('Adds a target and prints its secret, this once.'))
    .option('--json', 'as JSON')
    .action(async (name: string, url: string, options: AddOptions & Printed) => {
      const made = await addEndpoint(api(), name, url, options);
      terminal.out(
        options.json === true ? json(made) : `${endpointSheet(made, Date.now())}\n${secretText(made.secret)}`,
      );
      end(EXIT_OK);
    });
}

function addList({ group, terminal, end }: Session): void {
  group
    .command('list')
    .summary('list the targets')
    .description('Lists the targets and how their deliveries go.')
    .option('--events', 'list the kinds of events instead')
    .option('--json', 'as JSON')
    .action(async ({ events: kinds, json: asJson }: Printed & { readonly events?: boolean }) => {
      const list = await listEndpoints(api());
      const shown = kinds === true ? list.events : list;
      terminal.out(asJson === true ? json(shown) : kinds === true ? eventList(list) : endpointTable(list, Date.now()));
      end(EXIT_OK);
    });
}

function addShow({ group, terminal, end }: Session): void {
  const show = group.command('show').argument('<id>', 'from the list').summary('show a target');
  show
    .description('Shows a target; of its headers the names.')
    .option('--json', 'as JSON')
    .action(async (id: string, { json: asJson }: Printed) => {
      const endpoint = await readEndpoint(api(), id);
      terminal.out(asJson === true ? json(endpoint) : endpointSheet(endpoint, Date.now()));
      end(EXIT_OK);
    });
}

function addSwitch({ group, terminal, end }: Session, verb: 'enable' | 'disable'): void {
  const summary = verb === 'enable' ? 'call a target again' : 'stop calling a target';
  const description =
    verb === 'enable'
      ? 'Switches a target on. What was set aside meanwhile: npx throughline dead-letters retry --code target_disabled'
      : 'Switches a target off; what happens meanwhile is not kept for it, what is on its way is set aside.';
  const command = group.command(verb).argument('<id>', 'from the list').summary(summary).description(description);
  command.action(async (id: string) => {
    const { name } = await changeEndpoint(api(), id, { enabled: verb === 'enable' });
    terminal.out(`${name} is ${verb}d.\n`);
    end(EXIT_OK);
  });
}

function addRotate({ group, terminal, end }: Session): void {
  group
    .command('rotate-secret')
    .argument('<id>', 'from the list')
    .summary('give a target a new secret')
    .description('Gives a target a new secret and prints it, this once. The old one signs too for the overlap.')
    .option('--secret <secret>', 'of your own making: whsec_ and 24 to 64 bytes in base64')
    .addOption(
      new Option('--overlap <time>', 'how long the old one signs too').argParser(overlapHours).default(24, '24h'),
    )
    .action(async (id: string, { secret, overlap }: { readonly secret?: string; readonly overlap: number }) => {
      const rotated = await rotateSecret(api(), id, { secret, overlapHours: overlap });
      const { oldSecretsUntil: until } = rotated;
      const old =
        until === null ? 'The old one is void.' : `The old one signs too until ${new Date(until).toISOString()}.`;
      terminal.out(`${secretText(rotated.secret)}${old}\n`);
      end(EXIT_OK);
    });
}

function addRemove({ group, terminal, end }: Session): void {
  const remove = group.command('remove').argument('<id>', 'from the list').summary('remove a target');
  remove.description('Removes a target; what is on its way to it is dropped.').action(async (id: string) => {
    await removeEndpoint(api(), id);
    terminal.out('It is removed.\n');
    end(EXIT_OK);
  });
}

function addTest({ group, terminal, end }: Session): void {
  const test = group.command('test').argument('<id>', 'from the list').summary('send a target a test message');
  test.description('Sends a message of kind test, and says what came of it.').action(async (id: string) => {
    const delivery = await testEndpoint(api(), id);
    if (delivery === undefined) {
      terminal.error('Nothing came of it yet: no worker has taken it up, or the target has asked to be left alone.\n');
      return end(EXIT_FAILED);
    }
    terminal.out(deliveryTable([delivery]));
    return end(delivery.outcome === 'delivered' ? EXIT_OK : EXIT_FAILED);
  });
}

function addDeliveries({ group, terminal, end }: Session): void {
  const limit = new Option('--limit <n>', 'how many, newest first')
    .default(20)
    .argParser(wholeNumber(1, MOST_DELIVERIES));
  group
    .command('deliveries')
    .argument('<id>', 'from the list')
    .summary('show the last deliveries to a target')
    .description('Shows the last deliveries to a target: when, what, and what it answered.')
    .addOption(limit)
    .option('--json', 'as JSON')
    .action(async (id: string, { limit: most, json: asJson }: Printed & { readonly limit: number }) => {
      const deliveries = await readDeliveries(api(), id, most);
      terminal.out(asJson === true ? json(deliveries) : deliveryTable(deliveries));
      end(EXIT_OK);
    });
}

function addListen({ group, terminal, end }: Session): void {
  const listen = group.command('listen').summary('receive messages on this machine, to try it out');
  listenOptions(listen.description('Receives messages on 127.0.0.1, checks their signatures, prints what came.'))
    .addHelpText('after', LISTEN_EXAMPLES)
    .action(async (options: ListenOptions) => {
      const { listenHere } = await import('./webhooks/listen-here.ts');
      end(await listenHere(options, terminal));
    });
}
