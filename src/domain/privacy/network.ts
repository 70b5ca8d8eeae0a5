// Addresses of machines, which are those of people: IPv4, IPv6, MAC. Invariant: a version number of four parts is none.
import type { Span } from './pii.ts';

const IPV4 = /(?<![\d.\p{L}])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\d\p{L}]|\.\d)/gu;
const VERSION_BEFORE = /(?:version|release|firmware|build|ver\.?|v)[\s:=]{0,3}$/i;
/** The machine itself, everybody, nobody: they tell of no one. */
const OF_NO_ONE = /^(?:127\.0\.0\.1|0\.0\.0\.0|255\.255\.\d+\.\d+)$/;
const IPV6 = /(?<![\p{L}\d:.])[\da-fA-F:]{2,39}(?![\p{L}\d:]|\.\d)/gu;
const MAC = /(?<![\p{L}\d:-])[\da-fA-F]{2}([:-])(?:[\da-fA-F]{2}\1){4}[\da-fA-F]{2}(?![\p{L}\d:-])/gu;

export function findNetworkAddresses(text: string): Span[] {
  const dotted = text.includes('.')
    ? [...text.matchAll(IPV4)].filter(isIpv4).map((match) => spanOf(match, 'IP_ADDRESS'))
    : [];
  const isColoned = text.includes(':');
  const coloned = isColoned
    ? [...text.matchAll(IPV6)].filter(([match]) => isIpv6(match)).map((match) => spanOf(match, 'IP_ADDRESS'))
    : [];
  const macs =
    isColoned || text.includes('-') ? [...text.matchAll(MAC)].map((match) => spanOf(match, 'MAC_ADDRESS')) : [];
  return [...dotted, ...coloned, ...macs];
}

const spanOf = ({ index, 0: match }: RegExpExecArray, type: 'IP_ADDRESS' | 'MAC_ADDRESS'): Span => ({
  start: index,
  end: index + match.length,
  type,
});

const isIpv4 = ({ index, input, 0: match }: RegExpExecArray): boolean =>
  !OF_NO_ONE.test(match) && !VERSION_BEFORE.test(input.slice(Math.max(0, index - 12), index));

/** Eight groups, or fewer around one `::`; a time (12:30:00) has no eight, a scope of C++ no digit. */
function isIpv6(text: string): boolean {
  const halves = text.split('::');
  const groups = text.split(':').filter((group) => group !== '');
  if (halves.length > 2 || groups.some((group) => group.length > 4) || !/\d/.test(text)) return false;
  if (halves.length === 1) return groups.length === 8 && !text.startsWith(':') && !text.endsWith(':');
  return groups.length >= 2 && groups.length <= 7;
}
