// Webhook targets and deliveries as text for a terminal.
import type { EndpointList, EndpointView } from '../../api/routes/webhooks-schema.ts';
import type { Delivery } from '../../stores/webhooks/health.ts';
import { columns } from '../dead-letters/text.ts';

export function endpointTable({ endpoints }: EndpointList, now: number): string {
  if (endpoints.length === 0) return 'There is no target. Add one: npx throughline webhooks add NAME URL\n';
  const head = ['id', 'name', 'state', 'last', 'delivered', 'failed', 'events'];
  const rows = endpoints.map((endpoint) => [
    endpoint.id,
    endpoint.name,
    stateOf(endpoint, now),
    endpoint.health.lastOutcome ?? '',
    String(endpoint.health.delivered),
    String(endpoint.health.failed),
    endpoint.events.join(','),
  ]);
  return `${columns([head, ...rows])}\n`;
}

export function endpointSheet(endpoint: EndpointView, now: number): string {
  const { id, name, url, events, headers, timeoutMs, createdAt, oldSecretsUntil, health } = endpoint;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Id', id],
    ['Name', name],
    ['URL', url],
    ['State', stateOf(endpoint, now)],
    ['Events', events.join(', ')],
    ['Headers', headers.length === 0 ? undefined : headers.join(', ')],
    ['Answers within', `${timeoutMs} ms`],
    ['Added', moment(createdAt)],
    ['Old secret until', oldSecretsUntil === null ? undefined : moment(oldSecretsUntil)],
    ['Delivered', String(health.delivered)],
    ['Failed tries', String(health.failed)],
    ['Last tried', health.lastAt === null ? 'never' : `${moment(health.lastAt)}, ${health.lastOutcome ?? ''}`],
  ];
  return `${columns(lines.flatMap(([label, value]) => (value === undefined ? [] : [[label, value]])))}\n`;
}

export function deliveryTable(deliveries: readonly Delivery[]): string {
  if (deliveries.length === 0) return 'Nothing was delivered to it yet.\n';
  const head = ['at', 'event', 'try', 'outcome', 'status', 'took', 'message', ''];
  const rows = deliveries.map(({ at, eventType, attempt, outcome, status, latencyMs, messageId, detail }) => [
    moment(at),
    eventType,
    String(attempt),
    outcome,
    status === null ? '' : String(status),
    `${latencyMs} ms`,
    messageId,
    detail ?? '',
  ]);
  return `${columns([head, ...rows])}\n`;
}

export const eventList = ({ events }: EndpointList): string => `${columns(Object.entries(events))}\n`;

export const secretText = (secret: string): string =>
  `Secret (shown this once; the receiver checks signatures with it):\n  ${secret}\n`;

const REASONS = { by_hand: 'off', failing: 'off: failed too long', gone: 'off: it is gone' } as const;

function stateOf({ disabled, health: { failingSince } }: EndpointView, now: number): string {
  if (disabled !== null) return REASONS[disabled.reason];
  if (failingSince === null) return 'on';
  return `on, failing for ${Math.max(1, Math.round((now - failingSince) / 60_000))} min`;
}

const moment = (at: number): string => new Date(at).toISOString();
