// How an element stands in a text line (format text): alone, joined to the one before it, or behind a short name.
import type { Element } from './field.js';

/** Values that speak for themselves. */
const bare = new Set([
  'protocolName',
  'interfaceName',
  'tcpFlagsText',
  'reverseTcpFlagsText',
  'flowEndReasonName',
  'eventName',
]);

/** The same, left out when nobody is known, so at the end of a line. */
const bareIfKnown = new Set(['flowProcesses', 'applicationLabel', 'l7Info']);

/** Short words for what most lines carry; other elements go by their name. */
const words: Readonly<Record<string, string>> = {
  flowDurationMilliseconds: 'ms',
  packetDeltaCount: 'packets',
  octetDeltaCount: 'octets',
  sourceTransportPort: 'sport',
  destinationTransportPort: 'dport',
  sourceUserName: 'user',
  sourceProcessCommandLine: 'command',
};

/** What may be joined to which element right before it: a port to its address, a reverse counter to its forward one ... */
function joint(name: string, before: string): string | undefined {
  const address = /^(source|destination)IPv[46]Address$/;
  if (name.endsWith('TransportPort') && address.exec(before)?.[1] === name.slice(0, -'TransportPort'.length))
    return ':';
  if (/^destinationIPv/.test(name) && (/^sourceIPv/.test(before) || before === 'sourceTransportPort')) return '>';
  if (name === `reverse${before[0]?.toUpperCase()}${before.slice(1)}` && before in words) return '/';
  return undefined;
}

/** The keys of a line's elements; native/src/encode/encoder.h says what '', ':', '/', '>' and '?' do. */
export function textKeys(line: readonly Element[]): string[] {
  return line.map((element, index) => {
    const join = joint(element.name, line[index - 1]?.name ?? '');
    if (join !== undefined) return join;
    if (bareIfKnown.has(element.name)) return '?';
    const alone = bare.has(element.name) || element.type.startsWith('dateTime') || /IPv[46]Address$/.test(element.name);
    return alone ? '' : (words[element.name] ?? element.name);
  });
}
