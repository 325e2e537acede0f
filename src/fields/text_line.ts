// How an element stands in a text line (format text): alone, joined to the one before it, or behind a short name.
import type { Element } from './field.js';

/** Values that speak for themselves. */
const bare = new Set(['protocolName', 'interfaceName', 'tcpFlagsText', 'reverseTcpFlagsText', 'flowEndReasonName']);

/** Short words for what most lines carry; other elements go by their name. */
const words: Readonly<Record<string, string>> = {
  flowDurationMilliseconds: 'ms',
  packetDeltaCount: 'packets',
  reversePacketDeltaCount: '/',
  octetDeltaCount: 'octets',
  reverseOctetDeltaCount: '/',
};

/** The key of an element in format text; native/src/encode/encoder.h says what '', ':', '/' and '>' do. */
export function textKey(element: Element): string {
  if (/^(source|destination)TransportPort$/.test(element.name)) return ':';
  if (/^destinationIPv[46]Address$/.test(element.name)) return '>';
  if (/^sourceIPv[46]Address$/.test(element.name) || bare.has(element.name) || element.type.startsWith('dateTime'))
    return '';
  return words[element.name] ?? element.name;
}
