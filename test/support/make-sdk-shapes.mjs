// Makes test/fixtures/sdk-shapes.json from the official SDK's declarations: node test/support/make-sdk-shapes.mjs; with
// `--check` it only says (by its exit code) whether the fixture is what it would make.
// Invariant: nothing is written by hand; what the SDK declares of these operations and classes, and no more. A `!` marks
// what is required, `[]` a list, `{}` a map; a type that starts with a capital is a class.
import { readFileSync, writeFileSync } from 'node:fs';

const sdk = 'purecloud-platform-client-v2';
const root = new URL(`../../node_modules/${sdk}/`, import.meta.url);
const declarations = readFileSync(new URL('index.d.ts', root), 'utf8');
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

/** What the emulator answers to. */
const OPERATIONS = {
  AnalyticsApi: [
    'postAnalyticsConversationsDetailsQuery',
    'postAnalyticsConversationsDetailsJobs',
    'getAnalyticsConversationsDetailsJob',
    'getAnalyticsConversationsDetailsJobResults',
    'deleteAnalyticsConversationsDetailsJob',
    'getAnalyticsConversationsDetailsJobsAvailability',
    'getAnalyticsConversationDetails',
    'getAnalyticsConversationsDetails',
  ],
  ArchitectApi: ['getFlow', 'getFlowLatestconfiguration', 'getFlows'],
  ConversationsApi: [
    'getConversation',
    'getConversations',
    'getConversationsCall',
    'getConversationsCallback',
    'getConversationsEmail',
    'getConversationsMessage',
    'patchConversationParticipantAttributes',
    'patchConversationsCallParticipantAttributes',
    'patchConversationsMessageParticipantAttributes',
    'patchConversationsEmailParticipantAttributes',
    'patchConversationsCallbackParticipantAttributes',
    'patchConversationsCall',
    'patchConversationsCallParticipant',
    'getConversationCustomattribute',
    'getConversationCustomattributes',
    'patchConversationCustomattributes',
    'putConversationCustomattributes',
    'patchConversationCustomattributesBulk',
    'putConversationCustomattributesBulk',
    'postConversationsCustomattributesSearch',
    'getConversationsCustomattributesSchema',
    'getConversationsCustomattributesSchemas',
    'getConversationsMessageDetails',
    'getConversationsMessageMessage',
    'postConversationsMessageMessagesBulk',
    'postConversationsMessageCommunicationMessages',
    'postConversationsMessagesAgentless',
    'postConversationsMessageInboundOpenEvent',
    'postConversationsMessageInboundOpenMessage',
    'postConversationsMessageInboundOpenReceipt',
    'getConversationsMessagingIntegrationsOpen',
  ],
  ExternalContactsApi: [
    'getExternalcontactsContact',
    'postExternalcontactsIdentifierlookupContacts',
    'postExternalcontactsContactsMerge',
    'patchExternalcontactsContactIdentifiers',
  ],
  NotificationsApi: [
    'getNotificationsAvailabletopics',
    'getNotificationsChannels',
    'headNotificationsChannel',
    'postNotificationsChannels',
    'getNotificationsChannelSubscriptions',
    'postNotificationsChannelSubscriptions',
    'putNotificationsChannelSubscriptions',
    'deleteNotificationsChannelSubscriptions',
  ],
  RoutingApi: ['getRoutingQueue', 'getRoutingQueueMembers', 'getRoutingQueues'],
  UsersApi: ['getUser', 'getUsers'],
};

/** What is refused is answered with. */
const REFUSAL = 'ErrorBody';

/** Parts of answers that no contact centre of ours has: named by their fields, not described. */
const FOREIGN = new RegExp(
  `^(${[
    'AgentOwnedRouting|AnalyticsEvaluation|AnalyticsResolution|AnalyticsSurvey|AppleOpaqueId|Biography|Bullseye',
    'CannedResponseLibraries|Chat|Cobrowsesession|Conditional.*|Contact|ConversationChat|ConversationContent(?!Attachment).*',
    'ConversationEnrichment|ConversationEvent(CoBrowse|Presence|Video)|DataSchema',
    'DialerPreview|DirectRouting|EmployerInfo|Evaluation|ExternalDataSource|ExternalOrganization|FacebookId|Geolocation',
    'Group|Image|InstagramId|InternalMessage|LineId|Location|MediaTypes?|MemberGroup|NluInfo|OAuthLastTokenIssued',
    'Operation|OutOfOffice|Queue(Email|Media|Messaging).*|RoutingRule|Screen.*|Script|Segment|SocialExpression',
    'SupportedContentReference|MessagingSettingReference|Team|TwitterId|UserAuthorization|UserConversationSummary',
    'UserPresence|UserRouting.*|UserStations|Video|Voicemail|WhatsAppId|WorkPlanBidRanks',
  ].join('|')})$`,
);

const bodyOf = (kind, name) => new RegExp(String.raw`\b${kind} ${name} \{(.*?)\n\t?\}`, 's').exec(declarations)?.[1];

function typeOf(text) {
  const list = /^Array<(.*)>$/.exec(text);
  if (list) return `[]${typeOf(list[1])}`;
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(text);
  if (map) return `{}${typeOf(map[1])}`;
  return text.replace(/^Models\./, '');
}

function fieldsOf(name) {
  const body = bodyOf('interface', name);
  if (body === undefined) throw new Error(`the SDK declares no ${name}`);
  return Object.fromEntries(
    [...body.matchAll(/"([^"]+)"(\??): (.*);\s*(?:\n|$)/g)].map(([, field, optional, type]) => [
      field,
      `${typeOf(type.trim())}${optional ? '' : '!'}`,
    ]),
  );
}

const answers = {};
for (const [api, operations] of Object.entries(OPERATIONS)) {
  const body = bodyOf('class', api) ?? '';
  for (const operation of operations) {
    const answer = new RegExp(String.raw`\s${operation}\(.*\): Promise<(.*)>;`).exec(body)?.[1];
    if (answer === undefined) throw new Error(`the SDK declares no ${api}.${operation}`);
    answers[`${api}.${operation}`] = typeOf(answer);
  }
}

const classes = {};
const waiting = [...Object.values(answers), REFUSAL];
for (let type = waiting.shift(); type !== undefined; type = waiting.shift()) {
  const name = /[A-Z]\w*/.exec(type)?.[0];
  if (name === undefined || classes[name] !== undefined || FOREIGN.test(name)) continue;
  classes[name] = fieldsOf(name);
  waiting.push(...Object.values(classes[name]));
}

const sorted = Object.fromEntries(Object.entries(classes).sort(([a], [b]) => (a < b ? -1 : 1)));
const text = `${JSON.stringify({ sdk, version, answers, classes: sorted }, undefined, 1)}\n`;
const fixture = new URL('../fixtures/sdk-shapes.json', import.meta.url);
if (process.argv.includes('--check')) process.exitCode = readFileSync(fixture, 'utf8') === text ? 0 : 1;
else writeFileSync(fixture, text);
