// The attribute inspector's page: asks for one conversation, shows what would be put onto it, and sends it when told to
// twice. Invariant: what is sent is asked for anew by the API; nothing of a customer is kept, in the address neither.
import { askInspection } from './ask-inspection.ts';
import { attributeRow, showNames, showTally } from './attribute-rows.ts';
import { byId, make, setText } from './elements.ts';
import type { Inspection, InspectionSent } from './inspection.ts';
import { setUpTheme } from './theme.ts';

interface Asked {
  readonly conversation: string;
  readonly flow: string;
}

const SUGGESTED = 50;

const field = (id: string): HTMLInputElement => byId(id) as HTMLInputElement;
const button = (id: string): HTMLButtonElement => byId(id) as HTMLButtonElement;
const dialog = byId('confirm') as HTMLDialogElement;

let shown: Asked | undefined;

setUpTheme(() => undefined);
byId('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  void look({ conversation: field('conversation').value.trim(), flow: field('flow').value.trim() });
});
button('send').addEventListener('click', () => dialog.showModal());
dialog.addEventListener('close', () => {
  if (dialog.returnValue === 'send' && shown !== undefined) void send(shown);
  dialog.returnValue = '';
});
void suggest();
startFromAddress();

/** `/attributes?conversation=…` is a link to one. */
function startFromAddress(): void {
  const given = new URLSearchParams(location.search);
  const [conversation, flow] = [given.get('conversation') ?? '', given.get('flow') ?? ''];
  if (conversation === '') return;
  field('conversation').value = conversation;
  field('flow').value = flow;
  void look({ conversation, flow });
}

async function look(asked: Asked): Promise<void> {
  say('Looking', 'waiting');
  button('send').disabled = true;
  const answer = await askInspection<Inspection>('GET', asked.conversation, asked.flow);
  if (!answer.ok) return refuse(answer.detail);
  shown = asked;
  history.replaceState(null, '', addressOf(asked));
  show(answer.body);
  say(summaryOf(answer.body), answer.body.attributes.some(({ result }) => result === 'MISMATCH') ? 'warning' : 'good');
}

async function send(asked: Asked): Promise<void> {
  say('Sending', 'waiting');
  button('send').disabled = true;
  const answer = await askInspection<InspectionSent>('POST', asked.conversation, asked.flow);
  if (!answer.ok) return refuse(answer.detail, false);
  show(answer.body.inspection);
  say(`Handed to the injection, trace ${answer.body.traceId}.`, 'good');
}

function refuse(detail: string, hide = true): void {
  if (hide) byId('report').hidden = true;
  say(detail, 'bad');
}

function say(text: string, level: string): void {
  const message = byId('message');
  setText(message, text);
  message.dataset['level'] = level;
}

function show(inspection: Inspection): void {
  const { attributes, missing, extra, send: bodies } = inspection;
  byId('attributes').replaceChildren(...attributes.map(attributeRow));
  showTally(byId('tally'), attributes);
  showNames(byId('missing'), missing);
  showNames(byId('extra'), extra);
  const nothing = Object.keys(bodies).length === 0;
  setText(byId('json'), nothing ? 'Nothing.' : JSON.stringify(bodies, undefined, 2));
  setText(byId('against'), `Held against the ${inspection.schema}${inspection.schemaIsStale ? ', the last known' : ''}. ${CUSTOMER[inspection.customer]}`); // prettier-ignore
  button('send').disabled = nothing;
  byId('report').hidden = false;
}

const CUSTOMER: Readonly<Record<Inspection['customer'], string>> = {
  fresh: 'The customer as the CRM says now.',
  cached: 'The customer as the CRM said a short while ago.',
  stale: 'The customer as last known: the CRM does not answer.',
  unknown: 'The CRM does not know the customer, or there is nothing to find them by.',
};

function summaryOf({ attributes, send: bodies }: Inspection): string {
  const mismatches = attributes.filter(({ result }) => result === 'MISMATCH').length;
  if (Object.keys(bodies).length === 0) return 'Nothing would be sent.';
  if (mismatches === 0) return 'All that the CRM has passes.';
  return `${mismatches} of ${attributes.length} cannot be converted; the rest would be sent.`;
}

function addressOf({ conversation, flow }: Asked): string {
  const query = new URLSearchParams({ conversation, ...(flow === '' ? {} : { flow }) });
  return `${location.pathname}?${query.toString()}`;
}

/** The newest conversations in flight, for who has no id at hand. */
async function suggest(): Promise<void> {
  const response = await fetch(`/api/v1/conversations?limit=${SUGGESTED}&order=newest`).catch(() => undefined);
  if (response?.ok !== true) return;
  const { conversations } = (await response.json()) as {
    readonly conversations: readonly { readonly conversationId: string; readonly media: string }[];
  };
  byId('conversations').replaceChildren(
    ...conversations.map(({ conversationId, media }) =>
      make('option', { text: media, attributes: { value: conversationId } }),
    ),
  );
}
