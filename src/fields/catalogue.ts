// THE table of flow fields: one line a field. fields.def, the field reference and the JSON Schemas are generated from
// it (`npm run generate`); a new field is one line here. New rows go to the end of their group; the number of an own
// row is the next free one of `own()` below and is never used again for anything else.
//
// A row reads: who numbers it( name or [first, second], id or [first, second], type, place, meaning, labels, note, more )
//  - place: at() one member · both() a directional pair · ends() source and destination · computed() a function of
//    native/src/fields/derive*.cc, with 'one', 'pair' or 'endpoint' elements · who() and opener() source
//    and destination, a member of native/src/fields/endpoint_profile.h · labelsOf() the same, a text that is a JSON object ·
//    fact() what was read in the payload, named as in native/src/fields/flow_facts.h · code() the same, a number whose 0 is
//    a value · parts() the same, a list
//  - meaning: IPFIX semantics and units, such as 'deltaCounter octets'
//  - labels: nProbe's names, the one we print first; behind '|' those of the second element
import type { Field, Place, WireType } from './field.js';

type Semantics = NonNullable<Field['semantics']>;
type Units = NonNullable<Field['units']>;
type Meaning = '' | Semantics | Units | `${Semantics} ${Units}`;
type More = Pick<
  Field,
  'absentWhenZero' | 'absentWhenAllOnes' | 'family' | 'twin' | 'length' | 'needs' | 'sharesId' | 'textOctets'
>;
type Row = Omit<Field, 'group'>;
type One<T> = T | readonly [T, T];

const semanticsNames = ['default', 'quantity', 'totalCounter', 'deltaCounter', 'identifier', 'flags', 'list'];

const at = (member: string): Place => ({ kind: 'scalar', member });
const both = (member: string): Place => ({ kind: 'pair', member });
const ends = (member: string): Place => ({ kind: 'endpoint', member });
const computed = (call: string, sides: 'one' | 'pair' | 'endpoint' = 'one'): Place => ({
  kind: 'derived',
  call,
  sides,
});

const who = (member: string): Place => ({ kind: 'profile', member, of: 'profile', json: false });
const opener = (member: string): Place => ({ kind: 'profile', member, of: 'opener', json: false });
const labelsOf = (member: string): Place => ({ kind: 'profile', member, of: 'profile', json: true });

const fact = (name: string): Place => ({ kind: 'fact', fact: name, form: 'plain' });
const code = (name: string): Place => ({ kind: 'fact', fact: name, form: 'plusOne' });
const parts = (name: string): Place => ({ kind: 'fact', fact: name, form: 'list' });

type RowMaker = (
  name: One<string>,
  id: One<number>,
  type: WireType,
  place: Place,
  meaning: Meaning,
  labels: string,
  note: string,
  more?: More,
) => Row;

function numberedBy(enterprise: Field['enterprise']): RowMaker {
  return (name, id, type, place, meaning, labels, note, more = {}) => {
    const words = meaning.split(' ').filter((word) => word !== '');
    const [first, second] = labels.split('|').map((part) => part.split(' ').filter((label) => label !== ''));
    return {
      name: typeof name === 'string' ? name : name[0],
      otherName: typeof name === 'string' ? undefined : name[1],
      enterprise,
      id: typeof id === 'number' ? id : id[0],
      otherId: typeof id === 'number' ? undefined : id[1],
      type,
      labels: first,
      otherLabels: second,
      place,
      semantics: words.find((word) => semanticsNames.includes(word)) as Semantics | undefined,
      units: words.find((word) => !semanticsNames.includes(word)) as Units | undefined,
      note,
      ...more,
    };
  };
}

const iana = numberedBy('iana');
const ntop = numberedBy('ntop');
const antrea = numberedBy('antrea');
const own = numberedBy('weir');

const group = (name: string, rows: Row[]): Field[] => rows.map((row) => ({ ...row, group: name }));

// Options that many rows share.
const quiet = { absentWhenZero: true } as const; // 0 says "none" or "unknown": left out of JSON and text
const tcp = { absentWhenZero: true, needs: 'tcp' } as const;
const stats = { needs: 'stats' } as const;
const quietStats = { absentWhenZero: true, needs: 'stats' } as const;
const tunnel = { absentWhenZero: true, needs: 'tunnel' } as const;
const sequence = { absentWhenZero: true, needs: 'text' } as const;
const ends4 = { family: 4, absentWhenZero: true, needs: 'endpoint' } as const;
const ends6 = { family: 6, absentWhenZero: true, needs: 'endpoint' } as const;
const endpoint = { absentWhenZero: true, needs: 'endpoint' } as const;
const kernel = { absentWhenZero: true, needs: 'kernel' } as const;
const known = { absentWhenAllOnes: true } as const; // 0 is root: 4294967295 says "unknown"
const label = { absentWhenZero: true, needs: 'label' } as const;
const risk = { absentWhenZero: true, needs: 'risk' } as const;
const tls = { absentWhenZero: true, needs: 'tls' } as const;
const word = { absentWhenZero: true, textOctets: 8 } as const; // in NetFlow v9
const long = { absentWhenZero: true, textOctets: 64 } as const;

// biome-ignore format: one line a row, so lines are long here.
export const catalogue: readonly Field[] = [
  ...group('Time', [
    iana('flowStartMilliseconds', 152, 'dateTimeMilliseconds', at('hot.startNs'), 'default milliseconds', 'FLOW_START_MILLISECONDS', 'First packet since the previous record of the flow.'),
    iana('flowEndMilliseconds', 153, 'dateTimeMilliseconds', at('hot.endNs'), 'default milliseconds', 'FLOW_END_MILLISECONDS', 'Last packet of the record.'),
    iana('flowStartSeconds', 150, 'dateTimeSeconds', at('hot.startNs'), 'default seconds', 'FLOW_START_SEC', 'First packet since the previous record, whole seconds.'),
    iana('flowEndSeconds', 151, 'dateTimeSeconds', at('hot.endNs'), 'default seconds', 'FLOW_END_SEC', 'Last packet of the record, whole seconds.'),
    iana('flowStartMicroseconds', 154, 'dateTimeMicroseconds', at('hot.startNs'), 'default microseconds', 'FLOW_START_MICROSECONDS', 'First packet since the previous record, NTP format on the wire.'),
    iana('flowEndMicroseconds', 155, 'dateTimeMicroseconds', at('hot.endNs'), 'default microseconds', 'FLOW_END_MICROSECONDS', 'Last packet of the record, NTP format on the wire.'),
    iana('flowStartNanoseconds', 156, 'dateTimeNanoseconds', at('hot.startNs'), 'default nanoseconds', '', 'First packet since the previous record, NTP format on the wire.'),
    iana('flowEndNanoseconds', 157, 'dateTimeNanoseconds', at('hot.endNs'), 'default nanoseconds', '', 'Last packet of the record, NTP format on the wire.'),
    iana('flowStartSysUpTime', 22, 'unsigned32', computed('startSysUpTime'), 'milliseconds', 'FIRST_SWITCHED', 'First packet, since systemInitTimeMilliseconds; 0 when it came before. JSON of naming nprobe writes epoch seconds.'),
    iana('flowEndSysUpTime', 21, 'unsigned32', computed('endSysUpTime'), 'milliseconds', 'LAST_SWITCHED', 'Last packet, since systemInitTimeMilliseconds; 0 when it came before. JSON of naming nprobe writes epoch seconds.'),
    iana('systemInitTimeMilliseconds', 160, 'dateTimeMilliseconds', computed('systemInitTime'), 'default milliseconds', '', 'Start of the probe: zero of the SysUpTime fields.'),
    iana('flowDurationMilliseconds', 161, 'unsigned32', computed('durationMilliseconds'), 'milliseconds', 'FLOW_DURATION_MILLISECONDS', 'Last minus first packet of the record; the largest number when it does not fit.'),
    iana('flowDurationMicroseconds', 162, 'unsigned32', computed('durationMicroseconds'), 'microseconds', 'FLOW_DURATION_MICROSECONDS', 'Last minus first packet of the record; the largest number (71 minutes) when it does not fit.'),
    ntop('streamDurationMilliseconds', [391, 392], 'unsigned32', computed('streamDurationMilliseconds', 'pair'), 'quantity milliseconds', 'DURATION_IN|DURATION_OUT', 'Last minus first packet of one direction.', quietStats),
    own('flowFirstSeen', 1, 'dateTimeMilliseconds', at('link.firstSeenNs'), 'default milliseconds', '', 'First packet of the flow, the same in all its records.'),
    own('directionStartMilliseconds', [5, 6], 'dateTimeMilliseconds', both('stats.firstNs'), 'default milliseconds', '', 'First packet of one direction in the record; absent when it had none.', quietStats),
    own('directionEndMilliseconds', [7, 8], 'dateTimeMilliseconds', both('stats.lastNs'), 'default milliseconds', '', 'Last packet of one direction in the record; absent when it had none.', quietStats),
    own('flowAgeMilliseconds', 53, 'unsigned32', computed('flowAgeMilliseconds'), 'quantity milliseconds', '', 'Last packet of the record minus flowFirstSeen.'),
    iana('flowActiveTimeout', 36, 'unsigned16', computed('activeTimeout'), 'seconds', 'FLOW_ACTIVE_TIMEOUT', 'The active timeout in force (--active-timeout).'),
    iana('flowIdleTimeout', 37, 'unsigned16', computed('idleTimeout'), 'seconds', 'FLOW_INACTIVE_TIMEOUT', 'The idle timeout in force (--idle-timeout).'),
  ]),
  ...group('Flow key', [
    iana(['sourceIPv4Address', 'destinationIPv4Address'], [8, 12], 'ipv4Address', ends('hot.key.address'), 'default', 'IPV4_SRC_ADDR|IPV4_DST_ADDR', 'IPv4 address of the initiator / responder.', { family: 4, twin: 'sourceIPv6Address' }),
    iana(['sourceIPv6Address', 'destinationIPv6Address'], [27, 28], 'ipv6Address', ends('hot.key.address'), 'default', 'IPV6_SRC_ADDR|IPV6_DST_ADDR', 'IPv6 address of the initiator / responder.', { family: 6, twin: 'sourceIPv4Address' }),
    iana(['sourceTransportPort', 'destinationTransportPort'], [7, 11], 'unsigned16', ends('hot.key.port'), 'identifier', 'L4_SRC_PORT|L4_DST_PORT', 'TCP, UDP, UDP-Lite, DCCP or SCTP port; 0 where the protocol has none.'),
    iana('protocolIdentifier', 4, 'unsigned8', at('hot.key.protocol'), 'identifier', 'PROTOCOL', 'IP protocol number; for IPv6 that of the upper layer.'),
    ntop('protocolName', 1028, 'string', computed('protocolName'), 'default', 'PROTOCOL_MAP', 'IP protocol as text: TCP, UDP, ICMP; the number where it has no common name.'),
    iana('ipVersion', 60, 'unsigned8', at('hot.key.ipVersion'), 'identifier', 'IP_PROTOCOL_VERSION', 'IP version of the metered packets, 4 or 6.'),
    ntop('serverPort', 1036, 'unsigned16', at('hot.key.port[1]'), 'identifier', 'L4_SRV_PORT', 'Port of the responder, whichever way the record looks.'),
    iana('icmpTypeCodeIPv4', 32, 'unsigned16', computed('icmpTypeCode'), 'identifier', 'ICMP_TYPE', 'Type * 256 + code of the first ICMP packet.', { family: 4, twin: 'icmpTypeCodeIPv6', absentWhenZero: true }),
    iana('icmpTypeCodeIPv6', 139, 'unsigned16', computed('icmpTypeCode'), 'identifier', '', 'Type * 256 + code of the first ICMPv6 packet.', { family: 6, twin: 'icmpTypeCodeIPv4', absentWhenZero: true }),
    iana('icmpTypeIPv4', 176, 'unsigned8', at('link.icmpType'), 'identifier', 'ICMP_IPV4_TYPE', 'Type of the first ICMP packet.', { family: 4, twin: 'icmpTypeIPv6', absentWhenZero: true }),
    iana('icmpTypeIPv6', 178, 'unsigned8', at('link.icmpType'), 'identifier', '', 'Type of the first ICMPv6 packet.', { family: 6, twin: 'icmpTypeIPv4', absentWhenZero: true }),
    iana('icmpCodeIPv4', 177, 'unsigned8', at('link.icmpCode'), 'identifier', 'ICMP_IPV4_CODE', 'Code of the first ICMP packet.', { family: 4, twin: 'icmpCodeIPv6', absentWhenZero: true }),
    iana('icmpCodeIPv6', 179, 'unsigned8', at('link.icmpCode'), 'identifier', '', 'Code of the first ICMPv6 packet.', { family: 6, twin: 'icmpCodeIPv4', absentWhenZero: true }),
    iana('flowLabelIPv6', 31, 'unsigned32', at('link.flowLabel'), 'identifier', 'IPV6_FLOW_LABEL', 'Flow label of the first packet.', { family: 6, absentWhenZero: true }),
    iana('IPSecSPI', 295, 'unsigned32', both('link.spi'), 'identifier', '', 'Security Parameters Index of ESP or AH, first seen each way.', quiet),
    own('protocolKeyword', 56, 'string', computed('protocolKeyword'), 'default', '', 'IP protocol as IANA\'s keyword in lower case: tcp, udp, icmp, ipv6-icmp; absent where weir knows none.', quiet),
  ]),
  ...group('Flow identity', [
    iana('flowId', 148, 'unsigned64', at('link.flowId'), 'identifier', 'FLOW_ID', 'Unique in one run of the probe; the same in all records of a flow.'),
    own('recordIndex', 2, 'unsigned32', at('hot.recordIndex'), 'identifier', '', '0 in the first record of a flow, one more in each that follows an active timeout.'),
    own('communityId', 3, 'string', computed('communityIdText'), 'identifier', '', 'Community ID version 1, the same for both directions and in other tools (Zeek, Suricata).'),
    iana('flowEndReason', 136, 'unsigned8', at('hot.endReason'), 'identifier', 'FLOW_END_REASON', 'Why the record left: 1 idle, 2 active timeout, 3 end of flow (FIN, RST), 4 forced, 5 lack of resources.'),
    own('flowEndReasonName', 48, 'string', computed('endReasonName'), 'default', '', 'flowEndReason as text: idle, active, end, forced, resources.', quiet),
    iana('biflowDirection', 239, 'unsigned8', computed('biflowDirection'), 'identifier', 'BIFLOW_DIRECTION', '1: the source is the initiator, 2: the destination is, 0: TCP whose start was not seen, so the first sender is the source.'),
    own('directionMethod', 4, 'unsigned8', at('hot.directionMethod'), 'identifier', '', 'How the initiator was found: 0 first packet seen, 1 SYN or INIT, 2 SYN-ACK or INIT ACK, 3 ICMP echo, 4 socket.'),
    iana('flowDirection', 61, 'unsigned8', computed('flowDirection'), 'identifier', 'DIRECTION', '0 when the source\'s packets come in at the interface, 1 when they go out.'),
    own('flowDirectionName', 59, 'string', computed('flowDirectionName'), 'default', '', 'ingress when the source\'s packets come in at the interface, egress when they go out; absent when unknown.', quiet),
  ]),
  ...group('Counters', [
    iana('octetDeltaCount', 1, 'unsigned64', both('hot.octets'), 'deltaCounter octets', 'IN_BYTES SRC_TO_DST_BYTES|OUT_BYTES DST_TO_SRC_BYTES', 'Octets of IP packets, headers included, since the previous record.'),
    iana('packetDeltaCount', 2, 'unsigned64', both('hot.packets'), 'deltaCounter packets', 'IN_PKTS SRC_TO_DST_PKTS|OUT_PKTS DST_TO_SRC_PKTS', 'Packets as on the wire since the previous record.'),
    iana('initiatorOctets', 231, 'unsigned64', at('hot.payloadOctets[0]'), 'deltaCounter octets', '', 'Octets behind the transport header sent by the initiator, retransmissions included.'),
    iana('responderOctets', 232, 'unsigned64', at('hot.payloadOctets[1]'), 'deltaCounter octets', '', 'Octets behind the transport header sent by the responder, retransmissions included.'),
    own('payloadOctetDeltaCount', [54, 55], 'unsigned64', both('hot.payloadOctets'), 'deltaCounter octets', '', 'Octets behind the transport header by direction of the record.'),
    iana('transportOctetDeltaCount', 401, 'unsigned64', both('hot.payloadOctets'), 'deltaCounter octets', '', 'Octets behind the transport header by direction of the record, SYN and FIN not counted: as sockets count them with -i ebpf:.'),
    own('flowOctets', 49, 'unsigned64', computed('flowOctets'), 'deltaCounter octets', '', 'Octets of both directions together.'),
    own('flowPackets', 50, 'unsigned64', computed('flowPackets'), 'deltaCounter packets', '', 'Packets of both directions together.'),
    iana('octetDeltaSumOfSquares', 198, 'unsigned64', both('stats.sizeSquares'), '', '', 'Sum of the squared packet sizes since the previous record.', stats),
    ntop('averageThroughput', [84, 87], 'unsigned32', computed('averageThroughput', 'pair'), 'quantity', 'SRC_TO_DST_AVG_THROUGHPUT|DST_TO_SRC_AVG_THROUGHPUT', 'Bits per second over the duration of the record; absent when that is 0.', quiet),
    iana('selectorId', 302, 'unsigned64', computed('selectorId'), 'identifier', 'SELECTOR_ID', 'Selector of the metered packets, as the options records describe it: 1 with packet sampling, absent without.', quiet),
    iana('samplingInterval', 34, 'unsigned32', computed('samplingInterval'), 'quantity packets', 'SAMPLING_INTERVAL', 'A packet of the counters stands for so many on the wire: 1 without packet sampling and where the counters are scaled up already. Deprecated by IANA; for collectors that read the rate from flow records.'),
  ]),
  ...group('IP', [
    iana('ipClassOfService', 5, 'unsigned8', both('hot.tos'), 'identifier', 'SRC_TOS|DST_TOS', 'ToS or traffic class octet of the first packet each way.'),
    iana('ipDiffServCodePoint', 195, 'unsigned8', computed('dscp', 'pair'), 'identifier', '', 'DSCP of the first packet each way: the high 6 bits of ipClassOfService.'),
    iana('minimumTTL', 52, 'unsigned8', computed('minimumTtl', 'pair'), 'hops', 'MIN_TTL', 'Smallest TTL or hop limit; 0 when the direction had no packet.'),
    iana('maximumTTL', 53, 'unsigned8', both('hot.ttlMax'), 'hops', 'MAX_TTL', 'Largest TTL or hop limit; 0 when the direction had no packet.'),
    iana('fragmentFlags', 197, 'unsigned8', at('hot.fragmentFlags'), 'flags', '', 'OR over all packets of both directions: 0x40 don\'t fragment, 0x20 more fragments.', quiet),
    ntop('fragmentPackets', [80, 81], 'unsigned16', both('link.fragments'), 'deltaCounter packets', 'SRC_FRAGMENTS|DST_FRAGMENTS', 'IP fragments each way; stays at 65535.', quiet),
  ]),
  ...group('Link and interface', [
    iana(['sourceMacAddress', 'destinationMacAddress'], [56, 80], 'macAddress', ends('link.mac'), 'default', 'IN_SRC_MAC OUT_SRC_MAC|IN_DST_MAC OUT_DST_MAC', 'MAC address of the source / destination side on this link; a passive probe sees no other one behind it.', quiet),
    iana('vlanId', 58, 'unsigned16', computed('innermostVlan'), 'identifier', 'SRC_VLAN', 'Innermost VLAN id of the frame.', quiet),
    iana('dot1qVlanId', 243, 'unsigned16', at('hot.key.vlanId'), 'identifier', 'DOT1Q_SRC_VLAN', 'Outer (or only) VLAN id.', quiet),
    iana('dot1qCustomerVlanId', 245, 'unsigned16', at('hot.key.innerVlanId'), 'identifier', '', 'Second VLAN id of a QinQ frame.', quiet),
    iana('dot1qPriority', 244, 'unsigned8', at('link.vlanPriority'), 'identifier', '', 'Priority bits of the outer tag, first packet.', quiet),
    iana('mplsTopLabelStackSection', 70, 'octetArray', computed('mplsTop'), 'default', 'MPLS_LABEL_1', 'Label, traffic class and bottom bit of the top label stack entry, 3 octets.', { length: 3, absentWhenZero: true }),
    own('mplsTopLabel', 10, 'unsigned32', computed('mplsTopLabel'), 'identifier', '', 'Label number of the top label stack entry.', quiet),
    iana('mplsTopLabelExp', 203, 'unsigned8', computed('mplsTopLabelExp'), 'flags', '', 'Traffic class bits of the top label stack entry.', quiet),
    iana('mplsTopLabelTTL', 200, 'unsigned8', computed('mplsTopLabelTtl'), 'hops', '', 'TTL of the top label stack entry.', quiet),
    iana('mplsLabelStackDepth', 202, 'unsigned32', at('link.mplsDepth'), 'entries', '', 'Labels on the stack.', quiet),
    iana(['ingressInterface', 'egressInterface'], [10, 14], 'unsigned32', ends('link.interface'), 'identifier', 'INPUT_SNMP|OUTPUT_SNMP', 'ifIndex by which the source\'s packets came in / went out; 0 when that side was not seen here.', quiet),
    iana('interfaceName', 82, 'string', computed('interfaceName'), 'default', 'INTERFACE_NAME', 'Name of the Observation Point: interface or capture file.', quiet),
    own('networkNamespace', 9, 'string', computed('networkNamespace'), 'default', '', 'Network namespace of the Observation Point as configured; absent for the probe\'s own.', quiet),
    iana('observationPointId', 138, 'unsigned64', at('hot.key.observationPoint'), 'identifier', '', 'Number of the Observation Point in this run, from 0.'),
    iana('observationDomainId', 149, 'unsigned32', computed('observationDomain'), 'identifier', '', 'Observation Domain of the exporter (--observation-domain).'),
    own(['ingressInterfaceName', 'egressInterfaceName'], [57, 58], 'string', computed('sideInterfaceName', 'endpoint'), 'default', '', 'Name of the interface by which the source\'s packets came in / went out; absent when that side was not seen here.', quiet),
  ]),
  ...group('TCP flags', [
    iana('tcpControlBits', 6, 'unsigned16', both('hot.tcpFlags'), 'flags', '', 'OR of the TCP flags each way, low 8 bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.', { length: 1 }),
    iana('tcpControlBitsUnion', 6, 'unsigned16', computed('tcpFlagsUnion'), 'flags', 'TCP_FLAGS', 'OR of the TCP flags of both directions in one element, as nProbe sends it; a uniflow carries tcpControlBits instead.', { length: 1, sharesId: 'tcpControlBits' }),
    ntop('clientTcpFlags', 78, 'unsigned8', at('hot.tcpFlags[0]'), 'flags', 'CLIENT_TCP_FLAGS', 'OR of the TCP flags of the initiator.'),
    ntop('serverTcpFlags', 79, 'unsigned8', at('hot.tcpFlags[1]'), 'flags', 'SERVER_TCP_FLAGS', 'OR of the TCP flags of the responder.'),
    own('tcpFlagsText', [46, 47], 'string', computed('tcpFlagsText', 'pair'), 'default', '', 'TCP flags each way as letters in the order CEUAPRSF, those set only.', quiet),
  ]),
  ...group('Latency', [
    ntop('clientLatencyMilliseconds', 123, 'unsigned32', computed('clientLatencyMilliseconds'), 'quantity milliseconds', 'CLIENT_NW_LATENCY_MS', 'Half of clientRoundTripMicroseconds, rounded; absent below half a millisecond.', tcp),
    ntop('serverLatencyMilliseconds', 124, 'unsigned32', computed('serverLatencyMilliseconds'), 'quantity milliseconds', 'SERVER_NW_LATENCY_MS', 'Half of serverRoundTripMicroseconds, rounded; absent below half a millisecond.', tcp),
    ntop('applicationLatencyMilliseconds', 125, 'unsigned32', computed('applicationLatencyMilliseconds'), 'quantity milliseconds', 'APPL_LATENCY_MS', 'applicationLatencyMicroseconds, rounded; absent below half a millisecond.', tcp),
    own('clientRoundTripMicroseconds', 11, 'unsigned32', at('tcp.clientLatencyUs'), 'quantity microseconds', '', 'Initiator to probe and back: SYN-ACK to ACK of the TCP handshake.', tcp),
    own('serverRoundTripMicroseconds', 12, 'unsigned32', at('tcp.serverLatencyUs'), 'quantity microseconds', '', 'Probe to responder and back: SYN to SYN-ACK of the TCP handshake.', tcp),
    own('handshakeRoundTripMicroseconds', 14, 'unsigned32', computed('handshakeRoundTrip'), 'quantity microseconds', '', 'Whole TCP handshake: client plus server round trip, when both are known.', tcp),
    own('applicationLatencyMicroseconds', 13, 'unsigned32', at('tcp.applicationLatencyUs'), 'quantity microseconds', '', 'First payload of the initiator to first payload of the responder.', tcp),
  ]),
  ...group('TCP loss and order', [
    ntop('retransmittedPackets', [109, 110], 'unsigned32', both('tcp.retransmittedPackets'), 'deltaCounter packets', 'RETRANSMITTED_IN_PKTS|RETRANSMITTED_OUT_PKTS', 'Segments with octets seen before; keep-alives and window probes not counted.', tcp),
    ntop('retransmittedOctets', [127, 128], 'unsigned32', both('tcp.retransmittedOctets'), 'deltaCounter octets', 'RETRANSMITTED_IN_BYTES|RETRANSMITTED_OUT_BYTES', 'Payload octets seen before.', tcp),
    ntop('outOfOrderPackets', [111, 112], 'unsigned32', both('tcp.outOfOrderPackets'), 'deltaCounter packets', 'OOORDER_IN_PKTS|OOORDER_OUT_PKTS', 'Segments that filled a hole of the sequence space soon after it opened.', tcp),
    own('outOfOrderOctets', [15, 16], 'unsigned32', both('tcp.outOfOrderOctets'), 'deltaCounter octets', '', 'Payload octets of out-of-order segments.', tcp),
    own('lostPackets', [17, 18], 'unsigned32', both('tcp.lostPackets'), 'deltaCounter packets', '', 'Segments the probe never saw, estimated from lostOctets and the MSS.', tcp),
    own('lostOctets', [19, 20], 'unsigned32', both('tcp.lostOctets'), 'deltaCounter octets', '', 'Sequence space skipped and never seen.', tcp),
  ]),
  ...group('TCP window', [
    ntop('tcpWindowMinimum16', [415, 419], 'unsigned16', computed('windowMinimum16', 'pair'), 'quantity octets', 'TCP_WIN_MIN_IN|TCP_WIN_MIN_OUT', 'tcpWindowMinimum in 16 bits; 65535 when it does not fit.', tcp),
    ntop('tcpWindowMaximum16', [416, 420], 'unsigned16', computed('windowMaximum16', 'pair'), 'quantity octets', 'TCP_WIN_MAX_IN|TCP_WIN_MAX_OUT', 'tcpWindowMaximum in 16 bits; 65535 when it does not fit.', tcp),
    own('tcpWindowMinimum', [21, 22], 'unsigned32', computed('windowMinimum', 'pair'), 'quantity octets', '', 'Smallest window announced, after scaling.', tcp),
    own('tcpWindowMaximum', [23, 24], 'unsigned32', both('tcp.windowMax'), 'quantity octets', '', 'Largest window announced, after scaling.', tcp),
    ntop('tcpMaximumSegmentSize', [417, 421], 'unsigned16', both('tcp.mss'), 'quantity octets', 'TCP_WIN_MSS_IN|TCP_WIN_MSS_OUT', 'MSS option of the side\'s SYN.', tcp),
    ntop('tcpWindowScale', [418, 422], 'unsigned8', computed('windowScale', 'pair'), 'quantity', 'TCP_WIN_SCALE_IN|TCP_WIN_SCALE_OUT', 'Window scale option of the side\'s SYN, the shift; 0 without the option.', tcp),
    own('tcpZeroWindows', [25, 26], 'unsigned16', both('tcp.zeroWindows'), 'deltaCounter packets', '', 'Segments that announced a zero window; stays at 65535.', tcp),
  ]),
  ...group('Packet size', [
    iana('minimumIpTotalLength', 25, 'unsigned64', computed('minimumLength', 'pair'), 'octets', 'MIN_IP_PKT_LEN', 'Smallest IP packet of the direction; 0 when it had none.', { length: 2, needs: 'stats' }),
    iana('maximumIpTotalLength', 26, 'unsigned64', both('stats.sizeMax'), 'octets', 'MAX_IP_PKT_LEN', 'Largest IP packet of the direction; 0 when it had none.', { length: 2, needs: 'stats' }),
    own('packetSizeMean', [27, 28], 'float64', computed('sizeMean', 'pair'), 'quantity octets', '', 'Mean IP packet size of the direction.', quiet),
    own('packetSizeDeviation', [29, 30], 'float64', computed('sizeDeviation', 'pair'), 'quantity octets', '', 'Standard deviation of the IP packet size of the direction.', quietStats),
    ntop('longestPacket', 107, 'unsigned16', computed('longestPacket'), 'quantity octets', 'LONGEST_FLOW_PKT', 'Largest IP packet of both directions.', stats),
    ntop('shortestPacket', 108, 'unsigned16', computed('shortestPacket'), 'quantity octets', 'SHORTEST_FLOW_PKT', 'Smallest IP packet of both directions.', stats),
    ntop('packetsUpTo128', 88, 'unsigned32', at('stats.sizeClasses[0]'), 'deltaCounter packets', 'NUM_PKTS_UP_TO_128_BYTES', 'IP packets of at most 128 octets, both directions.', stats),
    ntop('packets129To256', 89, 'unsigned32', at('stats.sizeClasses[1]'), 'deltaCounter packets', 'NUM_PKTS_128_TO_256_BYTES', 'IP packets of 129 to 256 octets, both directions.', stats),
    ntop('packets257To512', 90, 'unsigned32', at('stats.sizeClasses[2]'), 'deltaCounter packets', 'NUM_PKTS_256_TO_512_BYTES', 'IP packets of 257 to 512 octets, both directions.', stats),
    ntop('packets513To1024', 91, 'unsigned32', at('stats.sizeClasses[3]'), 'deltaCounter packets', 'NUM_PKTS_512_TO_1024_BYTES', 'IP packets of 513 to 1024 octets, both directions.', stats),
    ntop('packets1025To1514', 92, 'unsigned32', at('stats.sizeClasses[4]'), 'deltaCounter packets', 'NUM_PKTS_1024_TO_1514_BYTES', 'IP packets of 1025 to 1514 octets, both directions.', stats),
    ntop('packetsOver1514', 93, 'unsigned32', at('stats.sizeClasses[5]'), 'deltaCounter packets', 'NUM_PKTS_OVER_1514_BYTES', 'IP packets of more than 1514 octets, both directions.', stats),
  ]),
  ...group('Inter-arrival time', [
    ntop('interArrivalMinimumMilliseconds', [531, 535], 'unsigned32', computed('gapMinimumMilliseconds', 'pair'), 'quantity milliseconds', 'SRC_TO_DST_IAT_MIN|DST_TO_SRC_IAT_MIN', 'Smallest time between packets of the direction, rounded.', quietStats),
    ntop('interArrivalMaximumMilliseconds', [532, 536], 'unsigned32', computed('gapMaximumMilliseconds', 'pair'), 'quantity milliseconds', 'SRC_TO_DST_IAT_MAX|DST_TO_SRC_IAT_MAX', 'Largest time between packets of the direction, rounded.', quietStats),
    ntop('interArrivalMeanMilliseconds', [533, 537], 'unsigned32', computed('gapMeanMilliseconds', 'pair'), 'quantity milliseconds', 'SRC_TO_DST_IAT_AVG|DST_TO_SRC_IAT_AVG', 'Mean time between packets of the direction, rounded.', quietStats),
    ntop('interArrivalDeviationMilliseconds', [534, 538], 'unsigned32', computed('gapDeviationMilliseconds', 'pair'), 'quantity milliseconds', 'SRC_TO_DST_IAT_STDDEV|DST_TO_SRC_IAT_STDDEV', 'Standard deviation of the time between packets of the direction, rounded.', quietStats),
    own('interArrivalMinimum', [31, 32], 'unsigned32', computed('gapMinimum', 'pair'), 'quantity microseconds', '', 'Smallest time between packets of the direction.', quietStats),
    own('interArrivalMaximum', [33, 34], 'unsigned32', both('stats.gapMaxUs'), 'quantity microseconds', '', 'Largest time between packets of the direction.', quietStats),
    own('interArrivalMean', [35, 36], 'float64', computed('gapMean', 'pair'), 'quantity microseconds', '', 'Mean time between packets of the direction.', quietStats),
    own('interArrivalDeviation', [37, 38], 'float64', computed('gapDeviation', 'pair'), 'quantity microseconds', '', 'Standard deviation of the time between packets of the direction.', quietStats),
  ]),
  ...group('First packets', [
    own('packetSequenceSizes', 39, 'octetArray', computed('sequenceSizes'), 'list octets', '', 'IP octets of the first N packets (--first-packets); on the wire 2 octets each. First record of a flow only.', sequence),
    own('packetSequenceTimes', 40, 'octetArray', computed('sequenceTimes'), 'list microseconds', '', 'Times of the first N packets since flowFirstSeen; on the wire 4 octets each. First record of a flow only.', sequence),
    own('packetSequenceDirections', 41, 'octetArray', computed('sequenceDirections'), 'list', '', 'Senders of the first N packets: 0 source, 1 destination; on the wire 1 octet each. First record of a flow only.', sequence),
    own('packetSequenceFlags', 42, 'octetArray', computed('sequenceFlags'), 'list', '', 'TCP flags of the first N packets; on the wire 1 octet each. First record of a flow only.', sequence),
  ]),
  ...group('Tunnel', [
    own('tunnelType', 43, 'unsigned8', at('tunnel.type'), 'identifier', '', 'Innermost envelope taken off: 1 GRE, 2 VXLAN, 3 GENEVE, 4 GTP-U, 5 IP-in-IP, 6 6in4, 7 ERSPAN II, 8 ERSPAN III, 9 L2TP.', tunnel),
    own('tunnelTypeName', 45, 'string', computed('tunnelTypeName'), 'default', '', 'tunnelType as text: gre, vxlan, geneve, gtpu, ipip, 6in4, erspan2, erspan3, l2tp.', tunnel),
    own('tunnelDepth', 44, 'unsigned8', at('tunnel.depth'), 'quantity entries', '', 'Envelopes taken off.', tunnel),
    ntop('tunnelId', [106, 120], 'unsigned32', both('tunnel.tunnelId'), 'identifier', 'UPSTREAM_TUNNEL_ID|DOWNSTREAM_TUNNEL_ID', 'VNI, TEID, GRE key, ERSPAN session or L2TP (tunnel * 65536 + session) each way.', tunnel),
    ntop('tunnelSessionId', [446, 447], 'unsigned16', computed('tunnelSession', 'pair'), 'identifier', 'UPSTREAM_SESSION_ID|DOWNSTREAM_SESSION_ID', 'L2TP session id each way.', tunnel),
    iana('layer2SegmentId', 351, 'unsigned64', computed('layer2Segment'), 'identifier', '', 'VXLAN network: 1 in the top octet, the VNI in the last three.', tunnel),
    ntop('outerProtocol', 113, 'unsigned8', at('tunnel.outerProtocol'), 'identifier', 'UNTUNNELED_PROTOCOL', 'IP protocol number of the envelope.', tunnel),
    ntop(['outerSourceIPv4Address', 'outerDestinationIPv4Address'], [114, 116], 'ipv4Address', computed('outerAddress4', 'endpoint'), 'default', 'UNTUNNELED_IPV4_SRC_ADDR|UNTUNNELED_IPV4_DST_ADDR', 'IPv4 address of the envelope; 0.0.0.0 when it is IPv6.', tunnel),
    ntop(['outerSourceIPv6Address', 'outerDestinationIPv6Address'], [396, 397], 'ipv6Address', computed('outerAddress6', 'endpoint'), 'default', 'UNTUNNELED_IPV6_SRC_ADDR|UNTUNNELED_IPV6_DST_ADDR', 'IPv6 address of the envelope; :: when it is IPv4.', tunnel),
    ntop(['outerSourceTransportPort', 'outerDestinationTransportPort'], [115, 117], 'unsigned16', ends('tunnel.outerPort'), 'identifier', 'UNTUNNELED_L4_SRC_PORT|UNTUNNELED_L4_DST_PORT', 'Port of the envelope.', tunnel),
  ]),
  ...group('Process', [
    ntop(['sourceProcessId', 'destinationProcessId'], [168, 375], 'unsigned32', who('processId'), 'identifier', 'SRC_PROC_PID|DST_PROC_PID', 'Process that uses the socket at this end, as the host numbers it; 0 when nobody is known.', quiet),
    ntop(['sourceProcessName', 'destinationProcessName'], [169, 376], 'string', who('name'), 'default', 'SRC_PROC_NAME|DST_PROC_NAME', 'Name of the process (comm of its first thread), 15 octets at most.', quiet),
    own(['sourceProcessExecutable', 'destinationProcessExecutable'], [60, 61], 'string', who('executable'), 'default', '', 'Path of the program the process runs.', quiet),
    ntop(['sourceProcessCommandLine', 'destinationProcessCommandLine'], [556, 557], 'string', who('commandLine'), 'default', 'SRC_PROC_CMDLINE|DST_PROC_CMDLINE', 'Arguments of the process joined by spaces, secrets left out as --command-line says.', quiet),
    own(['sourceProcessWorkingDirectory', 'destinationProcessWorkingDirectory'], [62, 63], 'string', who('workingDirectory'), 'default', '', 'Working directory of the process when it was read.', quiet),
    own(['sourceProcessStartMilliseconds', 'destinationProcessStartMilliseconds'], [64, 65], 'dateTimeMilliseconds', who('startNs'), 'default milliseconds', '', 'Start of the process, to 10 ms: with its id it names the process for good.', quiet),
    own(['sourceThreadId', 'destinationThreadId'], [66, 67], 'unsigned32', ends('endpoint.threadId'), 'identifier', '', 'Thread that used the socket last.', quiet),
    own(['sourceInsideProcessId', 'destinationInsideProcessId'], [68, 69], 'unsigned32', who('insideProcessId'), 'identifier', '', 'Process id in the process\'s own pid namespace, as its container numbers it; absent where that is the host\'s.', quiet),
    ntop(['sourceParentProcessId', 'destinationParentProcessId'], [373, 378], 'unsigned32', who('parentId'), 'identifier', 'SRC_FATHER_PROC_PID|DST_FATHER_PROC_PID', 'Parent of the process.', quiet),
    ntop(['sourceParentProcessName', 'destinationParentProcessName'], [374, 379], 'string', who('parentName'), 'default', 'SRC_FATHER_PROC_NAME|DST_FATHER_PROC_NAME', 'Name of the parent.', quiet),
    own(['sourceParentProcessExecutable', 'destinationParentProcessExecutable'], [70, 71], 'string', who('parentExecutable'), 'default', '', 'Path of the program the parent runs.', quiet),
    own(['sourceParentProcessStartMilliseconds', 'destinationParentProcessStartMilliseconds'], [72, 73], 'dateTimeMilliseconds', who('parentStartNs'), 'default milliseconds', '', 'Start of the parent.', quiet),
    ntop(['sourceParentUserId', 'destinationParentUserId'], [564, 567], 'unsigned32', who('parentUid'), 'identifier', 'SRC_FATHER_PROC_UID|DST_FATHER_PROC_UID', 'User id of the parent; 4294967295 when unknown.', known),
    ntop(['sourceParentUserName', 'destinationParentUserName'], [565, 568], 'string', who('parentUser'), 'default', 'SRC_FATHER_PROC_USER_NAME|DST_FATHER_PROC_USER_NAME', 'User of the parent.', quiet),
    own(['sourceProcessAncestors', 'destinationProcessAncestors'], [74, 75], 'string', who('ancestors'), 'default', '', 'Ancestors beyond the parent, nearest first: name:id name:id ... (--ancestors).', quiet),
    own(['sourceOpenerProcessId', 'destinationOpenerProcessId'], [76, 77], 'unsigned32', opener('processId'), 'identifier', '', 'Process that opened the socket, where it is not the one that uses it.', quiet),
    own(['sourceOpenerProcessName', 'destinationOpenerProcessName'], [78, 79], 'string', opener('name'), 'default', '', 'Name of the process that opened the socket.', quiet),
    own(['sourceOpenerProcessStartMilliseconds', 'destinationOpenerProcessStartMilliseconds'], [80, 81], 'dateTimeMilliseconds', opener('startNs'), 'default milliseconds', '', 'Start of the process that opened the socket.', quiet),
    own('flowProcesses', 82, 'string', computed('flowProcesses'), 'default', '', 'Processes at both ends in one text, ? where nobody is known: curl(1234) > nginx(77)@web. Behind @ the pod as namespace/name, or the container.', endpoint),
  ]),
  ...group('User', [
    iana('userName', 371, 'string', computed('userName'), 'default', '', 'User of the process at the source.', endpoint),
    ntop(['sourceUserId', 'destinationUserId'], [425, 426], 'unsigned32', who('uid'), 'identifier', 'SRC_PROC_UID|DST_PROC_UID', 'User id of the process; 0 is root, 4294967295 nobody known.', known),
    ntop(['sourceUserName', 'destinationUserName'], [372, 377], 'string', who('user'), 'default', 'SRC_PROC_USER_NAME|DST_PROC_USER_NAME', 'User of the process, by the host\'s accounts.', quiet),
    own(['sourceGroupId', 'destinationGroupId'], [83, 84], 'unsigned32', who('gid'), 'identifier', '', 'Group id of the process; 4294967295 when unknown.', known),
    own(['sourceGroupName', 'destinationGroupName'], [85, 86], 'string', who('group'), 'default', '', 'Group of the process.', quiet),
    own(['sourceEffectiveUserId', 'destinationEffectiveUserId'], [87, 88], 'unsigned32', who('effectiveUid'), 'identifier', '', 'Effective user id of the process; 4294967295 when unknown.', known),
    own(['sourceEffectiveUserName', 'destinationEffectiveUserName'], [89, 90], 'string', who('effectiveUser'), 'default', '', 'Effective user of the process.', quiet),
    own(['sourceEffectiveGroupId', 'destinationEffectiveGroupId'], [91, 92], 'unsigned32', who('effectiveGid'), 'identifier', '', 'Effective group id of the process; 4294967295 when unknown.', known),
    own(['sourceLoginUserId', 'destinationLoginUserId'], [93, 94], 'unsigned32', who('loginUid'), 'identifier', '', 'User id that logged in (audit login uid), kept over su and sudo; 4294967295 when nobody did.', known),
    own(['sourceLoginUserName', 'destinationLoginUserName'], [95, 96], 'string', who('loginUser'), 'default', '', 'User who logged in.', quiet),
    own(['sourceAuditSessionId', 'destinationAuditSessionId'], [97, 98], 'unsigned32', who('sessionId'), 'identifier', '', 'Audit session of the login; 4294967295 when there is none.', known),
    own(['sourceInsideUserId', 'destinationInsideUserId'], [99, 100], 'unsigned32', who('insideUid'), 'identifier', '', 'User id in the process\'s own user namespace; 4294967295 where that is the host\'s.', known),
    own(['sourceInsideUserName', 'destinationInsideUserName'], [101, 102], 'string', who('insideUser'), 'default', '', 'User by the accounts of the container, where that differs.', quiet),
    own(['sourceInsideGroupId', 'destinationInsideGroupId'], [192, 193], 'unsigned32', who('insideGid'), 'identifier', '', 'Group id in the process\'s own user namespace; 4294967295 where that is the host\'s.', known),
    own(['sourceInsideGroupName', 'destinationInsideGroupName'], [194, 195], 'string', who('insideGroup'), 'default', '', 'Group by the accounts of the container, where that differs.', quiet),
  ]),
  ...group('Cgroup and container', [
    own(['sourceCgroupId', 'destinationCgroupId'], [103, 104], 'unsigned64', who('cgroupId'), 'identifier', '', 'Id of the process\'s cgroup (v2).', quiet),
    own(['sourceCgroupPath', 'destinationCgroupPath'], [105, 106], 'string', who('cgroupPath'), 'default', '', 'Path of the cgroup from the root of the hierarchy.', quiet),
    own(['sourceSystemdUnit', 'destinationSystemdUnit'], [107, 108], 'string', who('unit'), 'default', '', 'systemd unit of the process: nginx.service, session-3.scope.', quiet),
    own(['sourceSystemdSlice', 'destinationSystemdSlice'], [109, 110], 'string', who('slice'), 'default', '', 'systemd slice of the process: system.slice.', quiet),
    ntop(['sourceContainerId', 'destinationContainerId'], [558, 559], 'string', who('containerId'), 'default', 'SRC_PROC_CONTAINER_ID|DST_PROC_CONTAINER_ID', 'Id of the container, 64 hexadecimal digits or what its runtime calls it.', quiet),
    own(['sourceContainerName', 'destinationContainerName'], [111, 112], 'string', who('containerName'), 'default', '', 'Name of the container, as its runtime tells.', quiet),
    own(['sourceContainerImage', 'destinationContainerImage'], [113, 114], 'string', who('containerImage'), 'default', '', 'Image of the container.', quiet),
    own(['sourceContainerRuntime', 'destinationContainerRuntime'], [115, 116], 'string', who('containerRuntime'), 'default', '', 'docker, podman, containerd, cri-o, lxc, nspawn or runc.', quiet),
    own(['sourceContainerLabels', 'destinationContainerLabels'], [117, 118], 'string', labelsOf('containerLabels'), 'default', '', 'Labels of the container: a JSON object, text on the wire.', quiet),
    own(['sourceNetworkNamespaceInode', 'destinationNetworkNamespaceInode'], [119, 120], 'unsigned32', who('netns'), 'identifier', '', 'Inode of the process\'s network namespace, as /proc/PID/ns/net shows it.', quiet),
    own(['sourceNetworkNamespaceCookie', 'destinationNetworkNamespaceCookie'], [121, 122], 'unsigned64', who('netnsCookie'), 'identifier', '', 'The kernel\'s cookie of that namespace, never used again.', quiet),
  ]),
  ...group('Kubernetes', [
    antrea(['sourcePodNamespace', 'destinationPodNamespace'], [100, 102], 'string', who('podNamespace'), 'default', '', 'Namespace of the pod.', quiet),
    antrea(['sourcePodName', 'destinationPodName'], [101, 103], 'string', who('podName'), 'default', '', 'Name of the pod.', quiet),
    antrea(['sourceNodeName', 'destinationNodeName'], [104, 105], 'string', who('nodeName'), 'default', '', 'Node the pod runs on.', quiet),
    antrea(['sourcePodLabels', 'destinationPodLabels'], [143, 144], 'string', labelsOf('podLabels'), 'default', '', 'Labels of the pod: a JSON object, text on the wire.', quiet),
    own(['sourcePodUid', 'destinationPodUid'], [123, 124], 'string', who('podUid'), 'default', '', 'UID of the pod.', quiet),
    own(['sourceWorkloadName', 'destinationWorkloadName'], [125, 126], 'string', who('workload'), 'default', '', 'Workload the pod belongs to: its deployment, or its app label.', quiet),
    own(['sourceOrchestratorType', 'destinationOrchestratorType'], [127, 128], 'string', computed('orchestratorType', 'endpoint'), 'default', '', 'kubernetes where a pod is known.', endpoint),
  ]),
  ...group('Attribution', [
    own(['sourceMatchMethod', 'destinationMatchMethod'], [129, 130], 'unsigned8', ends('endpoint.match'), 'identifier', '', 'How the socket of this end was found: 0 not, 1 exact tuple, 2 socket cookie, 3 local port (unconnected), 4 listener only, 5 dump of open sockets, 6 sock_diag and /proc.', { needs: 'endpoint' }),
    own(['sourceMatchMethodName', 'destinationMatchMethodName'], [131, 132], 'string', computed('matchMethodName', 'endpoint'), 'default', '', 'The same as text: none, exact, cookie, wildcard, listener, snapshot, diag.', { needs: 'endpoint' }),
    own(['sourceProcessTentative', 'destinationProcessTentative'], [133, 134], 'boolean', computed('processTentative', 'endpoint'), 'default', '', 'The process is the likely one, not a certain one: a listener, or one of several holders.', endpoint),
    own('recordFromSockets', 135, 'boolean', computed('recordFromSockets'), 'default', '', 'The record was made from socket events, no packet was seen (-i ebpf:).', endpoint),
    own('eventType', 136, 'unsigned8', at('endpoint.event'), 'identifier', '', 'Kind of event (--events): 1 connect, 2 accept, 3 first use, 4 listen, 5 close, 6 retransmit, 7 refused, 8 exec, 9 exit, 10 fork; 0 in flow records.', quiet),
    own('eventName', 137, 'string', computed('eventName'), 'default', '', 'eventType as text: connect, accept, use, listen, close, retransmit, refused, exec, exit, fork.', endpoint),
    own('eventCategory', 138, 'string', computed('eventCategory'), 'default', '', 'process for exec, exit and fork, network for the others.', endpoint),
    own('eventPhase', 139, 'string', computed('eventPhase'), 'default', '', 'What the event says of it: start, end, denied (refused) or info.', endpoint),
  ]),
  ...group('Address translation', [
    iana(['postNATSourceIPv4Address', 'postNATDestinationIPv4Address'], [225, 226], 'ipv4Address', computed('postNatAddress4', 'endpoint'), 'default', '', 'Address behind the kernel\'s address translation, on whichever side of it the flow was seen; 0.0.0.0 when none is known.', { ...ends4, twin: 'postNATSourceIPv6Address' }),
    iana(['postNATSourceIPv6Address', 'postNATDestinationIPv6Address'], [281, 282], 'ipv6Address', computed('postNatAddress6', 'endpoint'), 'default', '', 'Address behind the kernel\'s address translation, on whichever side of it the flow was seen; :: when none is known.', { ...ends6, twin: 'postNATSourceIPv4Address' }),
    iana(['postNAPTSourceTransportPort', 'postNAPTDestinationTransportPort'], [227, 228], 'unsigned16', computed('postNatPort', 'endpoint'), 'identifier', '', 'Port behind the kernel\'s address translation; 0 when none is known.', endpoint),
    own(['preNATSourceIPv4Address', 'preNATDestinationIPv4Address'], [140, 141], 'ipv4Address', computed('preNatAddress4', 'endpoint'), 'default', '', 'Address before the kernel\'s address translation; 0.0.0.0 when none is known.', { ...ends4, twin: 'preNATSourceIPv6Address' }),
    own(['preNATSourceIPv6Address', 'preNATDestinationIPv6Address'], [142, 143], 'ipv6Address', computed('preNatAddress6', 'endpoint'), 'default', '', 'Address before the kernel\'s address translation; :: when none is known.', { ...ends6, twin: 'preNATSourceIPv4Address' }),
    own(['preNAPTSourceTransportPort', 'preNAPTDestinationTransportPort'], [144, 145], 'unsigned16', computed('preNatPort', 'endpoint'), 'identifier', '', 'Port before the kernel\'s address translation; 0 when none is known.', endpoint),
  ]),
  ...group('TCP in the kernel', [
    own(['sourceKernelOctetsAcknowledged', 'destinationKernelOctetsAcknowledged'], [146, 147], 'unsigned64', ends('kernel.tcp[].octetsAcknowledged'), 'totalCounter octets', '', 'Payload the peer acknowledged, over the connection so far, as the kernel of this end counts it.', kernel),
    own(['sourceKernelOctetsReceived', 'destinationKernelOctetsReceived'], [148, 149], 'unsigned64', ends('kernel.tcp[].octetsReceived'), 'totalCounter octets', '', 'Payload received in order, over the connection so far.', kernel),
    own(['sourceKernelOctetsSent', 'destinationKernelOctetsSent'], [150, 151], 'unsigned64', ends('kernel.tcp[].octetsSent'), 'totalCounter octets', '', 'Payload sent, retransmissions included.', kernel),
    own(['sourceKernelOctetsRetransmitted', 'destinationKernelOctetsRetransmitted'], [152, 153], 'unsigned64', ends('kernel.tcp[].octetsRetransmitted'), 'totalCounter octets', '', 'Payload sent again.', kernel),
    own(['sourceKernelSegmentsReceived', 'destinationKernelSegmentsReceived'], [154, 155], 'unsigned32', ends('kernel.tcp[].segmentsReceived'), 'totalCounter packets', '', 'Segments received.', kernel),
    own(['sourceKernelSegmentsSent', 'destinationKernelSegmentsSent'], [156, 157], 'unsigned32', ends('kernel.tcp[].segmentsSent'), 'totalCounter packets', '', 'Segments sent, retransmissions included.', kernel),
    own(['sourceKernelSmoothedRtt', 'destinationKernelSmoothedRtt'], [158, 159], 'unsigned32', ends('kernel.tcp[].smoothedRttUs'), 'quantity microseconds', '', 'Smoothed round trip time.', kernel),
    own(['sourceKernelRttVariation', 'destinationKernelRttVariation'], [160, 161], 'unsigned32', ends('kernel.tcp[].rttVariationUs'), 'quantity microseconds', '', 'Mean deviation of the round trip time.', kernel),
    own(['sourceKernelMinimumRtt', 'destinationKernelMinimumRtt'], [162, 163], 'unsigned32', ends('kernel.tcp[].minimumRttUs'), 'quantity microseconds', '', 'Smallest round trip time.', kernel),
    own(['sourceKernelConnectTime', 'destinationKernelConnectTime'], [164, 165], 'unsigned32', ends('kernel.tcp[].connectUs'), 'quantity microseconds', '', 'SYN sent to connection established, at the side that connects.', kernel),
    own(['sourceKernelRetransmits', 'destinationKernelRetransmits'], [166, 167], 'unsigned32', ends('kernel.tcp[].retransmits'), 'totalCounter packets', '', 'Segments sent again.', kernel),
    own(['sourceKernelLost', 'destinationKernelLost'], [168, 169], 'unsigned32', ends('kernel.tcp[].lost'), 'quantity packets', '', 'Segments the kernel holds for lost.', kernel),
    own(['sourceKernelReordering', 'destinationKernelReordering'], [170, 171], 'unsigned32', ends('kernel.tcp[].reordering'), 'totalCounter', '', 'Times that segments were acknowledged out of order.', kernel),
    own(['sourceKernelOutOfOrder', 'destinationKernelOutOfOrder'], [172, 173], 'unsigned32', ends('kernel.tcp[].outOfOrder'), 'totalCounter packets', '', 'Segments received out of order.', kernel),
    own(['sourceKernelCongestionWindow', 'destinationKernelCongestionWindow'], [174, 175], 'unsigned32', ends('kernel.tcp[].congestionWindow'), 'quantity packets', '', 'Congestion window in segments.', kernel),
    own(['sourceKernelSlowStartThreshold', 'destinationKernelSlowStartThreshold'], [176, 177], 'unsigned32', ends('kernel.tcp[].slowStartThreshold'), 'quantity packets', '', 'Slow start threshold in segments; 2147483647 before the first loss.', kernel),
    own(['sourceKernelMaximumSegment', 'destinationKernelMaximumSegment'], [178, 179], 'unsigned32', ends('kernel.tcp[].maximumSegment'), 'quantity octets', '', 'Maximum segment size in use.', kernel),
    own(['sourceKernelBusyTime', 'destinationKernelBusyTime'], [180, 181], 'unsigned32', ends('kernel.tcp[].busyMs'), 'quantity milliseconds', '', 'Time with data to send.', kernel),
    own(['sourceKernelReceiverLimitedTime', 'destinationKernelReceiverLimitedTime'], [182, 183], 'unsigned32', ends('kernel.tcp[].receiverLimitedMs'), 'quantity milliseconds', '', 'Of the busy time, what the receiver\'s window held up.', kernel),
    own(['sourceKernelBufferLimitedTime', 'destinationKernelBufferLimitedTime'], [184, 185], 'unsigned32', ends('kernel.tcp[].bufferLimitedMs'), 'quantity milliseconds', '', 'Of the busy time, what the send buffer held up.', kernel),
    own(['sourceKernelEstablishedTime', 'destinationKernelEstablishedTime'], [186, 187], 'unsigned32', ends('kernel.tcp[].establishedMs'), 'quantity milliseconds', '', 'Time in state ESTABLISHED.', kernel),
    own(['sourceKernelClosingTime', 'destinationKernelClosingTime'], [188, 189], 'unsigned32', ends('kernel.tcp[].closingMs'), 'quantity milliseconds', '', 'Time from the end of ESTABLISHED to CLOSE.', kernel),
    own(['sourceKernelState', 'destinationKernelState'], [190, 191], 'unsigned8', ends('kernel.tcp[].state'), 'identifier', '', 'TCP state, as the kernel numbers them: 1 ESTABLISHED ... 7 CLOSE.', kernel),
  ]),
  ...group('Application', [
    iana('applicationId', 95, 'octetArray', computed('applicationId'), 'default', 'APPLICATION_ID', 'Application as RFC 6759 numbers it: engine 22 (nDPI) in one octet, nDPI\'s number in the others. Label: nDPI.', { ...label, length: 3 }),
    iana('applicationName', 96, 'string', computed('applicationName'), 'default', 'APPLICATION_NAME', 'Name of the application: Google; absent when it is not known. Label: nDPI.', label),
    iana('applicationCategoryName', 372, 'string', computed('applicationCategoryName'), 'default', '', 'Category of the application: Web. Label: nDPI.', label),
    ntop('l7Protocol', 118, 'unsigned16', at('application.application'), 'identifier', 'L7_PROTO', 'Number of the application; 0 is unknown. JSON of naming nprobe writes master and application: 91.126. Label: nDPI.'),
    ntop('l7ProtocolName', 119, 'string', computed('applicationLabelOrUnknown'), 'default', 'L7_PROTO_NAME', 'Master and application: TLS.Google; Unknown when neither is known. Label: nDPI.', label),
    ntop('l7Category', 501, 'string', computed('applicationCategoryName'), 'default', 'L7_PROTO_CATEGORY', 'The same as applicationCategoryName.', label),
    ntop('l7Confidence', 560, 'unsigned8', at('application.confidence'), 'identifier', 'L7_CONFIDENCE', 'How sure nDPI is of the application, as it numbers that.', quiet),
    ntop('l7Risk', 509, 'unsigned64', at('application.risks'), 'flags', 'L7_PROTO_RISK', 'Risks that nDPI saw: bit n is its risk n.', quiet),
    ntop('l7RiskName', 510, 'string', computed('applicationRiskText'), 'default', 'L7_PROTO_RISK_NAME', 'Names of the risks, a comma between them. nDPI.', { ...risk, textOctets: 64 }),
    ntop('l7RiskScore', 527, 'unsigned16', at('application.riskScore'), 'quantity', 'L7_RISK_SCORE', 'Sum of what nDPI says its risks weigh, both ends together.', quiet),
    ntop('l7Info', 539, 'string', computed('applicationInfo'), 'default', 'L7_INFO', 'What the flow is about: URL, server name, query, host name, SSH server, or what nDPI says. weir, nDPI.', { absentWhenZero: true, needs: 'summary', textOctets: 64 }),
    ntop('l7DomainInfo', 591, 'string', computed('applicationDomain'), 'default', 'L7_DOMAIN_INFO', 'The host name of it: HTTP host, TLS server name or DNS query. weir.', { absentWhenZero: true, needs: 'summary', textOctets: 64 }),
    own('applicationNumbers', 196, 'string', computed('applicationNumbers'), 'default', '', 'Numbers of master and application: 91.126; 0 when neither is known. Label: nDPI.', { needs: 'label' }),
    own('applicationLabel', 197, 'string', computed('applicationLabel'), 'default', '', 'Master and application: TLS.Google; absent when neither is known. Label: nDPI.', label),
    own('applicationMasterId', 198, 'unsigned16', at('application.master'), 'identifier', '', 'Number of the protocol that carries the application; 0 when there is none. Label: nDPI.', quiet),
    own('applicationMasterName', 199, 'string', computed('applicationMasterName'), 'default', '', 'Its name: TLS, QUIC, DNS. Label: nDPI.', label),
    own('applicationProtocolName', 200, 'string', computed('applicationProtocolName'), 'default', '', 'Name of the master, or of the application where there is none. Label: nDPI.', label),
    own('applicationBreedName', 201, 'string', computed('applicationBreedName'), 'default', '', 'How far the application is to be trusted: Safe, Acceptable, Fun, Unsafe, Potentially Dangerous ... Label: nDPI.', label),
    own('applicationEncrypted', 202, 'boolean', computed('applicationEncrypted'), 'default', '', 'The application protocol is an encrypted one. Label: nDPI.', label),
    own('applicationConfidenceName', 203, 'string', computed('applicationConfidenceName'), 'default', '', 'How the application was found: DPI, DPI (cache), Match by port, Match by IP ... Label: nDPI.', label),
    own('applicationStateName', 204, 'string', computed('applicationStateName'), 'default', '', 'classified, guessed (given up, by port or address), unknown, open (more packets are looked at), or notInspected (no DPI state was free).', label),
    own('applicationPacketsInspected', 205, 'unsigned16', at('application.inspected'), 'quantity packets', '', 'Packets that were looked at; stays at 65535.', quiet),
    own('applicationListed', 206, 'boolean', computed('applicationListed'), 'default', '', 'A host name or address of the flow is on a list (--dpi-categories). nDPI.', label),
    own('applicationListCategoryName', 207, 'string', computed('applicationListCategoryName'), 'default', '', 'Category of that list. nDPI.', label),
    own('applicationRiskNames', 208, 'string', computed('applicationRiskNames'), 'list', '', 'Names of the risks that nDPI saw: an array in JSON, a comma between them on the wire.', risk),
  ]),
  ...group('TLS and QUIC', [
    ntop('tlsServerName', 188, 'string', fact('tlsServerName'), 'default', 'TLS_SERVER_NAME', 'Server name the client asks for (SNI), also in QUIC; with --dpi-privacy server-names its keyed hash. weir.', long),
    ntop('tlsVersion', 495, 'unsigned16', fact('tlsVersion'), 'identifier', 'TLS_VERSION', 'Version in use, as on the wire: 772 is TLS 1.3. weir.', quiet),
    ntop('tlsCipher', 493, 'unsigned16', fact('tlsCipher'), 'identifier', 'TLS_CIPHER', 'Cipher suite the server chose, as IANA numbers it. weir.', quiet),
    ntop('tlsUnsafeCipher', 494, 'unsigned8', computed('tlsUnsafeCipher'), 'identifier', 'TLS_UNSAFE_CIPHER', '1: the suite has no authentication or encryption, export keys, or RC4, RC2, DES, 3DES, IDEA, MD5. weir.', tls),
    ntop('tlsClientJa3', 489, 'string', fact('tlsJa3Client'), 'default', 'JA3C_HASH', 'JA3 of the client\'s hello. weir.', quiet),
    ntop('tlsServerJa3', 490, 'string', fact('tlsJa3Server'), 'default', 'JA3S_HASH', 'JA3S of the server\'s hello. weir.', quiet),
    ntop('tlsClientJa4', 576, 'string', fact('tlsJa4Client'), 'default', 'JA4C_HASH', 'JA4 of the client\'s hello, also in QUIC. weir.', { absentWhenZero: true, textOctets: 36 }),
    ntop('tlsAlpn', 513, 'string', fact('tlsAlpn'), 'default', 'TLS_ALPN', 'Protocols the client offers (ALPN), a comma between them. weir.', quiet),
    ntop('tlsCertificateIssuer', 514, 'string', fact('tlsCertificateIssuer'), 'default', 'TLS_CERT_ISSUER_DN', 'Issuer of the server\'s certificate, where it is in clear (TLS 1.2 and before). weir.', long),
    ntop('tlsCertificateSubject', 515, 'string', fact('tlsCertificateSubject'), 'default', 'TLS_CERT_SUBJECT_DN', 'Subject of the certificate. weir.', long),
    own('tlsVersionName', 209, 'string', computed('tlsVersionName'), 'default', '', 'tlsVersion as text: TLSv1.3, DTLSv1.2, SSLv3. weir.', tls),
    own('tlsVersionNumber', 210, 'string', computed('tlsVersionNumber'), 'default', '', 'The number in it: 1.3. weir.', tls),
    own('tlsVersionProtocol', 211, 'string', computed('tlsVersionProtocol'), 'default', '', 'The protocol in it: tls, dtls, ssl. weir.', tls),
    own('tlsOfferedVersions', 212, 'string', parts('tlsOfferedVersions'), 'list', '', 'Versions the client offers: an array in JSON, a comma between them on the wire. weir.', quiet),
    own('tlsCipherName', 213, 'string', computed('tlsCipherName'), 'default', '', 'tlsCipher as IANA calls it: TLS_AES_128_GCM_SHA256; 0x and hexadecimal digits where weir knows no name. weir.', tls),
    own('tlsAlpnChosen', 214, 'string', fact('tlsAlpnChosen'), 'default', '', 'Protocol the server chose (ALPN), where it says so in clear. weir.', quiet),
    own('tlsEncryptedClientHello', 215, 'unsigned8', fact('tlsEch'), 'identifier', '', '1: the client\'s hello has encrypted_client_hello (ECH, or its grease), 2: encrypted_server_name (ESNI). weir.', quiet),
    own('tlsCertificateNotBefore', 216, 'dateTimeMilliseconds', fact('tlsCertificateNotBefore'), 'default milliseconds', '', 'Begin of the certificate\'s validity. weir.', quiet),
    own('tlsCertificateNotAfter', 217, 'dateTimeMilliseconds', fact('tlsCertificateNotAfter'), 'default milliseconds', '', 'End of the certificate\'s validity; what is behind 2554-07-21 is that day. weir.', quiet),
    own('tlsCertificateSelfSigned', 218, 'boolean', fact('tlsCertificateSelfSigned'), 'default', '', 'Issuer and subject of the certificate are the same. weir.', quiet),
    own('tlsCertificateSha1', 219, 'string', fact('tlsCertificateSha1'), 'default', '', 'SHA-1 fingerprint of the certificate, 40 hexadecimal digits. weir.', quiet),
    own('tlsCertificateNames', 220, 'string', parts('tlsCertificateNames'), 'list', '', 'DNS names the certificate is for (subjectAltName): an array in JSON, a comma between them on the wire. weir.', quiet),
    own('quicVersion', 221, 'unsigned32', fact('quicVersion'), 'identifier', '', 'QUIC version of the first long header. weir.', quiet),
    own('quicVersionName', 222, 'string', computed('quicVersionName'), 'default', '', 'The same as text: v1, v2, draft-29, Q046. weir.', tls),
    own('quicUserAgent', 223, 'string', fact('quicUserAgent'), 'default', '', 'User agent in the client\'s transport parameters. weir.', quiet),
  ]),
  ...group('DNS', [
    ntop('dnsQuery', 205, 'string', fact('dnsQuery'), 'default', 'DNS_QUERY', 'Name of the first question, also of mDNS and LLMNR, escaped as RFC 1035 section 5.1 says. weir.', long),
    ntop('dnsQueryId', 206, 'unsigned16', fact('dnsQueryId'), 'identifier', 'DNS_QUERY_ID', 'Transaction id of the first query. weir.', quiet),
    ntop('dnsQueryType', 207, 'unsigned16', fact('dnsQueryType'), 'identifier', 'DNS_QUERY_TYPE', 'Type of the first question: 1 is A; in one octet, 255 for what does not fit. weir.', { absentWhenZero: true, length: 1 }),
    ntop('dnsReturnCode', 208, 'unsigned8', code('dnsReplyCode'), 'identifier', 'DNS_RET_CODE', 'Reply code of the first response: 0 is no error; 255 when no response was seen. weir.', known),
    ntop('dnsAnswerCount', 209, 'unsigned8', code('dnsAnswers'), 'quantity', 'DNS_NUM_ANSWERS', 'Records in its answer section, 254 at most; 255 when no response was seen. weir.', known),
    ntop('dnsAnswerTtl', 352, 'unsigned32', code('dnsFirstTtl'), 'quantity seconds', 'DNS_TTL_ANSWER', 'TTL of the first address in it, else of its first record; 4294967295 when there is none. weir.', known),
    ntop('dnsResponse', 398, 'string', fact('dnsResponse'), 'default', 'DNS_RESPONSE', 'Its answers as text, a comma between them. weir.', long),
    own('dnsQueryTypeName', 224, 'string', computed('dnsQueryTypeName'), 'default', '', 'dnsQueryType as text: A, AAAA, HTTPS; TYPE and the number where it has no common name. weir.', { absentWhenZero: true, needs: 'dns' }),
    own('dnsReturnCodeName', 225, 'string', computed('dnsReplyCodeName'), 'default', '', 'dnsReturnCode as text: NOERROR, NXDOMAIN. weir.', { absentWhenZero: true, needs: 'dns' }),
    own('dnsAddresses', 226, 'string', parts('dnsAddresses'), 'list', '', 'First addresses in its answers, 8 at most: an array in JSON, a comma between them on the wire. weir.', quiet),
    own('dnsLatencyMicroseconds', 227, 'unsigned32', code('dnsLatencyUs'), 'quantity microseconds', '', 'First query to the response with its id; 4294967295 when there was none. weir.', known),
  ]),
  ...group('HTTP', [
    iana('httpRequestMethod', 459, 'string', fact('httpMethod'), '', '', 'Method of the first request. weir.', word),
    iana('httpRequestHost', 460, 'string', fact('httpHost'), '', '', 'Host it is for; with --dpi-privacy server-names its keyed hash. weir.', long),
    iana('httpRequestTarget', 461, 'string', fact('httpUrl'), '', '', 'Target of it as sent: path and query, or the whole URL of a proxy\'s. weir.', long),
    iana('httpStatusCode', 457, 'unsigned16', fact('httpStatus'), 'identifier', '', 'Status of the first response. weir.', quiet),
    iana('httpUserAgent', 468, 'string', fact('httpUserAgent'), 'default', 'HTTP_REQUEST_USER_AGENT', 'User agent of the first request. weir.', long),
    iana('httpContentType', 469, 'string', fact('httpContentType'), 'default', '', 'Content type of the first response, else of the request. weir.', quiet),
    ntop('httpMethod', 360, 'string', fact('httpMethod'), 'default', 'HTTP_METHOD', 'The same as httpRequestMethod.', word),
    ntop('httpHost', 187, 'string', fact('httpHost'), 'default', 'HTTP_HOST', 'The same as httpRequestHost.', long),
    ntop('httpUrl', 180, 'string', fact('httpUrl'), 'default', 'HTTP_URL', 'The same as httpRequestTarget.', long),
    ntop('httpReturnCode', 181, 'unsigned16', fact('httpStatus'), 'identifier', 'HTTP_RET_CODE', 'The same as httpStatusCode.', quiet),
    ntop('httpReferer', 182, 'string', fact('httpReferer'), 'default', 'HTTP_REFERER', 'Page the first request came from. weir.', long),
    ntop('httpUserAgentText', 183, 'string', fact('httpUserAgent'), 'default', 'HTTP_USER_AGENT', 'The same as httpUserAgent.', long),
    ntop('httpMimeType', 184, 'string', fact('httpContentType'), 'default', 'HTTP_MIME', 'The same as httpContentType.', quiet),
    ntop('httpForwardedFor', 460, 'string', fact('httpForwardedFor'), 'default', 'HTTP_X_FORWARDED_FOR', 'X-Forwarded-For of the first request. weir.', quiet),
    ntop('httpVia', 461, 'string', fact('httpVia'), 'default', 'HTTP_VIA', 'Via of the first request. weir.', quiet),
    own('httpRequestDomain', 234, 'string', computed('httpRequestDomain'), 'default', '', 'httpRequestHost without its port. weir.', { absentWhenZero: true, needs: 'http' }),
    own('httpServer', 228, 'string', fact('httpServer'), 'default', '', 'What the server of the first response calls itself. weir.', quiet),
  ]),
  ...group('SSH', [
    ntop('sshClientHassh', 499, 'string', fact('sshHasshClient'), 'default', 'HASSH_CLIENT', 'HASSH of the client. weir.', quiet),
    ntop('sshServerHassh', 500, 'string', fact('sshHasshServer'), 'default', 'HASSH_SERVER', 'HASSH of the server. weir.', quiet),
    own('sshClientBanner', 229, 'string', fact('sshClient'), 'default', '', 'Identification string of the client: SSH-2.0-OpenSSH_9.2p1. weir.', quiet),
    own('sshServerBanner', 230, 'string', fact('sshServer'), 'default', '', 'Identification string of the server. weir.', quiet),
  ]),
  ...group('DHCP', [
    ntop('dhcpClientMac', 353, 'macAddress', computed('dhcpClientMac'), 'default', 'DHCP_CLIENT_MAC', 'MAC address of the client. weir.', { absentWhenZero: true, needs: 'dhcp' }),
    ntop('dhcpClientAddress', 354, 'ipv4Address', computed('dhcpClientAddress'), 'default', 'DHCP_CLIENT_IP', 'Address the client was given. weir.', { absentWhenZero: true, needs: 'dhcp' }),
    ntop('dhcpClientName', 355, 'string', fact('dhcpHostName'), 'default', 'DHCP_CLIENT_NAME', 'Host name the client tells. weir.', quiet),
    ntop('dhcpMessageType', 429, 'unsigned8', fact('dhcpMessageType'), 'identifier', 'DHCP_MESSAGE_TYPE', 'Type of the first message: 1 is DISCOVER. weir.', quiet),
    own('dhcpMessageTypeName', 231, 'string', computed('dhcpMessageTypeName'), 'default', '', 'The same as text: DISCOVER, OFFER, REQUEST, ACK. weir.', { absentWhenZero: true, needs: 'dhcp' }),
    own('dhcpFingerprint', 232, 'string', fact('dhcpFingerprint'), 'default', '', 'Options the client asks for (option 55) in its order: 1,3,6,15; tells operating systems apart. weir.', quiet),
    own('dhcpClass', 233, 'string', fact('dhcpClass'), 'default', '', 'Vendor class of the client (option 60): MSFT 5.0. weir.', quiet),
  ]),
];
