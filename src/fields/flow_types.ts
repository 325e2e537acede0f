// Generated from src/fields/catalogue.ts by `npm run generate`; do not edit. Imports nothing, to be taken alone.
//
// Which keys a line has depends on the template, and keys with nothing to say are left out: all are optional.
// `number | string`: 64-bit counters and ids are texts above 2^53 - 1. Times are ISO 8601 texts or, with time=ms,
// integers. Nanoseconds since 1970 pass 2^53: JSON.parse() rounds them to some 256 ns.

/** A line of `naming=ipfix`. */
export interface IpfixFlow {
  /** First packet since the previous record of the flow. */
  flowStartMilliseconds?: number | string;
  /** Last packet of the record. */
  flowEndMilliseconds?: number | string;
  /** First packet since the previous record, whole seconds. */
  flowStartSeconds?: number | string;
  /** Last packet of the record, whole seconds. */
  flowEndSeconds?: number | string;
  /** First packet since the previous record. */
  flowStartMicroseconds?: number | string;
  /** Last packet of the record. */
  flowEndMicroseconds?: number | string;
  /** First packet since the previous record. */
  flowStartNanoseconds?: number | string;
  /** Last packet of the record. */
  flowEndNanoseconds?: number | string;
  /** First packet, since systemInitTimeMilliseconds; 0 when it came before. JSON of naming nprobe writes epoch seconds. */
  flowStartSysUpTime?: number;
  /** Last packet, since systemInitTimeMilliseconds; 0 when it came before. JSON of naming nprobe writes epoch seconds. */
  flowEndSysUpTime?: number;
  /** Start of the probe: zero of the SysUpTime fields. */
  systemInitTimeMilliseconds?: number | string;
  /** Last minus first packet of the record; the largest number when it does not fit. */
  flowDurationMilliseconds?: number;
  /** Last minus first packet of the record; the largest number (71 minutes) when it does not fit. */
  flowDurationMicroseconds?: number;
  /** Last minus first packet of one direction. */
  'ntop.DURATION_IN'?: number;
  /** Reverse: Last minus first packet of one direction. */
  'ntop.DURATION_OUT'?: number;
  /** First packet of the flow, the same in all its records. */
  flowFirstSeen?: number | string;
  /** First packet of one direction in the record; absent when it had none. */
  directionStartMilliseconds?: number | string;
  /** Reverse: First packet of one direction in the record; absent when it had none. */
  reverseDirectionStartMilliseconds?: number | string;
  /** Last packet of one direction in the record; absent when it had none. */
  directionEndMilliseconds?: number | string;
  /** Reverse: Last packet of one direction in the record; absent when it had none. */
  reverseDirectionEndMilliseconds?: number | string;
  /** Last packet of the record minus flowFirstSeen. */
  flowAgeMilliseconds?: number;
  /** The active timeout in force (--active-timeout). */
  flowActiveTimeout?: number;
  /** The idle timeout in force (--idle-timeout). */
  flowIdleTimeout?: number;
  /** IPv4 address of the initiator / responder. */
  sourceIPv4Address?: string;
  /** IPv4 address of the initiator / responder. */
  destinationIPv4Address?: string;
  /** IPv6 address of the initiator / responder. */
  sourceIPv6Address?: string;
  /** IPv6 address of the initiator / responder. */
  destinationIPv6Address?: string;
  /** TCP, UDP, UDP-Lite, DCCP or SCTP port; 0 where the protocol has none. */
  sourceTransportPort?: number;
  /** TCP, UDP, UDP-Lite, DCCP or SCTP port; 0 where the protocol has none. */
  destinationTransportPort?: number;
  /** IP protocol number; for IPv6 that of the upper layer. */
  protocolIdentifier?: number;
  /** IP protocol as text: TCP, UDP, ICMP; the number where it has no common name. */
  'ntop.PROTOCOL_MAP'?: string;
  /** IP version of the metered packets, 4 or 6. */
  ipVersion?: number;
  /** Port of the responder, whichever way the record looks. */
  'ntop.L4_SRV_PORT'?: number;
  /** Type * 256 + code of the first ICMP packet. */
  icmpTypeCodeIPv4?: number;
  /** Type * 256 + code of the first ICMPv6 packet. */
  icmpTypeCodeIPv6?: number;
  /** Type of the first ICMP packet. */
  icmpTypeIPv4?: number;
  /** Type of the first ICMPv6 packet. */
  icmpTypeIPv6?: number;
  /** Code of the first ICMP packet. */
  icmpCodeIPv4?: number;
  /** Code of the first ICMPv6 packet. */
  icmpCodeIPv6?: number;
  /** Flow label of the first packet. */
  flowLabelIPv6?: number;
  /** Security Parameters Index of ESP or AH, first seen each way. */
  IPSecSPI?: number;
  /** Reverse: Security Parameters Index of ESP or AH, first seen each way. */
  reverseIPSecSPI?: number;
  /** IP protocol as IANA's keyword in lower case: tcp, udp, icmp, ipv6-icmp; absent where weir knows none. */
  protocolKeyword?: string;
  /** Unique in one run of the probe; the same in all records of a flow. */
  flowId?: number | string;
  /** 0 in the first record of a flow, one more in each that follows an active timeout. */
  recordIndex?: number;
  /** Community ID version 1, the same for both directions and in other tools (Zeek, Suricata). */
  communityId?: string;
  /** Why the record left: 1 idle, 2 active timeout, 3 end of flow (FIN, RST), 4 forced, 5 lack of resources. */
  flowEndReason?: number;
  /** flowEndReason as text: idle, active, end, forced, resources. */
  flowEndReasonName?: string;
  /** 1: the source is the initiator, 2: the destination is, 0: TCP whose start was not seen, so the first sender is the source. */
  biflowDirection?: number;
  /** How the initiator was found: 0 first packet seen, 1 SYN or INIT, 2 SYN-ACK or INIT ACK, 3 ICMP echo, 4 socket. */
  directionMethod?: number;
  /** 0 when the source's packets come in at the interface, 1 when they go out. */
  flowDirection?: number;
  /** ingress when the source's packets come in at the interface, egress when they go out; absent when unknown. */
  flowDirectionName?: string;
  /** Octets of IP packets, headers included, since the previous record. */
  octetDeltaCount?: number | string;
  /** Reverse: Octets of IP packets, headers included, since the previous record. */
  reverseOctetDeltaCount?: number | string;
  /** Packets as on the wire since the previous record. */
  packetDeltaCount?: number | string;
  /** Reverse: Packets as on the wire since the previous record. */
  reversePacketDeltaCount?: number | string;
  /** Octets behind the transport header sent by the initiator, retransmissions included. */
  initiatorOctets?: number | string;
  /** Octets behind the transport header sent by the responder, retransmissions included. */
  responderOctets?: number | string;
  /** Octets behind the transport header by direction of the record. */
  payloadOctetDeltaCount?: number | string;
  /** Reverse: Octets behind the transport header by direction of the record. */
  reversePayloadOctetDeltaCount?: number | string;
  /** Octets behind the transport header by direction of the record, SYN and FIN not counted: as sockets count them with -i ebpf:. */
  transportOctetDeltaCount?: number | string;
  /** Reverse: Octets behind the transport header by direction of the record, SYN and FIN not counted: as sockets count them with -i ebpf:. */
  reverseTransportOctetDeltaCount?: number | string;
  /** Octets of both directions together. */
  flowOctets?: number | string;
  /** Packets of both directions together. */
  flowPackets?: number | string;
  /** Sum of the squared packet sizes since the previous record. */
  octetDeltaSumOfSquares?: number | string;
  /** Reverse: Sum of the squared packet sizes since the previous record. */
  reverseOctetDeltaSumOfSquares?: number | string;
  /** Bits per second over the duration of the record; absent when that is 0. */
  'ntop.SRC_TO_DST_AVG_THROUGHPUT'?: number;
  /** Reverse: Bits per second over the duration of the record; absent when that is 0. */
  'ntop.DST_TO_SRC_AVG_THROUGHPUT'?: number;
  /** Selector of the metered packets, as the options records describe it: 1 with packet sampling, absent without. */
  selectorId?: number | string;
  /** A packet of the counters stands for so many on the wire: 1 without packet sampling and where the counters are scaled up already. Deprecated by IANA; for collectors that read the rate from flow records. */
  samplingInterval?: number;
  /** ToS or traffic class octet of the first packet each way. */
  ipClassOfService?: number;
  /** Reverse: ToS or traffic class octet of the first packet each way. */
  reverseIpClassOfService?: number;
  /** DSCP of the first packet each way: the high 6 bits of ipClassOfService. */
  ipDiffServCodePoint?: number;
  /** Reverse: DSCP of the first packet each way: the high 6 bits of ipClassOfService. */
  reverseIpDiffServCodePoint?: number;
  /** Smallest TTL or hop limit; 0 when the direction had no packet. */
  minimumTTL?: number;
  /** Reverse: Smallest TTL or hop limit; 0 when the direction had no packet. */
  reverseMinimumTTL?: number;
  /** Largest TTL or hop limit; 0 when the direction had no packet. */
  maximumTTL?: number;
  /** Reverse: Largest TTL or hop limit; 0 when the direction had no packet. */
  reverseMaximumTTL?: number;
  /** OR over all packets of both directions: 0x40 don't fragment, 0x20 more fragments. */
  fragmentFlags?: number;
  /** IP fragments each way; stays at 65535. */
  'ntop.SRC_FRAGMENTS'?: number;
  /** Reverse: IP fragments each way; stays at 65535. */
  'ntop.DST_FRAGMENTS'?: number;
  /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
  sourceMacAddress?: string;
  /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
  destinationMacAddress?: string;
  /** Innermost VLAN id of the frame. */
  vlanId?: number;
  /** Outer (or only) VLAN id. */
  dot1qVlanId?: number;
  /** Second VLAN id of a QinQ frame. */
  dot1qCustomerVlanId?: number;
  /** Priority bits of the outer tag, first packet. */
  dot1qPriority?: number;
  /** Label, traffic class and bottom bit of the top label stack entry, 3 octets. */
  mplsTopLabelStackSection?: string;
  /** Label number of the top label stack entry. */
  mplsTopLabel?: number;
  /** Traffic class bits of the top label stack entry. */
  mplsTopLabelExp?: number;
  /** TTL of the top label stack entry. */
  mplsTopLabelTTL?: number;
  /** Labels on the stack. */
  mplsLabelStackDepth?: number;
  /** ifIndex by which the source's packets came in / went out; 0 when that side was not seen here. */
  ingressInterface?: number;
  /** ifIndex by which the source's packets came in / went out; 0 when that side was not seen here. */
  egressInterface?: number;
  /** Name of the Observation Point: interface or capture file. */
  interfaceName?: string;
  /** Network namespace of the Observation Point as configured; absent for the probe's own. */
  networkNamespace?: string;
  /** Number of the Observation Point in this run, from 0. */
  observationPointId?: number | string;
  /** Observation Domain of the exporter (--observation-domain). */
  observationDomainId?: number;
  /** Name of the interface by which the source's packets came in / went out; absent when that side was not seen here. */
  ingressInterfaceName?: string;
  /** Name of the interface by which the source's packets came in / went out; absent when that side was not seen here. */
  egressInterfaceName?: string;
  /** OR of the TCP flags each way, low 8 bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  tcpControlBits?: number;
  /** Reverse: OR of the TCP flags each way, low 8 bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  reverseTcpControlBits?: number;
  /** OR of the TCP flags of both directions in one element, as nProbe sends it; a uniflow carries tcpControlBits instead. */
  tcpControlBitsUnion?: number;
  /** OR of the TCP flags of the initiator. */
  'ntop.CLIENT_TCP_FLAGS'?: number;
  /** OR of the TCP flags of the responder. */
  'ntop.SERVER_TCP_FLAGS'?: number;
  /** TCP flags each way as letters in the order CEUAPRSF, those set only. */
  tcpFlagsText?: string;
  /** Reverse: TCP flags each way as letters in the order CEUAPRSF, those set only. */
  reverseTcpFlagsText?: string;
  /** Half of clientRoundTripMicroseconds, rounded; absent below half a millisecond. */
  'ntop.CLIENT_NW_LATENCY_MS'?: number;
  /** Half of serverRoundTripMicroseconds, rounded; absent below half a millisecond. */
  'ntop.SERVER_NW_LATENCY_MS'?: number;
  /** applicationLatencyMicroseconds, rounded; absent below half a millisecond. */
  'ntop.APPL_LATENCY_MS'?: number;
  /** Initiator to probe and back: SYN-ACK to ACK of the TCP handshake. */
  clientRoundTripMicroseconds?: number;
  /** Probe to responder and back: SYN to SYN-ACK of the TCP handshake. */
  serverRoundTripMicroseconds?: number;
  /** Whole TCP handshake: client plus server round trip, when both are known. */
  handshakeRoundTripMicroseconds?: number;
  /** First payload of the initiator to first payload of the responder. */
  applicationLatencyMicroseconds?: number;
  /** Segments with octets seen before; keep-alives and window probes not counted. */
  'ntop.RETRANSMITTED_IN_PKTS'?: number;
  /** Reverse: Segments with octets seen before; keep-alives and window probes not counted. */
  'ntop.RETRANSMITTED_OUT_PKTS'?: number;
  /** Payload octets seen before. */
  'ntop.RETRANSMITTED_IN_BYTES'?: number;
  /** Reverse: Payload octets seen before. */
  'ntop.RETRANSMITTED_OUT_BYTES'?: number;
  /** Segments that filled a hole of the sequence space soon after it opened. */
  'ntop.OOORDER_IN_PKTS'?: number;
  /** Reverse: Segments that filled a hole of the sequence space soon after it opened. */
  'ntop.OOORDER_OUT_PKTS'?: number;
  /** Payload octets of out-of-order segments. */
  outOfOrderOctets?: number;
  /** Reverse: Payload octets of out-of-order segments. */
  reverseOutOfOrderOctets?: number;
  /** Segments the probe never saw, estimated from lostOctets and the MSS. */
  lostPackets?: number;
  /** Reverse: Segments the probe never saw, estimated from lostOctets and the MSS. */
  reverseLostPackets?: number;
  /** Sequence space skipped and never seen. */
  lostOctets?: number;
  /** Reverse: Sequence space skipped and never seen. */
  reverseLostOctets?: number;
  /** tcpWindowMinimum in 16 bits; 65535 when it does not fit. */
  'ntop.TCP_WIN_MIN_IN'?: number;
  /** Reverse: tcpWindowMinimum in 16 bits; 65535 when it does not fit. */
  'ntop.TCP_WIN_MIN_OUT'?: number;
  /** tcpWindowMaximum in 16 bits; 65535 when it does not fit. */
  'ntop.TCP_WIN_MAX_IN'?: number;
  /** Reverse: tcpWindowMaximum in 16 bits; 65535 when it does not fit. */
  'ntop.TCP_WIN_MAX_OUT'?: number;
  /** Smallest window announced, after scaling. */
  tcpWindowMinimum?: number;
  /** Reverse: Smallest window announced, after scaling. */
  reverseTcpWindowMinimum?: number;
  /** Largest window announced, after scaling. */
  tcpWindowMaximum?: number;
  /** Reverse: Largest window announced, after scaling. */
  reverseTcpWindowMaximum?: number;
  /** MSS option of the side's SYN. */
  'ntop.TCP_WIN_MSS_IN'?: number;
  /** Reverse: MSS option of the side's SYN. */
  'ntop.TCP_WIN_MSS_OUT'?: number;
  /** Window scale option of the side's SYN, the shift; 0 without the option. */
  'ntop.TCP_WIN_SCALE_IN'?: number;
  /** Reverse: Window scale option of the side's SYN, the shift; 0 without the option. */
  'ntop.TCP_WIN_SCALE_OUT'?: number;
  /** Segments that announced a zero window; stays at 65535. */
  tcpZeroWindows?: number;
  /** Reverse: Segments that announced a zero window; stays at 65535. */
  reverseTcpZeroWindows?: number;
  /** Smallest IP packet of the direction; 0 when it had none. */
  minimumIpTotalLength?: number | string;
  /** Reverse: Smallest IP packet of the direction; 0 when it had none. */
  reverseMinimumIpTotalLength?: number | string;
  /** Largest IP packet of the direction; 0 when it had none. */
  maximumIpTotalLength?: number | string;
  /** Reverse: Largest IP packet of the direction; 0 when it had none. */
  reverseMaximumIpTotalLength?: number | string;
  /** Mean IP packet size of the direction. */
  packetSizeMean?: number;
  /** Reverse: Mean IP packet size of the direction. */
  reversePacketSizeMean?: number;
  /** Standard deviation of the IP packet size of the direction. */
  packetSizeDeviation?: number;
  /** Reverse: Standard deviation of the IP packet size of the direction. */
  reversePacketSizeDeviation?: number;
  /** Largest IP packet of both directions. */
  'ntop.LONGEST_FLOW_PKT'?: number;
  /** Smallest IP packet of both directions. */
  'ntop.SHORTEST_FLOW_PKT'?: number;
  /** IP packets of at most 128 octets, both directions. */
  'ntop.NUM_PKTS_UP_TO_128_BYTES'?: number;
  /** IP packets of 129 to 256 octets, both directions. */
  'ntop.NUM_PKTS_128_TO_256_BYTES'?: number;
  /** IP packets of 257 to 512 octets, both directions. */
  'ntop.NUM_PKTS_256_TO_512_BYTES'?: number;
  /** IP packets of 513 to 1024 octets, both directions. */
  'ntop.NUM_PKTS_512_TO_1024_BYTES'?: number;
  /** IP packets of 1025 to 1514 octets, both directions. */
  'ntop.NUM_PKTS_1024_TO_1514_BYTES'?: number;
  /** IP packets of more than 1514 octets, both directions. */
  'ntop.NUM_PKTS_OVER_1514_BYTES'?: number;
  /** Smallest time between packets of the direction, rounded. */
  'ntop.SRC_TO_DST_IAT_MIN'?: number;
  /** Reverse: Smallest time between packets of the direction, rounded. */
  'ntop.DST_TO_SRC_IAT_MIN'?: number;
  /** Largest time between packets of the direction, rounded. */
  'ntop.SRC_TO_DST_IAT_MAX'?: number;
  /** Reverse: Largest time between packets of the direction, rounded. */
  'ntop.DST_TO_SRC_IAT_MAX'?: number;
  /** Mean time between packets of the direction, rounded. */
  'ntop.SRC_TO_DST_IAT_AVG'?: number;
  /** Reverse: Mean time between packets of the direction, rounded. */
  'ntop.DST_TO_SRC_IAT_AVG'?: number;
  /** Standard deviation of the time between packets of the direction, rounded. */
  'ntop.SRC_TO_DST_IAT_STDDEV'?: number;
  /** Reverse: Standard deviation of the time between packets of the direction, rounded. */
  'ntop.DST_TO_SRC_IAT_STDDEV'?: number;
  /** Smallest time between packets of the direction. */
  interArrivalMinimum?: number;
  /** Reverse: Smallest time between packets of the direction. */
  reverseInterArrivalMinimum?: number;
  /** Largest time between packets of the direction. */
  interArrivalMaximum?: number;
  /** Reverse: Largest time between packets of the direction. */
  reverseInterArrivalMaximum?: number;
  /** Mean time between packets of the direction. */
  interArrivalMean?: number;
  /** Reverse: Mean time between packets of the direction. */
  reverseInterArrivalMean?: number;
  /** Standard deviation of the time between packets of the direction. */
  interArrivalDeviation?: number;
  /** Reverse: Standard deviation of the time between packets of the direction. */
  reverseInterArrivalDeviation?: number;
  /** IP octets of the first N packets (--first-packets); on the wire 2 octets each. First record of a flow only. */
  packetSequenceSizes?: number[];
  /** Times of the first N packets since flowFirstSeen; on the wire 4 octets each. First record of a flow only. */
  packetSequenceTimes?: number[];
  /** Senders of the first N packets: 0 source, 1 destination; on the wire 1 octet each. First record of a flow only. */
  packetSequenceDirections?: number[];
  /** TCP flags of the first N packets; on the wire 1 octet each. First record of a flow only. */
  packetSequenceFlags?: number[];
  /** Innermost envelope taken off: 1 GRE, 2 VXLAN, 3 GENEVE, 4 GTP-U, 5 IP-in-IP, 6 6in4, 7 ERSPAN II, 8 ERSPAN III, 9 L2TP. */
  tunnelType?: number;
  /** tunnelType as text: gre, vxlan, geneve, gtpu, ipip, 6in4, erspan2, erspan3, l2tp. */
  tunnelTypeName?: string;
  /** Envelopes taken off. */
  tunnelDepth?: number;
  /** VNI, TEID, GRE key, ERSPAN session or L2TP (tunnel * 65536 + session) each way. */
  'ntop.UPSTREAM_TUNNEL_ID'?: number;
  /** Reverse: VNI, TEID, GRE key, ERSPAN session or L2TP (tunnel * 65536 + session) each way. */
  'ntop.DOWNSTREAM_TUNNEL_ID'?: number;
  /** L2TP session id each way. */
  'ntop.UPSTREAM_SESSION_ID'?: number;
  /** Reverse: L2TP session id each way. */
  'ntop.DOWNSTREAM_SESSION_ID'?: number;
  /** VXLAN network: 1 in the top octet, the VNI in the last three. */
  layer2SegmentId?: number | string;
  /** IP protocol number of the envelope. */
  'ntop.UNTUNNELED_PROTOCOL'?: number;
  /** IPv4 address of the envelope; 0.0.0.0 when it is IPv6. */
  'ntop.UNTUNNELED_IPV4_SRC_ADDR'?: string;
  /** IPv4 address of the envelope; 0.0.0.0 when it is IPv6. */
  'ntop.UNTUNNELED_IPV4_DST_ADDR'?: string;
  /** IPv6 address of the envelope; :: when it is IPv4. */
  'ntop.UNTUNNELED_IPV6_SRC_ADDR'?: string;
  /** IPv6 address of the envelope; :: when it is IPv4. */
  'ntop.UNTUNNELED_IPV6_DST_ADDR'?: string;
  /** Port of the envelope. */
  'ntop.UNTUNNELED_L4_SRC_PORT'?: number;
  /** Port of the envelope. */
  'ntop.UNTUNNELED_L4_DST_PORT'?: number;
  /** Process that uses the socket at this end, as the host numbers it; 0 when nobody is known. */
  'ntop.SRC_PROC_PID'?: number;
  /** Process that uses the socket at this end, as the host numbers it; 0 when nobody is known. */
  'ntop.DST_PROC_PID'?: number;
  /** Name of the process (comm of its first thread), 15 octets at most. */
  'ntop.SRC_PROC_NAME'?: string;
  /** Name of the process (comm of its first thread), 15 octets at most. */
  'ntop.DST_PROC_NAME'?: string;
  /** Path of the program the process runs. */
  sourceProcessExecutable?: string;
  /** Path of the program the process runs. */
  destinationProcessExecutable?: string;
  /** Arguments of the process joined by spaces, secrets left out as --command-line says. */
  'ntop.SRC_PROC_CMDLINE'?: string;
  /** Arguments of the process joined by spaces, secrets left out as --command-line says. */
  'ntop.DST_PROC_CMDLINE'?: string;
  /** Working directory of the process when it was read. */
  sourceProcessWorkingDirectory?: string;
  /** Working directory of the process when it was read. */
  destinationProcessWorkingDirectory?: string;
  /** Start of the process, to 10 ms: with its id it names the process for good. */
  sourceProcessStartMilliseconds?: number | string;
  /** Start of the process, to 10 ms: with its id it names the process for good. */
  destinationProcessStartMilliseconds?: number | string;
  /** Thread that used the socket last. */
  sourceThreadId?: number;
  /** Thread that used the socket last. */
  destinationThreadId?: number;
  /** Process id in the process's own pid namespace, as its container numbers it; absent where that is the host's. */
  sourceInsideProcessId?: number;
  /** Process id in the process's own pid namespace, as its container numbers it; absent where that is the host's. */
  destinationInsideProcessId?: number;
  /** Parent of the process. */
  'ntop.SRC_FATHER_PROC_PID'?: number;
  /** Parent of the process. */
  'ntop.DST_FATHER_PROC_PID'?: number;
  /** Name of the parent. */
  'ntop.SRC_FATHER_PROC_NAME'?: string;
  /** Name of the parent. */
  'ntop.DST_FATHER_PROC_NAME'?: string;
  /** Path of the program the parent runs. */
  sourceParentProcessExecutable?: string;
  /** Path of the program the parent runs. */
  destinationParentProcessExecutable?: string;
  /** Start of the parent. */
  sourceParentProcessStartMilliseconds?: number | string;
  /** Start of the parent. */
  destinationParentProcessStartMilliseconds?: number | string;
  /** User id of the parent; 4294967295 when unknown. */
  'ntop.SRC_FATHER_PROC_UID'?: number;
  /** User id of the parent; 4294967295 when unknown. */
  'ntop.DST_FATHER_PROC_UID'?: number;
  /** User of the parent. */
  'ntop.SRC_FATHER_PROC_USER_NAME'?: string;
  /** User of the parent. */
  'ntop.DST_FATHER_PROC_USER_NAME'?: string;
  /** Ancestors beyond the parent, nearest first: name:id name:id ... (--ancestors). */
  sourceProcessAncestors?: string;
  /** Ancestors beyond the parent, nearest first: name:id name:id ... (--ancestors). */
  destinationProcessAncestors?: string;
  /** Process that opened the socket, where it is not the one that uses it. */
  sourceOpenerProcessId?: number;
  /** Process that opened the socket, where it is not the one that uses it. */
  destinationOpenerProcessId?: number;
  /** Name of the process that opened the socket. */
  sourceOpenerProcessName?: string;
  /** Name of the process that opened the socket. */
  destinationOpenerProcessName?: string;
  /** Start of the process that opened the socket. */
  sourceOpenerProcessStartMilliseconds?: number | string;
  /** Start of the process that opened the socket. */
  destinationOpenerProcessStartMilliseconds?: number | string;
  /** Processes at both ends in one text, ? where nobody is known: curl(1234) > nginx(77)@web. Behind @ the pod as namespace/name, or the container. */
  flowProcesses?: string;
  /** User of the process at the source. */
  userName?: string;
  /** User id of the process; 0 is root, 4294967295 nobody known. */
  'ntop.SRC_PROC_UID'?: number;
  /** User id of the process; 0 is root, 4294967295 nobody known. */
  'ntop.DST_PROC_UID'?: number;
  /** User of the process, by the host's accounts. */
  'ntop.SRC_PROC_USER_NAME'?: string;
  /** User of the process, by the host's accounts. */
  'ntop.DST_PROC_USER_NAME'?: string;
  /** Group id of the process; 4294967295 when unknown. */
  sourceGroupId?: number;
  /** Group id of the process; 4294967295 when unknown. */
  destinationGroupId?: number;
  /** Group of the process. */
  sourceGroupName?: string;
  /** Group of the process. */
  destinationGroupName?: string;
  /** Effective user id of the process; 4294967295 when unknown. */
  sourceEffectiveUserId?: number;
  /** Effective user id of the process; 4294967295 when unknown. */
  destinationEffectiveUserId?: number;
  /** Effective user of the process. */
  sourceEffectiveUserName?: string;
  /** Effective user of the process. */
  destinationEffectiveUserName?: string;
  /** Effective group id of the process; 4294967295 when unknown. */
  sourceEffectiveGroupId?: number;
  /** Effective group id of the process; 4294967295 when unknown. */
  destinationEffectiveGroupId?: number;
  /** User id that logged in (audit login uid), kept over su and sudo; 4294967295 when nobody did. */
  sourceLoginUserId?: number;
  /** User id that logged in (audit login uid), kept over su and sudo; 4294967295 when nobody did. */
  destinationLoginUserId?: number;
  /** User who logged in. */
  sourceLoginUserName?: string;
  /** User who logged in. */
  destinationLoginUserName?: string;
  /** Audit session of the login; 4294967295 when there is none. */
  sourceAuditSessionId?: number;
  /** Audit session of the login; 4294967295 when there is none. */
  destinationAuditSessionId?: number;
  /** User id in the process's own user namespace; 4294967295 where that is the host's. */
  sourceInsideUserId?: number;
  /** User id in the process's own user namespace; 4294967295 where that is the host's. */
  destinationInsideUserId?: number;
  /** User by the accounts of the container, where that differs. */
  sourceInsideUserName?: string;
  /** User by the accounts of the container, where that differs. */
  destinationInsideUserName?: string;
  /** Group id in the process's own user namespace; 4294967295 where that is the host's. */
  sourceInsideGroupId?: number;
  /** Group id in the process's own user namespace; 4294967295 where that is the host's. */
  destinationInsideGroupId?: number;
  /** Group by the accounts of the container, where that differs. */
  sourceInsideGroupName?: string;
  /** Group by the accounts of the container, where that differs. */
  destinationInsideGroupName?: string;
  /** Id of the process's cgroup (v2). */
  sourceCgroupId?: number | string;
  /** Id of the process's cgroup (v2). */
  destinationCgroupId?: number | string;
  /** Path of the cgroup from the root of the hierarchy. */
  sourceCgroupPath?: string;
  /** Path of the cgroup from the root of the hierarchy. */
  destinationCgroupPath?: string;
  /** systemd unit of the process: nginx.service, session-3.scope. */
  sourceSystemdUnit?: string;
  /** systemd unit of the process: nginx.service, session-3.scope. */
  destinationSystemdUnit?: string;
  /** systemd slice of the process: system.slice. */
  sourceSystemdSlice?: string;
  /** systemd slice of the process: system.slice. */
  destinationSystemdSlice?: string;
  /** Id of the container, 64 hexadecimal digits or what its runtime calls it. */
  'ntop.SRC_PROC_CONTAINER_ID'?: string;
  /** Id of the container, 64 hexadecimal digits or what its runtime calls it. */
  'ntop.DST_PROC_CONTAINER_ID'?: string;
  /** Name of the container, as its runtime tells. */
  sourceContainerName?: string;
  /** Name of the container, as its runtime tells. */
  destinationContainerName?: string;
  /** Image of the container. */
  sourceContainerImage?: string;
  /** Image of the container. */
  destinationContainerImage?: string;
  /** docker, podman, containerd, cri-o, lxc, nspawn or runc. */
  sourceContainerRuntime?: string;
  /** docker, podman, containerd, cri-o, lxc, nspawn or runc. */
  destinationContainerRuntime?: string;
  /** Labels of the container: a JSON object, text on the wire. */
  sourceContainerLabels?: Record<string, string>;
  /** Labels of the container: a JSON object, text on the wire. */
  destinationContainerLabels?: Record<string, string>;
  /** Inode of the process's network namespace, as /proc/PID/ns/net shows it. */
  sourceNetworkNamespaceInode?: number;
  /** Inode of the process's network namespace, as /proc/PID/ns/net shows it. */
  destinationNetworkNamespaceInode?: number;
  /** The kernel's cookie of that namespace, never used again. */
  sourceNetworkNamespaceCookie?: number | string;
  /** The kernel's cookie of that namespace, never used again. */
  destinationNetworkNamespaceCookie?: number | string;
  /** Namespace of the pod. */
  'antrea.sourcePodNamespace'?: string;
  /** Namespace of the pod. */
  'antrea.destinationPodNamespace'?: string;
  /** Name of the pod. */
  'antrea.sourcePodName'?: string;
  /** Name of the pod. */
  'antrea.destinationPodName'?: string;
  /** Node the pod runs on. */
  'antrea.sourceNodeName'?: string;
  /** Node the pod runs on. */
  'antrea.destinationNodeName'?: string;
  /** Labels of the pod: a JSON object, text on the wire. */
  'antrea.sourcePodLabels'?: Record<string, string>;
  /** Labels of the pod: a JSON object, text on the wire. */
  'antrea.destinationPodLabels'?: Record<string, string>;
  /** UID of the pod. */
  sourcePodUid?: string;
  /** UID of the pod. */
  destinationPodUid?: string;
  /** Workload the pod belongs to: its deployment, or its app label. */
  sourceWorkloadName?: string;
  /** Workload the pod belongs to: its deployment, or its app label. */
  destinationWorkloadName?: string;
  /** kubernetes where a pod is known. */
  sourceOrchestratorType?: string;
  /** kubernetes where a pod is known. */
  destinationOrchestratorType?: string;
  /** How the socket of this end was found: 0 not, 1 exact tuple, 2 socket cookie, 3 local port (unconnected), 4 listener only, 5 dump of open sockets, 6 sock_diag and /proc. */
  sourceMatchMethod?: number;
  /** How the socket of this end was found: 0 not, 1 exact tuple, 2 socket cookie, 3 local port (unconnected), 4 listener only, 5 dump of open sockets, 6 sock_diag and /proc. */
  destinationMatchMethod?: number;
  /** The same as text: none, exact, cookie, wildcard, listener, snapshot, diag. */
  sourceMatchMethodName?: string;
  /** The same as text: none, exact, cookie, wildcard, listener, snapshot, diag. */
  destinationMatchMethodName?: string;
  /** The process is the likely one, not a certain one: a listener, or one of several holders. */
  sourceProcessTentative?: boolean;
  /** The process is the likely one, not a certain one: a listener, or one of several holders. */
  destinationProcessTentative?: boolean;
  /** The record was made from socket events, no packet was seen (-i ebpf:). */
  recordFromSockets?: boolean;
  /** Kind of event (--events): 1 connect, 2 accept, 3 first use, 4 listen, 5 close, 6 retransmit, 7 refused, 8 exec, 9 exit, 10 fork; 0 in flow records. */
  eventType?: number;
  /** eventType as text: connect, accept, use, listen, close, retransmit, refused, exec, exit, fork. */
  eventName?: string;
  /** process for exec, exit and fork, network for the others. */
  eventCategory?: string;
  /** What the event says of it: start, end, denied (refused) or info. */
  eventPhase?: string;
  /** Address behind the kernel's address translation, on whichever side of it the flow was seen; 0.0.0.0 when none is known. */
  postNATSourceIPv4Address?: string;
  /** Address behind the kernel's address translation, on whichever side of it the flow was seen; 0.0.0.0 when none is known. */
  postNATDestinationIPv4Address?: string;
  /** Address behind the kernel's address translation, on whichever side of it the flow was seen; :: when none is known. */
  postNATSourceIPv6Address?: string;
  /** Address behind the kernel's address translation, on whichever side of it the flow was seen; :: when none is known. */
  postNATDestinationIPv6Address?: string;
  /** Port behind the kernel's address translation; 0 when none is known. */
  postNAPTSourceTransportPort?: number;
  /** Port behind the kernel's address translation; 0 when none is known. */
  postNAPTDestinationTransportPort?: number;
  /** Address before the kernel's address translation; 0.0.0.0 when none is known. */
  preNATSourceIPv4Address?: string;
  /** Address before the kernel's address translation; 0.0.0.0 when none is known. */
  preNATDestinationIPv4Address?: string;
  /** Address before the kernel's address translation; :: when none is known. */
  preNATSourceIPv6Address?: string;
  /** Address before the kernel's address translation; :: when none is known. */
  preNATDestinationIPv6Address?: string;
  /** Port before the kernel's address translation; 0 when none is known. */
  preNAPTSourceTransportPort?: number;
  /** Port before the kernel's address translation; 0 when none is known. */
  preNAPTDestinationTransportPort?: number;
  /** Payload the peer acknowledged, over the connection so far, as the kernel of this end counts it. */
  sourceKernelOctetsAcknowledged?: number | string;
  /** Payload the peer acknowledged, over the connection so far, as the kernel of this end counts it. */
  destinationKernelOctetsAcknowledged?: number | string;
  /** Payload received in order, over the connection so far. */
  sourceKernelOctetsReceived?: number | string;
  /** Payload received in order, over the connection so far. */
  destinationKernelOctetsReceived?: number | string;
  /** Payload sent, retransmissions included. */
  sourceKernelOctetsSent?: number | string;
  /** Payload sent, retransmissions included. */
  destinationKernelOctetsSent?: number | string;
  /** Payload sent again. */
  sourceKernelOctetsRetransmitted?: number | string;
  /** Payload sent again. */
  destinationKernelOctetsRetransmitted?: number | string;
  /** Segments received. */
  sourceKernelSegmentsReceived?: number;
  /** Segments received. */
  destinationKernelSegmentsReceived?: number;
  /** Segments sent, retransmissions included. */
  sourceKernelSegmentsSent?: number;
  /** Segments sent, retransmissions included. */
  destinationKernelSegmentsSent?: number;
  /** Smoothed round trip time. */
  sourceKernelSmoothedRtt?: number;
  /** Smoothed round trip time. */
  destinationKernelSmoothedRtt?: number;
  /** Mean deviation of the round trip time. */
  sourceKernelRttVariation?: number;
  /** Mean deviation of the round trip time. */
  destinationKernelRttVariation?: number;
  /** Smallest round trip time. */
  sourceKernelMinimumRtt?: number;
  /** Smallest round trip time. */
  destinationKernelMinimumRtt?: number;
  /** SYN sent to connection established, at the side that connects. */
  sourceKernelConnectTime?: number;
  /** SYN sent to connection established, at the side that connects. */
  destinationKernelConnectTime?: number;
  /** Segments sent again. */
  sourceKernelRetransmits?: number;
  /** Segments sent again. */
  destinationKernelRetransmits?: number;
  /** Segments the kernel holds for lost. */
  sourceKernelLost?: number;
  /** Segments the kernel holds for lost. */
  destinationKernelLost?: number;
  /** Times that segments were acknowledged out of order. */
  sourceKernelReordering?: number;
  /** Times that segments were acknowledged out of order. */
  destinationKernelReordering?: number;
  /** Segments received out of order. */
  sourceKernelOutOfOrder?: number;
  /** Segments received out of order. */
  destinationKernelOutOfOrder?: number;
  /** Congestion window in segments. */
  sourceKernelCongestionWindow?: number;
  /** Congestion window in segments. */
  destinationKernelCongestionWindow?: number;
  /** Slow start threshold in segments; 2147483647 before the first loss. */
  sourceKernelSlowStartThreshold?: number;
  /** Slow start threshold in segments; 2147483647 before the first loss. */
  destinationKernelSlowStartThreshold?: number;
  /** Maximum segment size in use. */
  sourceKernelMaximumSegment?: number;
  /** Maximum segment size in use. */
  destinationKernelMaximumSegment?: number;
  /** Time with data to send. */
  sourceKernelBusyTime?: number;
  /** Time with data to send. */
  destinationKernelBusyTime?: number;
  /** Of the busy time, what the receiver's window held up. */
  sourceKernelReceiverLimitedTime?: number;
  /** Of the busy time, what the receiver's window held up. */
  destinationKernelReceiverLimitedTime?: number;
  /** Of the busy time, what the send buffer held up. */
  sourceKernelBufferLimitedTime?: number;
  /** Of the busy time, what the send buffer held up. */
  destinationKernelBufferLimitedTime?: number;
  /** Time in state ESTABLISHED. */
  sourceKernelEstablishedTime?: number;
  /** Time in state ESTABLISHED. */
  destinationKernelEstablishedTime?: number;
  /** Time from the end of ESTABLISHED to CLOSE. */
  sourceKernelClosingTime?: number;
  /** Time from the end of ESTABLISHED to CLOSE. */
  destinationKernelClosingTime?: number;
  /** TCP state, as the kernel numbers them: 1 ESTABLISHED ... 7 CLOSE. */
  sourceKernelState?: number;
  /** TCP state, as the kernel numbers them: 1 ESTABLISHED ... 7 CLOSE. */
  destinationKernelState?: number;
  /** Application as RFC 6759 numbers it: engine 22 (nDPI) in one octet, nDPI's number in the others. Label: nDPI. */
  applicationId?: string;
  /** Name of the application: Google; absent when it is not known. Label: nDPI. */
  applicationName?: string;
  /** Category of the application: Web. Label: nDPI. */
  applicationCategoryName?: string;
  /** Number of the application; 0 is unknown. JSON of naming nprobe writes master and application: 91.126. Label: nDPI. */
  'ntop.L7_PROTO'?: number;
  /** Master and application: TLS.Google; Unknown when neither is known. Label: nDPI. */
  'ntop.L7_PROTO_NAME'?: string;
  /** The same as applicationCategoryName. */
  'ntop.L7_PROTO_CATEGORY'?: string;
  /** How sure nDPI is of the application, as it numbers that. */
  'ntop.L7_CONFIDENCE'?: number;
  /** Risks that nDPI saw: bit n is its risk n. */
  'ntop.L7_PROTO_RISK'?: number | string;
  /** Names of the risks, a comma between them. nDPI. */
  'ntop.L7_PROTO_RISK_NAME'?: string;
  /** Sum of what nDPI says its risks weigh, both ends together. */
  'ntop.L7_RISK_SCORE'?: number;
  /** What the flow is about: URL, server name, query, host name, SSH server, or what nDPI says. weir, nDPI. */
  'ntop.L7_INFO'?: string;
  /** The host name of it: HTTP host, TLS server name or DNS query. weir. */
  'ntop.L7_DOMAIN_INFO'?: string;
  /** Numbers of master and application: 91.126; 0 when neither is known. Label: nDPI. */
  applicationNumbers?: string;
  /** Master and application: TLS.Google; absent when neither is known. Label: nDPI. */
  applicationLabel?: string;
  /** Number of the protocol that carries the application; 0 when there is none. Label: nDPI. */
  applicationMasterId?: number;
  /** Its name: TLS, QUIC, DNS. Label: nDPI. */
  applicationMasterName?: string;
  /** Name of the master, or of the application where there is none. Label: nDPI. */
  applicationProtocolName?: string;
  /** How far the application is to be trusted: Safe, Acceptable, Fun, Unsafe, Potentially Dangerous ... Label: nDPI. */
  applicationBreedName?: string;
  /** The application protocol is an encrypted one. Label: nDPI. */
  applicationEncrypted?: boolean;
  /** How the application was found: DPI, DPI (cache), Match by port, Match by IP ... Label: nDPI. */
  applicationConfidenceName?: string;
  /** classified, guessed (given up, by port or address), unknown, open (more packets are looked at), or notInspected (no DPI state was free). */
  applicationStateName?: string;
  /** Packets that were looked at; stays at 65535. */
  applicationPacketsInspected?: number;
  /** A host name or address of the flow is on a list (--dpi-categories). nDPI. */
  applicationListed?: boolean;
  /** Category of that list. nDPI. */
  applicationListCategoryName?: string;
  /** Names of the risks that nDPI saw: an array in JSON, a comma between them on the wire. */
  applicationRiskNames?: string[];
  /** Server name the client asks for (SNI), also in QUIC; with --dpi-privacy server-names its keyed hash. weir. */
  'ntop.TLS_SERVER_NAME'?: string;
  /** Version in use, as on the wire: 772 is TLS 1.3. weir. */
  'ntop.TLS_VERSION'?: number;
  /** Cipher suite the server chose, as IANA numbers it. weir. */
  'ntop.TLS_CIPHER'?: number;
  /** 1: the suite has no authentication or encryption, export keys, or RC4, RC2, DES, 3DES, IDEA, MD5. weir. */
  'ntop.TLS_UNSAFE_CIPHER'?: number;
  /** JA3 of the client's hello. weir. */
  'ntop.JA3C_HASH'?: string;
  /** JA3S of the server's hello. weir. */
  'ntop.JA3S_HASH'?: string;
  /** JA4 of the client's hello, also in QUIC. weir. */
  'ntop.JA4C_HASH'?: string;
  /** Protocols the client offers (ALPN), a comma between them. weir. */
  'ntop.TLS_ALPN'?: string;
  /** Issuer of the server's certificate, where it is in clear (TLS 1.2 and before). weir. */
  'ntop.TLS_CERT_ISSUER_DN'?: string;
  /** Subject of the certificate. weir. */
  'ntop.TLS_CERT_SUBJECT_DN'?: string;
  /** tlsVersion as text: TLSv1.3, DTLSv1.2, SSLv3. weir. */
  tlsVersionName?: string;
  /** The number in it: 1.3. weir. */
  tlsVersionNumber?: string;
  /** The protocol in it: tls, dtls, ssl. weir. */
  tlsVersionProtocol?: string;
  /** Versions the client offers: an array in JSON, a comma between them on the wire. weir. */
  tlsOfferedVersions?: string[];
  /** tlsCipher as IANA calls it: TLS_AES_128_GCM_SHA256; 0x and hexadecimal digits where weir knows no name. weir. */
  tlsCipherName?: string;
  /** Protocol the server chose (ALPN), where it says so in clear. weir. */
  tlsAlpnChosen?: string;
  /** 1: the client's hello has encrypted_client_hello (ECH, or its grease), 2: encrypted_server_name (ESNI). weir. */
  tlsEncryptedClientHello?: number;
  /** Begin of the certificate's validity. weir. */
  tlsCertificateNotBefore?: number | string;
  /** End of the certificate's validity; what is behind 2554-07-21 is that day. weir. */
  tlsCertificateNotAfter?: number | string;
  /** Issuer and subject of the certificate are the same. weir. */
  tlsCertificateSelfSigned?: boolean;
  /** SHA-1 fingerprint of the certificate, 40 hexadecimal digits. weir. */
  tlsCertificateSha1?: string;
  /** DNS names the certificate is for (subjectAltName): an array in JSON, a comma between them on the wire. weir. */
  tlsCertificateNames?: string[];
  /** QUIC version of the first long header. weir. */
  quicVersion?: number;
  /** The same as text: v1, v2, draft-29, Q046. weir. */
  quicVersionName?: string;
  /** User agent in the client's transport parameters. weir. */
  quicUserAgent?: string;
  /** Name of the first question, also of mDNS and LLMNR, escaped as RFC 1035 section 5.1 says. weir. */
  'ntop.DNS_QUERY'?: string;
  /** Transaction id of the first query. weir. */
  'ntop.DNS_QUERY_ID'?: number;
  /** Type of the first question: 1 is A; in one octet, 255 for what does not fit. weir. */
  'ntop.DNS_QUERY_TYPE'?: number;
  /** Reply code of the first response: 0 is no error; 255 when no response was seen. weir. */
  'ntop.DNS_RET_CODE'?: number;
  /** Records in its answer section, 254 at most; 255 when no response was seen. weir. */
  'ntop.DNS_NUM_ANSWERS'?: number;
  /** TTL of the first address in it, else of its first record; 4294967295 when there is none. weir. */
  'ntop.DNS_TTL_ANSWER'?: number;
  /** Its answers as text, a comma between them. weir. */
  'ntop.DNS_RESPONSE'?: string;
  /** dnsQueryType as text: A, AAAA, HTTPS; TYPE and the number where it has no common name. weir. */
  dnsQueryTypeName?: string;
  /** dnsReturnCode as text: NOERROR, NXDOMAIN. weir. */
  dnsReturnCodeName?: string;
  /** First addresses in its answers, 8 at most: an array in JSON, a comma between them on the wire. weir. */
  dnsAddresses?: string[];
  /** First query to the response with its id; 4294967295 when there was none. weir. */
  dnsLatencyMicroseconds?: number;
  /** Method of the first request. weir. */
  httpRequestMethod?: string;
  /** Host it is for; with --dpi-privacy server-names its keyed hash. weir. */
  httpRequestHost?: string;
  /** Target of it as sent: path and query, or the whole URL of a proxy's. weir. */
  httpRequestTarget?: string;
  /** Status of the first response. weir. */
  httpStatusCode?: number;
  /** User agent of the first request. weir. */
  httpUserAgent?: string;
  /** Content type of the first response, else of the request. weir. */
  httpContentType?: string;
  /** The same as httpRequestMethod. */
  'ntop.HTTP_METHOD'?: string;
  /** The same as httpRequestHost. */
  'ntop.HTTP_HOST'?: string;
  /** The same as httpRequestTarget. */
  'ntop.HTTP_URL'?: string;
  /** The same as httpStatusCode. */
  'ntop.HTTP_RET_CODE'?: number;
  /** Page the first request came from. weir. */
  'ntop.HTTP_REFERER'?: string;
  /** The same as httpUserAgent. */
  'ntop.HTTP_USER_AGENT'?: string;
  /** The same as httpContentType. */
  'ntop.HTTP_MIME'?: string;
  /** X-Forwarded-For of the first request. weir. */
  'ntop.HTTP_X_FORWARDED_FOR'?: string;
  /** Via of the first request. weir. */
  'ntop.HTTP_VIA'?: string;
  /** httpRequestHost without its port. weir. */
  httpRequestDomain?: string;
  /** What the server of the first response calls itself. weir. */
  httpServer?: string;
  /** HASSH of the client. weir. */
  'ntop.HASSH_CLIENT'?: string;
  /** HASSH of the server. weir. */
  'ntop.HASSH_SERVER'?: string;
  /** Identification string of the client: SSH-2.0-OpenSSH_9.2p1. weir. */
  sshClientBanner?: string;
  /** Identification string of the server. weir. */
  sshServerBanner?: string;
  /** MAC address of the client. weir. */
  'ntop.DHCP_CLIENT_MAC'?: string;
  /** Address the client was given. weir. */
  'ntop.DHCP_CLIENT_IP'?: string;
  /** Host name the client tells. weir. */
  'ntop.DHCP_CLIENT_NAME'?: string;
  /** Type of the first message: 1 is DISCOVER. weir. */
  'ntop.DHCP_MESSAGE_TYPE'?: number;
  /** The same as text: DISCOVER, OFFER, REQUEST, ACK. weir. */
  dhcpMessageTypeName?: string;
  /** Options the client asks for (option 55) in its order: 1,3,6,15; tells operating systems apart. weir. */
  dhcpFingerprint?: string;
  /** Vendor class of the client (option 60): MSFT 5.0. weir. */
  dhcpClass?: string;
}

/** A line of `naming=nprobe`. */
export interface NprobeFlow {
  /** First packet since the previous record of the flow. */
  FLOW_START_MILLISECONDS?: number | string;
  /** Last packet of the record. */
  FLOW_END_MILLISECONDS?: number | string;
  /** First packet since the previous record, whole seconds. */
  FLOW_START_SEC?: number | string;
  /** Last packet of the record, whole seconds. */
  FLOW_END_SEC?: number | string;
  /** First packet since the previous record. */
  FLOW_START_MICROSECONDS?: number | string;
  /** Last packet of the record. */
  FLOW_END_MICROSECONDS?: number | string;
  /** First packet since the previous record. */
  FLOW_START_NANOSECONDS?: number | string;
  /** Last packet of the record. */
  FLOW_END_NANOSECONDS?: number | string;
  /** First packet since the previous record, whole seconds. */
  FIRST_SWITCHED?: number | string;
  /** Last packet of the record, whole seconds. */
  LAST_SWITCHED?: number | string;
  /** Start of the probe: zero of the SysUpTime fields. */
  SYSTEM_INIT_TIME_MILLISECONDS?: number | string;
  /** Last minus first packet of the record; the largest number when it does not fit. */
  FLOW_DURATION_MILLISECONDS?: number;
  /** Last minus first packet of the record; the largest number (71 minutes) when it does not fit. */
  FLOW_DURATION_MICROSECONDS?: number;
  /** Last minus first packet of one direction. */
  DURATION_IN?: number;
  /** Reverse: Last minus first packet of one direction. */
  DURATION_OUT?: number;
  /** First packet of the flow, the same in all its records. */
  FLOW_FIRST_SEEN?: number | string;
  /** First packet of one direction in the record; absent when it had none. */
  DIRECTION_START_MILLISECONDS?: number | string;
  /** Reverse: First packet of one direction in the record; absent when it had none. */
  REVERSE_DIRECTION_START_MILLISECONDS?: number | string;
  /** Last packet of one direction in the record; absent when it had none. */
  DIRECTION_END_MILLISECONDS?: number | string;
  /** Reverse: Last packet of one direction in the record; absent when it had none. */
  REVERSE_DIRECTION_END_MILLISECONDS?: number | string;
  /** Last packet of the record minus flowFirstSeen. */
  FLOW_AGE_MILLISECONDS?: number;
  /** The active timeout in force (--active-timeout). */
  FLOW_ACTIVE_TIMEOUT?: number;
  /** The idle timeout in force (--idle-timeout). */
  FLOW_INACTIVE_TIMEOUT?: number;
  /** IPv4 address of the initiator / responder. */
  IPV4_SRC_ADDR?: string;
  /** IPv4 address of the initiator / responder. */
  IPV4_DST_ADDR?: string;
  /** IPv6 address of the initiator / responder. */
  IPV6_SRC_ADDR?: string;
  /** IPv6 address of the initiator / responder. */
  IPV6_DST_ADDR?: string;
  /** TCP, UDP, UDP-Lite, DCCP or SCTP port; 0 where the protocol has none. */
  L4_SRC_PORT?: number;
  /** TCP, UDP, UDP-Lite, DCCP or SCTP port; 0 where the protocol has none. */
  L4_DST_PORT?: number;
  /** IP protocol number; for IPv6 that of the upper layer. */
  PROTOCOL?: number;
  /** IP protocol as text: TCP, UDP, ICMP; the number where it has no common name. */
  PROTOCOL_MAP?: string;
  /** IP version of the metered packets, 4 or 6. */
  IP_PROTOCOL_VERSION?: number;
  /** Port of the responder, whichever way the record looks. */
  L4_SRV_PORT?: number;
  /** Type * 256 + code of the first ICMP packet. */
  ICMP_TYPE?: number;
  /** Type * 256 + code of the first ICMPv6 packet. */
  ICMP_TYPE_CODE_IPV6?: number;
  /** Type of the first ICMP packet. */
  ICMP_IPV4_TYPE?: number;
  /** Type of the first ICMPv6 packet. */
  ICMP_TYPE_IPV6?: number;
  /** Code of the first ICMP packet. */
  ICMP_IPV4_CODE?: number;
  /** Code of the first ICMPv6 packet. */
  ICMP_CODE_IPV6?: number;
  /** Flow label of the first packet. */
  IPV6_FLOW_LABEL?: number;
  /** Security Parameters Index of ESP or AH, first seen each way. */
  IPSEC_SPI?: number;
  /** Reverse: Security Parameters Index of ESP or AH, first seen each way. */
  REVERSE_IPSEC_SPI?: number;
  /** IP protocol as IANA's keyword in lower case: tcp, udp, icmp, ipv6-icmp; absent where weir knows none. */
  PROTOCOL_KEYWORD?: string;
  /** Unique in one run of the probe; the same in all records of a flow. */
  FLOW_ID?: number | string;
  /** 0 in the first record of a flow, one more in each that follows an active timeout. */
  RECORD_INDEX?: number;
  /** Community ID version 1, the same for both directions and in other tools (Zeek, Suricata). */
  COMMUNITY_ID?: string;
  /** Why the record left: 1 idle, 2 active timeout, 3 end of flow (FIN, RST), 4 forced, 5 lack of resources. */
  FLOW_END_REASON?: number;
  /** flowEndReason as text: idle, active, end, forced, resources. */
  FLOW_END_REASON_NAME?: string;
  /** 1: the source is the initiator, 2: the destination is, 0: TCP whose start was not seen, so the first sender is the source. */
  BIFLOW_DIRECTION?: number;
  /** How the initiator was found: 0 first packet seen, 1 SYN or INIT, 2 SYN-ACK or INIT ACK, 3 ICMP echo, 4 socket. */
  DIRECTION_METHOD?: number;
  /** 0 when the source's packets come in at the interface, 1 when they go out. */
  DIRECTION?: number;
  /** ingress when the source's packets come in at the interface, egress when they go out; absent when unknown. */
  FLOW_DIRECTION_NAME?: string;
  /** Octets of IP packets, headers included, since the previous record. */
  IN_BYTES?: number | string;
  /** Octets of IP packets, headers included, since the previous record. */
  SRC_TO_DST_BYTES?: number | string;
  /** Reverse: Octets of IP packets, headers included, since the previous record. */
  OUT_BYTES?: number | string;
  /** Reverse: Octets of IP packets, headers included, since the previous record. */
  DST_TO_SRC_BYTES?: number | string;
  /** Packets as on the wire since the previous record. */
  IN_PKTS?: number | string;
  /** Packets as on the wire since the previous record. */
  SRC_TO_DST_PKTS?: number | string;
  /** Reverse: Packets as on the wire since the previous record. */
  OUT_PKTS?: number | string;
  /** Reverse: Packets as on the wire since the previous record. */
  DST_TO_SRC_PKTS?: number | string;
  /** Octets behind the transport header sent by the initiator, retransmissions included. */
  INITIATOR_OCTETS?: number | string;
  /** Octets behind the transport header sent by the responder, retransmissions included. */
  RESPONDER_OCTETS?: number | string;
  /** Octets behind the transport header by direction of the record. */
  PAYLOAD_OCTET_DELTA_COUNT?: number | string;
  /** Reverse: Octets behind the transport header by direction of the record. */
  REVERSE_PAYLOAD_OCTET_DELTA_COUNT?: number | string;
  /** Octets behind the transport header by direction of the record, SYN and FIN not counted: as sockets count them with -i ebpf:. */
  TRANSPORT_OCTET_DELTA_COUNT?: number | string;
  /** Reverse: Octets behind the transport header by direction of the record, SYN and FIN not counted: as sockets count them with -i ebpf:. */
  REVERSE_TRANSPORT_OCTET_DELTA_COUNT?: number | string;
  /** Octets of both directions together. */
  FLOW_OCTETS?: number | string;
  /** Packets of both directions together. */
  FLOW_PACKETS?: number | string;
  /** Sum of the squared packet sizes since the previous record. */
  OCTET_DELTA_SUM_OF_SQUARES?: number | string;
  /** Reverse: Sum of the squared packet sizes since the previous record. */
  REVERSE_OCTET_DELTA_SUM_OF_SQUARES?: number | string;
  /** Bits per second over the duration of the record; absent when that is 0. */
  SRC_TO_DST_AVG_THROUGHPUT?: number;
  /** Reverse: Bits per second over the duration of the record; absent when that is 0. */
  DST_TO_SRC_AVG_THROUGHPUT?: number;
  /** Selector of the metered packets, as the options records describe it: 1 with packet sampling, absent without. */
  SELECTOR_ID?: number | string;
  /** A packet of the counters stands for so many on the wire: 1 without packet sampling and where the counters are scaled up already. Deprecated by IANA; for collectors that read the rate from flow records. */
  SAMPLING_INTERVAL?: number;
  /** ToS or traffic class octet of the first packet each way. */
  SRC_TOS?: number;
  /** Reverse: ToS or traffic class octet of the first packet each way. */
  DST_TOS?: number;
  /** DSCP of the first packet each way: the high 6 bits of ipClassOfService. */
  IP_DIFF_SERV_CODE_POINT?: number;
  /** Reverse: DSCP of the first packet each way: the high 6 bits of ipClassOfService. */
  REVERSE_IP_DIFF_SERV_CODE_POINT?: number;
  /** Smallest TTL or hop limit; 0 when the direction had no packet. */
  MIN_TTL?: number;
  /** Reverse: Smallest TTL or hop limit; 0 when the direction had no packet. */
  REVERSE_MINIMUM_TTL?: number;
  /** Largest TTL or hop limit; 0 when the direction had no packet. */
  MAX_TTL?: number;
  /** Reverse: Largest TTL or hop limit; 0 when the direction had no packet. */
  REVERSE_MAXIMUM_TTL?: number;
  /** OR over all packets of both directions: 0x40 don't fragment, 0x20 more fragments. */
  FRAGMENT_FLAGS?: number;
  /** IP fragments each way; stays at 65535. */
  SRC_FRAGMENTS?: number;
  /** Reverse: IP fragments each way; stays at 65535. */
  DST_FRAGMENTS?: number;
  /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
  IN_SRC_MAC?: string;
  /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
  OUT_SRC_MAC?: string;
  /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
  IN_DST_MAC?: string;
  /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
  OUT_DST_MAC?: string;
  /** Innermost VLAN id of the frame. */
  SRC_VLAN?: number;
  /** Outer (or only) VLAN id. */
  DOT1Q_SRC_VLAN?: number;
  /** Second VLAN id of a QinQ frame. */
  DOT1Q_CUSTOMER_VLAN_ID?: number;
  /** Priority bits of the outer tag, first packet. */
  DOT1Q_PRIORITY?: number;
  /** Label, traffic class and bottom bit of the top label stack entry, 3 octets. */
  MPLS_LABEL_1?: string;
  /** Label number of the top label stack entry. */
  MPLS_TOP_LABEL?: number;
  /** Traffic class bits of the top label stack entry. */
  MPLS_TOP_LABEL_EXP?: number;
  /** TTL of the top label stack entry. */
  MPLS_TOP_LABEL_TTL?: number;
  /** Labels on the stack. */
  MPLS_LABEL_STACK_DEPTH?: number;
  /** ifIndex by which the source's packets came in / went out; 0 when that side was not seen here. */
  INPUT_SNMP?: number;
  /** ifIndex by which the source's packets came in / went out; 0 when that side was not seen here. */
  OUTPUT_SNMP?: number;
  /** Name of the Observation Point: interface or capture file. */
  INTERFACE_NAME?: string;
  /** Network namespace of the Observation Point as configured; absent for the probe's own. */
  NETWORK_NAMESPACE?: string;
  /** Number of the Observation Point in this run, from 0. */
  OBSERVATION_POINT_ID?: number | string;
  /** Observation Domain of the exporter (--observation-domain). */
  OBSERVATION_DOMAIN_ID?: number;
  /** Name of the interface by which the source's packets came in / went out; absent when that side was not seen here. */
  INGRESS_INTERFACE_NAME?: string;
  /** Name of the interface by which the source's packets came in / went out; absent when that side was not seen here. */
  EGRESS_INTERFACE_NAME?: string;
  /** OR of the TCP flags each way, low 8 bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  TCP_CONTROL_BITS?: number;
  /** Reverse: OR of the TCP flags each way, low 8 bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  REVERSE_TCP_CONTROL_BITS?: number;
  /** OR of the TCP flags of both directions in one element, as nProbe sends it; a uniflow carries tcpControlBits instead. */
  TCP_FLAGS?: number;
  /** OR of the TCP flags of the initiator. */
  CLIENT_TCP_FLAGS?: number;
  /** OR of the TCP flags of the responder. */
  SERVER_TCP_FLAGS?: number;
  /** TCP flags each way as letters in the order CEUAPRSF, those set only. */
  TCP_FLAGS_TEXT?: string;
  /** Reverse: TCP flags each way as letters in the order CEUAPRSF, those set only. */
  REVERSE_TCP_FLAGS_TEXT?: string;
  /** Half of clientRoundTripMicroseconds, rounded; absent below half a millisecond. */
  CLIENT_NW_LATENCY_MS?: number;
  /** Half of serverRoundTripMicroseconds, rounded; absent below half a millisecond. */
  SERVER_NW_LATENCY_MS?: number;
  /** applicationLatencyMicroseconds, rounded; absent below half a millisecond. */
  APPL_LATENCY_MS?: number;
  /** Initiator to probe and back: SYN-ACK to ACK of the TCP handshake. */
  CLIENT_ROUND_TRIP_MICROSECONDS?: number;
  /** Probe to responder and back: SYN to SYN-ACK of the TCP handshake. */
  SERVER_ROUND_TRIP_MICROSECONDS?: number;
  /** Whole TCP handshake: client plus server round trip, when both are known. */
  HANDSHAKE_ROUND_TRIP_MICROSECONDS?: number;
  /** First payload of the initiator to first payload of the responder. */
  APPLICATION_LATENCY_MICROSECONDS?: number;
  /** Segments with octets seen before; keep-alives and window probes not counted. */
  RETRANSMITTED_IN_PKTS?: number;
  /** Reverse: Segments with octets seen before; keep-alives and window probes not counted. */
  RETRANSMITTED_OUT_PKTS?: number;
  /** Payload octets seen before. */
  RETRANSMITTED_IN_BYTES?: number;
  /** Reverse: Payload octets seen before. */
  RETRANSMITTED_OUT_BYTES?: number;
  /** Segments that filled a hole of the sequence space soon after it opened. */
  OOORDER_IN_PKTS?: number;
  /** Reverse: Segments that filled a hole of the sequence space soon after it opened. */
  OOORDER_OUT_PKTS?: number;
  /** Payload octets of out-of-order segments. */
  OUT_OF_ORDER_OCTETS?: number;
  /** Reverse: Payload octets of out-of-order segments. */
  REVERSE_OUT_OF_ORDER_OCTETS?: number;
  /** Segments the probe never saw, estimated from lostOctets and the MSS. */
  LOST_PACKETS?: number;
  /** Reverse: Segments the probe never saw, estimated from lostOctets and the MSS. */
  REVERSE_LOST_PACKETS?: number;
  /** Sequence space skipped and never seen. */
  LOST_OCTETS?: number;
  /** Reverse: Sequence space skipped and never seen. */
  REVERSE_LOST_OCTETS?: number;
  /** tcpWindowMinimum in 16 bits; 65535 when it does not fit. */
  TCP_WIN_MIN_IN?: number;
  /** Reverse: tcpWindowMinimum in 16 bits; 65535 when it does not fit. */
  TCP_WIN_MIN_OUT?: number;
  /** tcpWindowMaximum in 16 bits; 65535 when it does not fit. */
  TCP_WIN_MAX_IN?: number;
  /** Reverse: tcpWindowMaximum in 16 bits; 65535 when it does not fit. */
  TCP_WIN_MAX_OUT?: number;
  /** Smallest window announced, after scaling. */
  TCP_WINDOW_MINIMUM?: number;
  /** Reverse: Smallest window announced, after scaling. */
  REVERSE_TCP_WINDOW_MINIMUM?: number;
  /** Largest window announced, after scaling. */
  TCP_WINDOW_MAXIMUM?: number;
  /** Reverse: Largest window announced, after scaling. */
  REVERSE_TCP_WINDOW_MAXIMUM?: number;
  /** MSS option of the side's SYN. */
  TCP_WIN_MSS_IN?: number;
  /** Reverse: MSS option of the side's SYN. */
  TCP_WIN_MSS_OUT?: number;
  /** Window scale option of the side's SYN, the shift; 0 without the option. */
  TCP_WIN_SCALE_IN?: number;
  /** Reverse: Window scale option of the side's SYN, the shift; 0 without the option. */
  TCP_WIN_SCALE_OUT?: number;
  /** Segments that announced a zero window; stays at 65535. */
  TCP_ZERO_WINDOWS?: number;
  /** Reverse: Segments that announced a zero window; stays at 65535. */
  REVERSE_TCP_ZERO_WINDOWS?: number;
  /** Smallest IP packet of the direction; 0 when it had none. */
  MIN_IP_PKT_LEN?: number | string;
  /** Reverse: Smallest IP packet of the direction; 0 when it had none. */
  REVERSE_MINIMUM_IP_TOTAL_LENGTH?: number | string;
  /** Largest IP packet of the direction; 0 when it had none. */
  MAX_IP_PKT_LEN?: number | string;
  /** Reverse: Largest IP packet of the direction; 0 when it had none. */
  REVERSE_MAXIMUM_IP_TOTAL_LENGTH?: number | string;
  /** Mean IP packet size of the direction. */
  PACKET_SIZE_MEAN?: number;
  /** Reverse: Mean IP packet size of the direction. */
  REVERSE_PACKET_SIZE_MEAN?: number;
  /** Standard deviation of the IP packet size of the direction. */
  PACKET_SIZE_DEVIATION?: number;
  /** Reverse: Standard deviation of the IP packet size of the direction. */
  REVERSE_PACKET_SIZE_DEVIATION?: number;
  /** Largest IP packet of both directions. */
  LONGEST_FLOW_PKT?: number;
  /** Smallest IP packet of both directions. */
  SHORTEST_FLOW_PKT?: number;
  /** IP packets of at most 128 octets, both directions. */
  NUM_PKTS_UP_TO_128_BYTES?: number;
  /** IP packets of 129 to 256 octets, both directions. */
  NUM_PKTS_128_TO_256_BYTES?: number;
  /** IP packets of 257 to 512 octets, both directions. */
  NUM_PKTS_256_TO_512_BYTES?: number;
  /** IP packets of 513 to 1024 octets, both directions. */
  NUM_PKTS_512_TO_1024_BYTES?: number;
  /** IP packets of 1025 to 1514 octets, both directions. */
  NUM_PKTS_1024_TO_1514_BYTES?: number;
  /** IP packets of more than 1514 octets, both directions. */
  NUM_PKTS_OVER_1514_BYTES?: number;
  /** Smallest time between packets of the direction, rounded. */
  SRC_TO_DST_IAT_MIN?: number;
  /** Reverse: Smallest time between packets of the direction, rounded. */
  DST_TO_SRC_IAT_MIN?: number;
  /** Largest time between packets of the direction, rounded. */
  SRC_TO_DST_IAT_MAX?: number;
  /** Reverse: Largest time between packets of the direction, rounded. */
  DST_TO_SRC_IAT_MAX?: number;
  /** Mean time between packets of the direction, rounded. */
  SRC_TO_DST_IAT_AVG?: number;
  /** Reverse: Mean time between packets of the direction, rounded. */
  DST_TO_SRC_IAT_AVG?: number;
  /** Standard deviation of the time between packets of the direction, rounded. */
  SRC_TO_DST_IAT_STDDEV?: number;
  /** Reverse: Standard deviation of the time between packets of the direction, rounded. */
  DST_TO_SRC_IAT_STDDEV?: number;
  /** Smallest time between packets of the direction. */
  INTER_ARRIVAL_MINIMUM?: number;
  /** Reverse: Smallest time between packets of the direction. */
  REVERSE_INTER_ARRIVAL_MINIMUM?: number;
  /** Largest time between packets of the direction. */
  INTER_ARRIVAL_MAXIMUM?: number;
  /** Reverse: Largest time between packets of the direction. */
  REVERSE_INTER_ARRIVAL_MAXIMUM?: number;
  /** Mean time between packets of the direction. */
  INTER_ARRIVAL_MEAN?: number;
  /** Reverse: Mean time between packets of the direction. */
  REVERSE_INTER_ARRIVAL_MEAN?: number;
  /** Standard deviation of the time between packets of the direction. */
  INTER_ARRIVAL_DEVIATION?: number;
  /** Reverse: Standard deviation of the time between packets of the direction. */
  REVERSE_INTER_ARRIVAL_DEVIATION?: number;
  /** IP octets of the first N packets (--first-packets); on the wire 2 octets each. First record of a flow only. */
  PACKET_SEQUENCE_SIZES?: number[];
  /** Times of the first N packets since flowFirstSeen; on the wire 4 octets each. First record of a flow only. */
  PACKET_SEQUENCE_TIMES?: number[];
  /** Senders of the first N packets: 0 source, 1 destination; on the wire 1 octet each. First record of a flow only. */
  PACKET_SEQUENCE_DIRECTIONS?: number[];
  /** TCP flags of the first N packets; on the wire 1 octet each. First record of a flow only. */
  PACKET_SEQUENCE_FLAGS?: number[];
  /** Innermost envelope taken off: 1 GRE, 2 VXLAN, 3 GENEVE, 4 GTP-U, 5 IP-in-IP, 6 6in4, 7 ERSPAN II, 8 ERSPAN III, 9 L2TP. */
  TUNNEL_TYPE?: number;
  /** tunnelType as text: gre, vxlan, geneve, gtpu, ipip, 6in4, erspan2, erspan3, l2tp. */
  TUNNEL_TYPE_NAME?: string;
  /** Envelopes taken off. */
  TUNNEL_DEPTH?: number;
  /** VNI, TEID, GRE key, ERSPAN session or L2TP (tunnel * 65536 + session) each way. */
  UPSTREAM_TUNNEL_ID?: number;
  /** Reverse: VNI, TEID, GRE key, ERSPAN session or L2TP (tunnel * 65536 + session) each way. */
  DOWNSTREAM_TUNNEL_ID?: number;
  /** L2TP session id each way. */
  UPSTREAM_SESSION_ID?: number;
  /** Reverse: L2TP session id each way. */
  DOWNSTREAM_SESSION_ID?: number;
  /** VXLAN network: 1 in the top octet, the VNI in the last three. */
  LAYER2_SEGMENT_ID?: number | string;
  /** IP protocol number of the envelope. */
  UNTUNNELED_PROTOCOL?: number;
  /** IPv4 address of the envelope; 0.0.0.0 when it is IPv6. */
  UNTUNNELED_IPV4_SRC_ADDR?: string;
  /** IPv4 address of the envelope; 0.0.0.0 when it is IPv6. */
  UNTUNNELED_IPV4_DST_ADDR?: string;
  /** IPv6 address of the envelope; :: when it is IPv4. */
  UNTUNNELED_IPV6_SRC_ADDR?: string;
  /** IPv6 address of the envelope; :: when it is IPv4. */
  UNTUNNELED_IPV6_DST_ADDR?: string;
  /** Port of the envelope. */
  UNTUNNELED_L4_SRC_PORT?: number;
  /** Port of the envelope. */
  UNTUNNELED_L4_DST_PORT?: number;
  /** Process that uses the socket at this end, as the host numbers it; 0 when nobody is known. */
  SRC_PROC_PID?: number;
  /** Process that uses the socket at this end, as the host numbers it; 0 when nobody is known. */
  DST_PROC_PID?: number;
  /** Name of the process (comm of its first thread), 15 octets at most. */
  SRC_PROC_NAME?: string;
  /** Name of the process (comm of its first thread), 15 octets at most. */
  DST_PROC_NAME?: string;
  /** Path of the program the process runs. */
  SOURCE_PROCESS_EXECUTABLE?: string;
  /** Path of the program the process runs. */
  DESTINATION_PROCESS_EXECUTABLE?: string;
  /** Arguments of the process joined by spaces, secrets left out as --command-line says. */
  SRC_PROC_CMDLINE?: string;
  /** Arguments of the process joined by spaces, secrets left out as --command-line says. */
  DST_PROC_CMDLINE?: string;
  /** Working directory of the process when it was read. */
  SOURCE_PROCESS_WORKING_DIRECTORY?: string;
  /** Working directory of the process when it was read. */
  DESTINATION_PROCESS_WORKING_DIRECTORY?: string;
  /** Start of the process, to 10 ms: with its id it names the process for good. */
  SOURCE_PROCESS_START_MILLISECONDS?: number | string;
  /** Start of the process, to 10 ms: with its id it names the process for good. */
  DESTINATION_PROCESS_START_MILLISECONDS?: number | string;
  /** Thread that used the socket last. */
  SOURCE_THREAD_ID?: number;
  /** Thread that used the socket last. */
  DESTINATION_THREAD_ID?: number;
  /** Process id in the process's own pid namespace, as its container numbers it; absent where that is the host's. */
  SOURCE_INSIDE_PROCESS_ID?: number;
  /** Process id in the process's own pid namespace, as its container numbers it; absent where that is the host's. */
  DESTINATION_INSIDE_PROCESS_ID?: number;
  /** Parent of the process. */
  SRC_FATHER_PROC_PID?: number;
  /** Parent of the process. */
  DST_FATHER_PROC_PID?: number;
  /** Name of the parent. */
  SRC_FATHER_PROC_NAME?: string;
  /** Name of the parent. */
  DST_FATHER_PROC_NAME?: string;
  /** Path of the program the parent runs. */
  SOURCE_PARENT_PROCESS_EXECUTABLE?: string;
  /** Path of the program the parent runs. */
  DESTINATION_PARENT_PROCESS_EXECUTABLE?: string;
  /** Start of the parent. */
  SOURCE_PARENT_PROCESS_START_MILLISECONDS?: number | string;
  /** Start of the parent. */
  DESTINATION_PARENT_PROCESS_START_MILLISECONDS?: number | string;
  /** User id of the parent; 4294967295 when unknown. */
  SRC_FATHER_PROC_UID?: number;
  /** User id of the parent; 4294967295 when unknown. */
  DST_FATHER_PROC_UID?: number;
  /** User of the parent. */
  SRC_FATHER_PROC_USER_NAME?: string;
  /** User of the parent. */
  DST_FATHER_PROC_USER_NAME?: string;
  /** Ancestors beyond the parent, nearest first: name:id name:id ... (--ancestors). */
  SOURCE_PROCESS_ANCESTORS?: string;
  /** Ancestors beyond the parent, nearest first: name:id name:id ... (--ancestors). */
  DESTINATION_PROCESS_ANCESTORS?: string;
  /** Process that opened the socket, where it is not the one that uses it. */
  SOURCE_OPENER_PROCESS_ID?: number;
  /** Process that opened the socket, where it is not the one that uses it. */
  DESTINATION_OPENER_PROCESS_ID?: number;
  /** Name of the process that opened the socket. */
  SOURCE_OPENER_PROCESS_NAME?: string;
  /** Name of the process that opened the socket. */
  DESTINATION_OPENER_PROCESS_NAME?: string;
  /** Start of the process that opened the socket. */
  SOURCE_OPENER_PROCESS_START_MILLISECONDS?: number | string;
  /** Start of the process that opened the socket. */
  DESTINATION_OPENER_PROCESS_START_MILLISECONDS?: number | string;
  /** Processes at both ends in one text, ? where nobody is known: curl(1234) > nginx(77)@web. Behind @ the pod as namespace/name, or the container. */
  FLOW_PROCESSES?: string;
  /** User of the process at the source. */
  USER_NAME?: string;
  /** User id of the process; 0 is root, 4294967295 nobody known. */
  SRC_PROC_UID?: number;
  /** User id of the process; 0 is root, 4294967295 nobody known. */
  DST_PROC_UID?: number;
  /** User of the process, by the host's accounts. */
  SRC_PROC_USER_NAME?: string;
  /** User of the process, by the host's accounts. */
  DST_PROC_USER_NAME?: string;
  /** Group id of the process; 4294967295 when unknown. */
  SOURCE_GROUP_ID?: number;
  /** Group id of the process; 4294967295 when unknown. */
  DESTINATION_GROUP_ID?: number;
  /** Group of the process. */
  SOURCE_GROUP_NAME?: string;
  /** Group of the process. */
  DESTINATION_GROUP_NAME?: string;
  /** Effective user id of the process; 4294967295 when unknown. */
  SOURCE_EFFECTIVE_USER_ID?: number;
  /** Effective user id of the process; 4294967295 when unknown. */
  DESTINATION_EFFECTIVE_USER_ID?: number;
  /** Effective user of the process. */
  SOURCE_EFFECTIVE_USER_NAME?: string;
  /** Effective user of the process. */
  DESTINATION_EFFECTIVE_USER_NAME?: string;
  /** Effective group id of the process; 4294967295 when unknown. */
  SOURCE_EFFECTIVE_GROUP_ID?: number;
  /** Effective group id of the process; 4294967295 when unknown. */
  DESTINATION_EFFECTIVE_GROUP_ID?: number;
  /** User id that logged in (audit login uid), kept over su and sudo; 4294967295 when nobody did. */
  SOURCE_LOGIN_USER_ID?: number;
  /** User id that logged in (audit login uid), kept over su and sudo; 4294967295 when nobody did. */
  DESTINATION_LOGIN_USER_ID?: number;
  /** User who logged in. */
  SOURCE_LOGIN_USER_NAME?: string;
  /** User who logged in. */
  DESTINATION_LOGIN_USER_NAME?: string;
  /** Audit session of the login; 4294967295 when there is none. */
  SOURCE_AUDIT_SESSION_ID?: number;
  /** Audit session of the login; 4294967295 when there is none. */
  DESTINATION_AUDIT_SESSION_ID?: number;
  /** User id in the process's own user namespace; 4294967295 where that is the host's. */
  SOURCE_INSIDE_USER_ID?: number;
  /** User id in the process's own user namespace; 4294967295 where that is the host's. */
  DESTINATION_INSIDE_USER_ID?: number;
  /** User by the accounts of the container, where that differs. */
  SOURCE_INSIDE_USER_NAME?: string;
  /** User by the accounts of the container, where that differs. */
  DESTINATION_INSIDE_USER_NAME?: string;
  /** Group id in the process's own user namespace; 4294967295 where that is the host's. */
  SOURCE_INSIDE_GROUP_ID?: number;
  /** Group id in the process's own user namespace; 4294967295 where that is the host's. */
  DESTINATION_INSIDE_GROUP_ID?: number;
  /** Group by the accounts of the container, where that differs. */
  SOURCE_INSIDE_GROUP_NAME?: string;
  /** Group by the accounts of the container, where that differs. */
  DESTINATION_INSIDE_GROUP_NAME?: string;
  /** Id of the process's cgroup (v2). */
  SOURCE_CGROUP_ID?: number | string;
  /** Id of the process's cgroup (v2). */
  DESTINATION_CGROUP_ID?: number | string;
  /** Path of the cgroup from the root of the hierarchy. */
  SOURCE_CGROUP_PATH?: string;
  /** Path of the cgroup from the root of the hierarchy. */
  DESTINATION_CGROUP_PATH?: string;
  /** systemd unit of the process: nginx.service, session-3.scope. */
  SOURCE_SYSTEMD_UNIT?: string;
  /** systemd unit of the process: nginx.service, session-3.scope. */
  DESTINATION_SYSTEMD_UNIT?: string;
  /** systemd slice of the process: system.slice. */
  SOURCE_SYSTEMD_SLICE?: string;
  /** systemd slice of the process: system.slice. */
  DESTINATION_SYSTEMD_SLICE?: string;
  /** Id of the container, 64 hexadecimal digits or what its runtime calls it. */
  SRC_PROC_CONTAINER_ID?: string;
  /** Id of the container, 64 hexadecimal digits or what its runtime calls it. */
  DST_PROC_CONTAINER_ID?: string;
  /** Name of the container, as its runtime tells. */
  SOURCE_CONTAINER_NAME?: string;
  /** Name of the container, as its runtime tells. */
  DESTINATION_CONTAINER_NAME?: string;
  /** Image of the container. */
  SOURCE_CONTAINER_IMAGE?: string;
  /** Image of the container. */
  DESTINATION_CONTAINER_IMAGE?: string;
  /** docker, podman, containerd, cri-o, lxc, nspawn or runc. */
  SOURCE_CONTAINER_RUNTIME?: string;
  /** docker, podman, containerd, cri-o, lxc, nspawn or runc. */
  DESTINATION_CONTAINER_RUNTIME?: string;
  /** Labels of the container: a JSON object, text on the wire. */
  SOURCE_CONTAINER_LABELS?: Record<string, string>;
  /** Labels of the container: a JSON object, text on the wire. */
  DESTINATION_CONTAINER_LABELS?: Record<string, string>;
  /** Inode of the process's network namespace, as /proc/PID/ns/net shows it. */
  SOURCE_NETWORK_NAMESPACE_INODE?: number;
  /** Inode of the process's network namespace, as /proc/PID/ns/net shows it. */
  DESTINATION_NETWORK_NAMESPACE_INODE?: number;
  /** The kernel's cookie of that namespace, never used again. */
  SOURCE_NETWORK_NAMESPACE_COOKIE?: number | string;
  /** The kernel's cookie of that namespace, never used again. */
  DESTINATION_NETWORK_NAMESPACE_COOKIE?: number | string;
  /** Namespace of the pod. */
  SOURCE_POD_NAMESPACE?: string;
  /** Namespace of the pod. */
  DESTINATION_POD_NAMESPACE?: string;
  /** Name of the pod. */
  SOURCE_POD_NAME?: string;
  /** Name of the pod. */
  DESTINATION_POD_NAME?: string;
  /** Node the pod runs on. */
  SOURCE_NODE_NAME?: string;
  /** Node the pod runs on. */
  DESTINATION_NODE_NAME?: string;
  /** Labels of the pod: a JSON object, text on the wire. */
  SOURCE_POD_LABELS?: Record<string, string>;
  /** Labels of the pod: a JSON object, text on the wire. */
  DESTINATION_POD_LABELS?: Record<string, string>;
  /** UID of the pod. */
  SOURCE_POD_UID?: string;
  /** UID of the pod. */
  DESTINATION_POD_UID?: string;
  /** Workload the pod belongs to: its deployment, or its app label. */
  SOURCE_WORKLOAD_NAME?: string;
  /** Workload the pod belongs to: its deployment, or its app label. */
  DESTINATION_WORKLOAD_NAME?: string;
  /** kubernetes where a pod is known. */
  SOURCE_ORCHESTRATOR_TYPE?: string;
  /** kubernetes where a pod is known. */
  DESTINATION_ORCHESTRATOR_TYPE?: string;
  /** How the socket of this end was found: 0 not, 1 exact tuple, 2 socket cookie, 3 local port (unconnected), 4 listener only, 5 dump of open sockets, 6 sock_diag and /proc. */
  SOURCE_MATCH_METHOD?: number;
  /** How the socket of this end was found: 0 not, 1 exact tuple, 2 socket cookie, 3 local port (unconnected), 4 listener only, 5 dump of open sockets, 6 sock_diag and /proc. */
  DESTINATION_MATCH_METHOD?: number;
  /** The same as text: none, exact, cookie, wildcard, listener, snapshot, diag. */
  SOURCE_MATCH_METHOD_NAME?: string;
  /** The same as text: none, exact, cookie, wildcard, listener, snapshot, diag. */
  DESTINATION_MATCH_METHOD_NAME?: string;
  /** The process is the likely one, not a certain one: a listener, or one of several holders. */
  SOURCE_PROCESS_TENTATIVE?: boolean;
  /** The process is the likely one, not a certain one: a listener, or one of several holders. */
  DESTINATION_PROCESS_TENTATIVE?: boolean;
  /** The record was made from socket events, no packet was seen (-i ebpf:). */
  RECORD_FROM_SOCKETS?: boolean;
  /** Kind of event (--events): 1 connect, 2 accept, 3 first use, 4 listen, 5 close, 6 retransmit, 7 refused, 8 exec, 9 exit, 10 fork; 0 in flow records. */
  EVENT_TYPE?: number;
  /** eventType as text: connect, accept, use, listen, close, retransmit, refused, exec, exit, fork. */
  EVENT_NAME?: string;
  /** process for exec, exit and fork, network for the others. */
  EVENT_CATEGORY?: string;
  /** What the event says of it: start, end, denied (refused) or info. */
  EVENT_PHASE?: string;
  /** Address behind the kernel's address translation, on whichever side of it the flow was seen; 0.0.0.0 when none is known. */
  POST_NAT_SOURCE_IPV4_ADDRESS?: string;
  /** Address behind the kernel's address translation, on whichever side of it the flow was seen; 0.0.0.0 when none is known. */
  POST_NAT_DESTINATION_IPV4_ADDRESS?: string;
  /** Address behind the kernel's address translation, on whichever side of it the flow was seen; :: when none is known. */
  POST_NAT_SOURCE_IPV6_ADDRESS?: string;
  /** Address behind the kernel's address translation, on whichever side of it the flow was seen; :: when none is known. */
  POST_NAT_DESTINATION_IPV6_ADDRESS?: string;
  /** Port behind the kernel's address translation; 0 when none is known. */
  POST_NAPT_SOURCE_TRANSPORT_PORT?: number;
  /** Port behind the kernel's address translation; 0 when none is known. */
  POST_NAPT_DESTINATION_TRANSPORT_PORT?: number;
  /** Address before the kernel's address translation; 0.0.0.0 when none is known. */
  PRE_NAT_SOURCE_IPV4_ADDRESS?: string;
  /** Address before the kernel's address translation; 0.0.0.0 when none is known. */
  PRE_NAT_DESTINATION_IPV4_ADDRESS?: string;
  /** Address before the kernel's address translation; :: when none is known. */
  PRE_NAT_SOURCE_IPV6_ADDRESS?: string;
  /** Address before the kernel's address translation; :: when none is known. */
  PRE_NAT_DESTINATION_IPV6_ADDRESS?: string;
  /** Port before the kernel's address translation; 0 when none is known. */
  PRE_NAPT_SOURCE_TRANSPORT_PORT?: number;
  /** Port before the kernel's address translation; 0 when none is known. */
  PRE_NAPT_DESTINATION_TRANSPORT_PORT?: number;
  /** Payload the peer acknowledged, over the connection so far, as the kernel of this end counts it. */
  SOURCE_KERNEL_OCTETS_ACKNOWLEDGED?: number | string;
  /** Payload the peer acknowledged, over the connection so far, as the kernel of this end counts it. */
  DESTINATION_KERNEL_OCTETS_ACKNOWLEDGED?: number | string;
  /** Payload received in order, over the connection so far. */
  SOURCE_KERNEL_OCTETS_RECEIVED?: number | string;
  /** Payload received in order, over the connection so far. */
  DESTINATION_KERNEL_OCTETS_RECEIVED?: number | string;
  /** Payload sent, retransmissions included. */
  SOURCE_KERNEL_OCTETS_SENT?: number | string;
  /** Payload sent, retransmissions included. */
  DESTINATION_KERNEL_OCTETS_SENT?: number | string;
  /** Payload sent again. */
  SOURCE_KERNEL_OCTETS_RETRANSMITTED?: number | string;
  /** Payload sent again. */
  DESTINATION_KERNEL_OCTETS_RETRANSMITTED?: number | string;
  /** Segments received. */
  SOURCE_KERNEL_SEGMENTS_RECEIVED?: number;
  /** Segments received. */
  DESTINATION_KERNEL_SEGMENTS_RECEIVED?: number;
  /** Segments sent, retransmissions included. */
  SOURCE_KERNEL_SEGMENTS_SENT?: number;
  /** Segments sent, retransmissions included. */
  DESTINATION_KERNEL_SEGMENTS_SENT?: number;
  /** Smoothed round trip time. */
  SOURCE_KERNEL_SMOOTHED_RTT?: number;
  /** Smoothed round trip time. */
  DESTINATION_KERNEL_SMOOTHED_RTT?: number;
  /** Mean deviation of the round trip time. */
  SOURCE_KERNEL_RTT_VARIATION?: number;
  /** Mean deviation of the round trip time. */
  DESTINATION_KERNEL_RTT_VARIATION?: number;
  /** Smallest round trip time. */
  SOURCE_KERNEL_MINIMUM_RTT?: number;
  /** Smallest round trip time. */
  DESTINATION_KERNEL_MINIMUM_RTT?: number;
  /** SYN sent to connection established, at the side that connects. */
  SOURCE_KERNEL_CONNECT_TIME?: number;
  /** SYN sent to connection established, at the side that connects. */
  DESTINATION_KERNEL_CONNECT_TIME?: number;
  /** Segments sent again. */
  SOURCE_KERNEL_RETRANSMITS?: number;
  /** Segments sent again. */
  DESTINATION_KERNEL_RETRANSMITS?: number;
  /** Segments the kernel holds for lost. */
  SOURCE_KERNEL_LOST?: number;
  /** Segments the kernel holds for lost. */
  DESTINATION_KERNEL_LOST?: number;
  /** Times that segments were acknowledged out of order. */
  SOURCE_KERNEL_REORDERING?: number;
  /** Times that segments were acknowledged out of order. */
  DESTINATION_KERNEL_REORDERING?: number;
  /** Segments received out of order. */
  SOURCE_KERNEL_OUT_OF_ORDER?: number;
  /** Segments received out of order. */
  DESTINATION_KERNEL_OUT_OF_ORDER?: number;
  /** Congestion window in segments. */
  SOURCE_KERNEL_CONGESTION_WINDOW?: number;
  /** Congestion window in segments. */
  DESTINATION_KERNEL_CONGESTION_WINDOW?: number;
  /** Slow start threshold in segments; 2147483647 before the first loss. */
  SOURCE_KERNEL_SLOW_START_THRESHOLD?: number;
  /** Slow start threshold in segments; 2147483647 before the first loss. */
  DESTINATION_KERNEL_SLOW_START_THRESHOLD?: number;
  /** Maximum segment size in use. */
  SOURCE_KERNEL_MAXIMUM_SEGMENT?: number;
  /** Maximum segment size in use. */
  DESTINATION_KERNEL_MAXIMUM_SEGMENT?: number;
  /** Time with data to send. */
  SOURCE_KERNEL_BUSY_TIME?: number;
  /** Time with data to send. */
  DESTINATION_KERNEL_BUSY_TIME?: number;
  /** Of the busy time, what the receiver's window held up. */
  SOURCE_KERNEL_RECEIVER_LIMITED_TIME?: number;
  /** Of the busy time, what the receiver's window held up. */
  DESTINATION_KERNEL_RECEIVER_LIMITED_TIME?: number;
  /** Of the busy time, what the send buffer held up. */
  SOURCE_KERNEL_BUFFER_LIMITED_TIME?: number;
  /** Of the busy time, what the send buffer held up. */
  DESTINATION_KERNEL_BUFFER_LIMITED_TIME?: number;
  /** Time in state ESTABLISHED. */
  SOURCE_KERNEL_ESTABLISHED_TIME?: number;
  /** Time in state ESTABLISHED. */
  DESTINATION_KERNEL_ESTABLISHED_TIME?: number;
  /** Time from the end of ESTABLISHED to CLOSE. */
  SOURCE_KERNEL_CLOSING_TIME?: number;
  /** Time from the end of ESTABLISHED to CLOSE. */
  DESTINATION_KERNEL_CLOSING_TIME?: number;
  /** TCP state, as the kernel numbers them: 1 ESTABLISHED ... 7 CLOSE. */
  SOURCE_KERNEL_STATE?: number;
  /** TCP state, as the kernel numbers them: 1 ESTABLISHED ... 7 CLOSE. */
  DESTINATION_KERNEL_STATE?: number;
  /** Application as RFC 6759 numbers it: engine 22 (nDPI) in one octet, nDPI's number in the others. Label: nDPI. */
  APPLICATION_ID?: string;
  /** Name of the application: Google; absent when it is not known. Label: nDPI. */
  APPLICATION_NAME?: string;
  /** Category of the application: Web. Label: nDPI. */
  APPLICATION_CATEGORY_NAME?: string;
  /** Numbers of master and application: 91.126; 0 when neither is known. Label: nDPI. */
  L7_PROTO?: string;
  /** Master and application: TLS.Google; Unknown when neither is known. Label: nDPI. */
  L7_PROTO_NAME?: string;
  /** The same as applicationCategoryName. */
  L7_PROTO_CATEGORY?: string;
  /** How sure nDPI is of the application, as it numbers that. */
  L7_CONFIDENCE?: number;
  /** Risks that nDPI saw: bit n is its risk n. */
  L7_PROTO_RISK?: number | string;
  /** Names of the risks, a comma between them. nDPI. */
  L7_PROTO_RISK_NAME?: string;
  /** Sum of what nDPI says its risks weigh, both ends together. */
  L7_RISK_SCORE?: number;
  /** What the flow is about: URL, server name, query, host name, SSH server, or what nDPI says. weir, nDPI. */
  L7_INFO?: string;
  /** The host name of it: HTTP host, TLS server name or DNS query. weir. */
  L7_DOMAIN_INFO?: string;
  /** Numbers of master and application: 91.126; 0 when neither is known. Label: nDPI. */
  APPLICATION_NUMBERS?: string;
  /** Master and application: TLS.Google; absent when neither is known. Label: nDPI. */
  APPLICATION_LABEL?: string;
  /** Number of the protocol that carries the application; 0 when there is none. Label: nDPI. */
  APPLICATION_MASTER_ID?: number;
  /** Its name: TLS, QUIC, DNS. Label: nDPI. */
  APPLICATION_MASTER_NAME?: string;
  /** Name of the master, or of the application where there is none. Label: nDPI. */
  APPLICATION_PROTOCOL_NAME?: string;
  /** How far the application is to be trusted: Safe, Acceptable, Fun, Unsafe, Potentially Dangerous ... Label: nDPI. */
  APPLICATION_BREED_NAME?: string;
  /** The application protocol is an encrypted one. Label: nDPI. */
  APPLICATION_ENCRYPTED?: boolean;
  /** How the application was found: DPI, DPI (cache), Match by port, Match by IP ... Label: nDPI. */
  APPLICATION_CONFIDENCE_NAME?: string;
  /** classified, guessed (given up, by port or address), unknown, open (more packets are looked at), or notInspected (no DPI state was free). */
  APPLICATION_STATE_NAME?: string;
  /** Packets that were looked at; stays at 65535. */
  APPLICATION_PACKETS_INSPECTED?: number;
  /** A host name or address of the flow is on a list (--dpi-categories). nDPI. */
  APPLICATION_LISTED?: boolean;
  /** Category of that list. nDPI. */
  APPLICATION_LIST_CATEGORY_NAME?: string;
  /** Names of the risks that nDPI saw: an array in JSON, a comma between them on the wire. */
  APPLICATION_RISK_NAMES?: string[];
  /** Server name the client asks for (SNI), also in QUIC; with --dpi-privacy server-names its keyed hash. weir. */
  TLS_SERVER_NAME?: string;
  /** Version in use, as on the wire: 772 is TLS 1.3. weir. */
  TLS_VERSION?: number;
  /** Cipher suite the server chose, as IANA numbers it. weir. */
  TLS_CIPHER?: number;
  /** 1: the suite has no authentication or encryption, export keys, or RC4, RC2, DES, 3DES, IDEA, MD5. weir. */
  TLS_UNSAFE_CIPHER?: number;
  /** JA3 of the client's hello. weir. */
  JA3C_HASH?: string;
  /** JA3S of the server's hello. weir. */
  JA3S_HASH?: string;
  /** JA4 of the client's hello, also in QUIC. weir. */
  JA4C_HASH?: string;
  /** Protocols the client offers (ALPN), a comma between them. weir. */
  TLS_ALPN?: string;
  /** Issuer of the server's certificate, where it is in clear (TLS 1.2 and before). weir. */
  TLS_CERT_ISSUER_DN?: string;
  /** Subject of the certificate. weir. */
  TLS_CERT_SUBJECT_DN?: string;
  /** tlsVersion as text: TLSv1.3, DTLSv1.2, SSLv3. weir. */
  TLS_VERSION_NAME?: string;
  /** The number in it: 1.3. weir. */
  TLS_VERSION_NUMBER?: string;
  /** The protocol in it: tls, dtls, ssl. weir. */
  TLS_VERSION_PROTOCOL?: string;
  /** Versions the client offers: an array in JSON, a comma between them on the wire. weir. */
  TLS_OFFERED_VERSIONS?: string[];
  /** tlsCipher as IANA calls it: TLS_AES_128_GCM_SHA256; 0x and hexadecimal digits where weir knows no name. weir. */
  TLS_CIPHER_NAME?: string;
  /** Protocol the server chose (ALPN), where it says so in clear. weir. */
  TLS_ALPN_CHOSEN?: string;
  /** 1: the client's hello has encrypted_client_hello (ECH, or its grease), 2: encrypted_server_name (ESNI). weir. */
  TLS_ENCRYPTED_CLIENT_HELLO?: number;
  /** Begin of the certificate's validity. weir. */
  TLS_CERTIFICATE_NOT_BEFORE?: number | string;
  /** End of the certificate's validity; what is behind 2554-07-21 is that day. weir. */
  TLS_CERTIFICATE_NOT_AFTER?: number | string;
  /** Issuer and subject of the certificate are the same. weir. */
  TLS_CERTIFICATE_SELF_SIGNED?: boolean;
  /** SHA-1 fingerprint of the certificate, 40 hexadecimal digits. weir. */
  TLS_CERTIFICATE_SHA1?: string;
  /** DNS names the certificate is for (subjectAltName): an array in JSON, a comma between them on the wire. weir. */
  TLS_CERTIFICATE_NAMES?: string[];
  /** QUIC version of the first long header. weir. */
  QUIC_VERSION?: number;
  /** The same as text: v1, v2, draft-29, Q046. weir. */
  QUIC_VERSION_NAME?: string;
  /** User agent in the client's transport parameters. weir. */
  QUIC_USER_AGENT?: string;
  /** Name of the first question, also of mDNS and LLMNR, escaped as RFC 1035 section 5.1 says. weir. */
  DNS_QUERY?: string;
  /** Transaction id of the first query. weir. */
  DNS_QUERY_ID?: number;
  /** Type of the first question: 1 is A; in one octet, 255 for what does not fit. weir. */
  DNS_QUERY_TYPE?: number;
  /** Reply code of the first response: 0 is no error; 255 when no response was seen. weir. */
  DNS_RET_CODE?: number;
  /** Records in its answer section, 254 at most; 255 when no response was seen. weir. */
  DNS_NUM_ANSWERS?: number;
  /** TTL of the first address in it, else of its first record; 4294967295 when there is none. weir. */
  DNS_TTL_ANSWER?: number;
  /** Its answers as text, a comma between them. weir. */
  DNS_RESPONSE?: string;
  /** dnsQueryType as text: A, AAAA, HTTPS; TYPE and the number where it has no common name. weir. */
  DNS_QUERY_TYPE_NAME?: string;
  /** dnsReturnCode as text: NOERROR, NXDOMAIN. weir. */
  DNS_RETURN_CODE_NAME?: string;
  /** First addresses in its answers, 8 at most: an array in JSON, a comma between them on the wire. weir. */
  DNS_ADDRESSES?: string[];
  /** First query to the response with its id; 4294967295 when there was none. weir. */
  DNS_LATENCY_MICROSECONDS?: number;
  /** Method of the first request. weir. */
  HTTP_REQUEST_METHOD?: string;
  /** Host it is for; with --dpi-privacy server-names its keyed hash. weir. */
  HTTP_REQUEST_HOST?: string;
  /** Target of it as sent: path and query, or the whole URL of a proxy's. weir. */
  HTTP_REQUEST_TARGET?: string;
  /** Status of the first response. weir. */
  HTTP_STATUS_CODE?: number;
  /** User agent of the first request. weir. */
  HTTP_REQUEST_USER_AGENT?: string;
  /** Content type of the first response, else of the request. weir. */
  HTTP_CONTENT_TYPE?: string;
  /** The same as httpRequestMethod. */
  HTTP_METHOD?: string;
  /** The same as httpRequestHost. */
  HTTP_HOST?: string;
  /** The same as httpRequestTarget. */
  HTTP_URL?: string;
  /** The same as httpStatusCode. */
  HTTP_RET_CODE?: number;
  /** Page the first request came from. weir. */
  HTTP_REFERER?: string;
  /** The same as httpUserAgent. */
  HTTP_USER_AGENT?: string;
  /** The same as httpContentType. */
  HTTP_MIME?: string;
  /** X-Forwarded-For of the first request. weir. */
  HTTP_X_FORWARDED_FOR?: string;
  /** Via of the first request. weir. */
  HTTP_VIA?: string;
  /** httpRequestHost without its port. weir. */
  HTTP_REQUEST_DOMAIN?: string;
  /** What the server of the first response calls itself. weir. */
  HTTP_SERVER?: string;
  /** HASSH of the client. weir. */
  HASSH_CLIENT?: string;
  /** HASSH of the server. weir. */
  HASSH_SERVER?: string;
  /** Identification string of the client: SSH-2.0-OpenSSH_9.2p1. weir. */
  SSH_CLIENT_BANNER?: string;
  /** Identification string of the server. weir. */
  SSH_SERVER_BANNER?: string;
  /** MAC address of the client. weir. */
  DHCP_CLIENT_MAC?: string;
  /** Address the client was given. weir. */
  DHCP_CLIENT_IP?: string;
  /** Host name the client tells. weir. */
  DHCP_CLIENT_NAME?: string;
  /** Type of the first message: 1 is DISCOVER. weir. */
  DHCP_MESSAGE_TYPE?: number;
  /** The same as text: DISCOVER, OFFER, REQUEST, ACK. weir. */
  DHCP_MESSAGE_TYPE_NAME?: string;
  /** Options the client asks for (option 55) in its order: 1,3,6,15; tells operating systems apart. weir. */
  DHCP_FINGERPRINT?: string;
  /** Vendor class of the client (option 60): MSFT 5.0. weir. */
  DHCP_CLASS?: string;
}

/** A line of `naming=ecs`: an Elastic Common Schema document. */
export interface EcsFlow {
  /** Last packet of the record. */
  '@timestamp'?: number | string;
  ecs?: {
    /** The same in all lines. */
    version?: '8.11.0';
  };
  event?: {
    /** The same in all lines. */
    kind?: 'event';
    /** The same in all flows; in events: process for exec, exit and fork, network for the others. */
    category?: string | string[];
    /** The same in all flows; in events: What the event says of it: start, end, denied (refused) or info. */
    type?: string | string[];
    /** The same in all flows; in events: eventType as text: connect, accept, use, listen, close, retransmit, refused, exec, exit, fork. */
    action?: string;
    /** First packet since the previous record of the flow. */
    start?: number | string;
    /** Last packet of the record. */
    end?: number | string;
    /** Last minus first packet of the record; the largest number when it does not fit. In nanoseconds. */
    duration?: number;
  };
  source?: {
    /** IP address of the initiator / responder. */
    ip?: string;
    /** TCP, UDP, UDP-Lite, DCCP or SCTP port; 0 where the protocol has none. */
    port?: number;
    /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
    mac?: string;
    /** Octets of IP packets, headers included, since the previous record. */
    bytes?: number | string;
    /** Packets as on the wire since the previous record. */
    packets?: number | string;
    nat?: {
      /** Address behind the kernel's address translation, on whichever side of it the flow was seen; 0.0.0.0 when none is known. */
      ip?: string;
      /** Port behind the kernel's address translation; 0 when none is known. */
      port?: number;
    };
  };
  destination?: {
    /** IP address of the initiator / responder. */
    ip?: string;
    /** TCP, UDP, UDP-Lite, DCCP or SCTP port; 0 where the protocol has none. */
    port?: number;
    /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
    mac?: string;
    /** Reverse: Octets of IP packets, headers included, since the previous record. */
    bytes?: number | string;
    /** Reverse: Packets as on the wire since the previous record. */
    packets?: number | string;
    nat?: {
      /** Address behind the kernel's address translation, on whichever side of it the flow was seen; 0.0.0.0 when none is known. */
      ip?: string;
      /** Port behind the kernel's address translation; 0 when none is known. */
      port?: number;
    };
    process?: {
      /** Process that uses the socket at this end, as the host numbers it; 0 when nobody is known. */
      pid?: number;
      /** Name of the process (comm of its first thread), 15 octets at most. */
      name?: string;
      /** Path of the program the process runs. */
      executable?: string;
      /** Arguments of the process joined by spaces, secrets left out as --command-line says. */
      command_line?: string;
      /** Working directory of the process when it was read. */
      working_directory?: string;
      /** Start of the process, to 10 ms: with its id it names the process for good. */
      start?: number | string;
      parent?: {
        /** Parent of the process. */
        pid?: number;
        /** Name of the parent. */
        name?: string;
      };
    };
    user?: {
      /** User id of the process; 0 is root, 4294967295 nobody known. */
      id?: string;
      /** User of the process, by the host's accounts. */
      name?: string;
    };
  };
  network?: {
    /** By IP version. */
    type?: 'ipv4' | 'ipv6';
    /** IP protocol as IANA's keyword in lower case: tcp, udp, icmp, ipv6-icmp; absent where weir knows none. */
    transport?: string;
    /** IP protocol number; for IPv6 that of the upper layer. */
    iana_number?: string;
    /** Octets of both directions together. */
    bytes?: number | string;
    /** Packets of both directions together. */
    packets?: number | string;
    /** Community ID version 1, the same for both directions and in other tools (Zeek, Suricata). */
    community_id?: string;
    /** ingress when the source's packets come in at the interface, egress when they go out; absent when unknown. */
    direction?: string;
    vlan?: {
      /** Outer (or only) VLAN id. */
      id?: string;
    };
    inner?: {
      vlan?: {
        /** Second VLAN id of a QinQ frame. */
        id?: string;
      };
    };
    /** Name of the application: Google; absent when it is not known. Label: nDPI. */
    application?: string;
    /** Name of the master, or of the application where there is none. Label: nDPI. */
    protocol?: string;
  };
  observer?: {
    ingress?: {
      interface?: {
        /** ifIndex by which the source's packets came in / went out; 0 when that side was not seen here. */
        id?: string;
        /** Name of the interface by which the source's packets came in / went out; absent when that side was not seen here. */
        name?: string;
      };
    };
    egress?: {
      interface?: {
        /** ifIndex by which the source's packets came in / went out; 0 when that side was not seen here. */
        id?: string;
        /** Name of the interface by which the source's packets came in / went out; absent when that side was not seen here. */
        name?: string;
      };
    };
  };
  tls?: {
    /** The number in it: 1.3. weir. */
    version?: string;
    /** The protocol in it: tls, dtls, ssl. weir. */
    version_protocol?: string;
    /** tlsCipher as IANA calls it: TLS_AES_128_GCM_SHA256; 0x and hexadecimal digits where weir knows no name. weir. */
    cipher?: string;
    /** Protocol the server chose (ALPN), where it says so in clear. weir. */
    next_protocol?: string;
    client?: {
      /** Server name the client asks for (SNI), also in QUIC; with --dpi-privacy server-names its keyed hash. weir. */
      server_name?: string;
      /** JA3 of the client's hello. weir. */
      ja3?: string;
    };
    server?: {
      /** JA3S of the server's hello. weir. */
      ja3s?: string;
      /** Subject of the certificate. weir. */
      subject?: string;
      /** Issuer of the server's certificate, where it is in clear (TLS 1.2 and before). weir. */
      issuer?: string;
      /** Begin of the certificate's validity. weir. */
      not_before?: number | string;
      /** End of the certificate's validity; what is behind 2554-07-21 is that day. weir. */
      not_after?: number | string;
      hash?: {
        /** SHA-1 fingerprint of the certificate, 40 hexadecimal digits. weir. */
        sha1?: string;
      };
      x509?: {
        subject?: {
          /** Subject of the certificate. weir. */
          distinguished_name?: string;
        };
        issuer?: {
          /** Issuer of the server's certificate, where it is in clear (TLS 1.2 and before). weir. */
          distinguished_name?: string;
        };
        /** Begin of the certificate's validity. weir. */
        not_before?: number | string;
        /** End of the certificate's validity; what is behind 2554-07-21 is that day. weir. */
        not_after?: number | string;
        /** DNS names the certificate is for (subjectAltName): an array in JSON, a comma between them on the wire. weir. */
        alternative_names?: string[];
      };
    };
  };
  dns?: {
    /** Transaction id of the first query. weir. */
    id?: string;
    question?: {
      /** Name of the first question, also of mDNS and LLMNR, escaped as RFC 1035 section 5.1 says. weir. */
      name?: string;
      /** dnsQueryType as text: A, AAAA, HTTPS; TYPE and the number where it has no common name. weir. */
      type?: string;
    };
    /** dnsReturnCode as text: NOERROR, NXDOMAIN. weir. */
    response_code?: string;
    /** First addresses in its answers, 8 at most: an array in JSON, a comma between them on the wire. weir. */
    resolved_ip?: string[];
  };
  http?: {
    request?: {
      /** Method of the first request. weir. */
      method?: string;
      /** Page the first request came from. weir. */
      referrer?: string;
    };
    response?: {
      /** Status of the first response. weir. */
      status_code?: number;
    };
  };
  url?: {
    /** Target of it as sent: path and query, or the whole URL of a proxy's. weir. */
    original?: string;
    /** httpRequestHost without its port. weir. */
    domain?: string;
  };
  user_agent?: {
    /** User agent of the first request. weir. */
    original?: string;
  };
  process?: {
    /** Process that uses the socket at this end, as the host numbers it; 0 when nobody is known. */
    pid?: number;
    /** Process id in the process's own pid namespace, as its container numbers it; absent where that is the host's. */
    vpid?: number;
    /** Name of the process (comm of its first thread), 15 octets at most. */
    name?: string;
    /** Path of the program the process runs. */
    executable?: string;
    /** Arguments of the process joined by spaces, secrets left out as --command-line says. */
    command_line?: string;
    /** Working directory of the process when it was read. */
    working_directory?: string;
    /** Start of the process, to 10 ms: with its id it names the process for good. */
    start?: number | string;
    thread?: {
      /** Thread that used the socket last. */
      id?: number;
    };
    group?: {
      /** Effective group id of the process; 4294967295 when unknown. */
      id?: string;
    };
    parent?: {
      /** Parent of the process. */
      pid?: number;
      /** Name of the parent. */
      name?: string;
      /** Path of the program the parent runs. */
      executable?: string;
      /** Start of the parent. */
      start?: number | string;
      real_user?: {
        /** User id of the parent; 4294967295 when unknown. */
        id?: string;
        /** User of the parent. */
        name?: string;
      };
    };
  };
  user?: {
    /** User id of the process; 0 is root, 4294967295 nobody known. */
    id?: string;
    /** User of the process, by the host's accounts. */
    name?: string;
    effective?: {
      /** Effective user id of the process; 4294967295 when unknown. */
      id?: string;
      /** Effective user of the process. */
      name?: string;
    };
  };
  group?: {
    /** Group id of the process; 4294967295 when unknown. */
    id?: string;
    /** Group of the process. */
    name?: string;
  };
  container?: {
    /** Id of the container, 64 hexadecimal digits or what its runtime calls it. */
    id?: string;
    /** Name of the container, as its runtime tells. */
    name?: string;
    image?: {
      /** Image of the container. */
      name?: string;
    };
    /** docker, podman, containerd, cri-o, lxc, nspawn or runc. */
    runtime?: string;
    /** Labels of the container: a JSON object, text on the wire. */
    labels?: Record<string, string>;
  };
  orchestrator?: {
    /** kubernetes where a pod is known. */
    type?: string;
    /** Namespace of the pod. */
    namespace?: string;
    resource?: {
      /** Name of the pod. */
      name?: string;
      /** UID of the pod. */
      id?: string;
    };
  };
  netflow?: {
    /** First packet since the previous record, whole seconds. */
    flow_start_seconds?: number | string;
    /** Last packet of the record, whole seconds. */
    flow_end_seconds?: number | string;
    /** First packet since the previous record. */
    flow_start_microseconds?: number | string;
    /** Last packet of the record. */
    flow_end_microseconds?: number | string;
    /** First packet since the previous record. */
    flow_start_nanoseconds?: number | string;
    /** Last packet of the record. */
    flow_end_nanoseconds?: number | string;
    /** First packet, since systemInitTimeMilliseconds; 0 when it came before. JSON of naming nprobe writes epoch seconds. */
    flow_start_sys_up_time?: number;
    /** Last packet, since systemInitTimeMilliseconds; 0 when it came before. JSON of naming nprobe writes epoch seconds. */
    flow_end_sys_up_time?: number;
    /** Start of the probe: zero of the SysUpTime fields. */
    system_init_time_milliseconds?: number | string;
    /** Last minus first packet of the record; the largest number (71 minutes) when it does not fit. */
    flow_duration_microseconds?: number;
    ntop?: {
      /** Last minus first packet of one direction. */
      duration_in?: number;
      /** Reverse: Last minus first packet of one direction. */
      duration_out?: number;
      /** IP protocol as text: TCP, UDP, ICMP; the number where it has no common name. */
      protocol_map?: string;
      /** Port of the responder, whichever way the record looks. */
      l4_srv_port?: number;
      /** Bits per second over the duration of the record; absent when that is 0. */
      src_to_dst_avg_throughput?: number;
      /** Reverse: Bits per second over the duration of the record; absent when that is 0. */
      dst_to_src_avg_throughput?: number;
      /** IP fragments each way; stays at 65535. */
      src_fragments?: number;
      /** Reverse: IP fragments each way; stays at 65535. */
      dst_fragments?: number;
      /** OR of the TCP flags of the initiator. */
      client_tcp_flags?: number;
      /** OR of the TCP flags of the responder. */
      server_tcp_flags?: number;
      /** Half of clientRoundTripMicroseconds, rounded; absent below half a millisecond. */
      client_nw_latency_ms?: number;
      /** Half of serverRoundTripMicroseconds, rounded; absent below half a millisecond. */
      server_nw_latency_ms?: number;
      /** applicationLatencyMicroseconds, rounded; absent below half a millisecond. */
      appl_latency_ms?: number;
      /** Segments with octets seen before; keep-alives and window probes not counted. */
      retransmitted_in_pkts?: number;
      /** Reverse: Segments with octets seen before; keep-alives and window probes not counted. */
      retransmitted_out_pkts?: number;
      /** Payload octets seen before. */
      retransmitted_in_bytes?: number;
      /** Reverse: Payload octets seen before. */
      retransmitted_out_bytes?: number;
      /** Segments that filled a hole of the sequence space soon after it opened. */
      ooorder_in_pkts?: number;
      /** Reverse: Segments that filled a hole of the sequence space soon after it opened. */
      ooorder_out_pkts?: number;
      /** tcpWindowMinimum in 16 bits; 65535 when it does not fit. */
      tcp_win_min_in?: number;
      /** Reverse: tcpWindowMinimum in 16 bits; 65535 when it does not fit. */
      tcp_win_min_out?: number;
      /** tcpWindowMaximum in 16 bits; 65535 when it does not fit. */
      tcp_win_max_in?: number;
      /** Reverse: tcpWindowMaximum in 16 bits; 65535 when it does not fit. */
      tcp_win_max_out?: number;
      /** MSS option of the side's SYN. */
      tcp_win_mss_in?: number;
      /** Reverse: MSS option of the side's SYN. */
      tcp_win_mss_out?: number;
      /** Window scale option of the side's SYN, the shift; 0 without the option. */
      tcp_win_scale_in?: number;
      /** Reverse: Window scale option of the side's SYN, the shift; 0 without the option. */
      tcp_win_scale_out?: number;
      /** Largest IP packet of both directions. */
      longest_flow_pkt?: number;
      /** Smallest IP packet of both directions. */
      shortest_flow_pkt?: number;
      /** IP packets of at most 128 octets, both directions. */
      num_pkts_up_to_128_bytes?: number;
      /** IP packets of 129 to 256 octets, both directions. */
      num_pkts_128_to_256_bytes?: number;
      /** IP packets of 257 to 512 octets, both directions. */
      num_pkts_256_to_512_bytes?: number;
      /** IP packets of 513 to 1024 octets, both directions. */
      num_pkts_512_to_1024_bytes?: number;
      /** IP packets of 1025 to 1514 octets, both directions. */
      num_pkts_1024_to_1514_bytes?: number;
      /** IP packets of more than 1514 octets, both directions. */
      num_pkts_over_1514_bytes?: number;
      /** Smallest time between packets of the direction, rounded. */
      src_to_dst_iat_min?: number;
      /** Reverse: Smallest time between packets of the direction, rounded. */
      dst_to_src_iat_min?: number;
      /** Largest time between packets of the direction, rounded. */
      src_to_dst_iat_max?: number;
      /** Reverse: Largest time between packets of the direction, rounded. */
      dst_to_src_iat_max?: number;
      /** Mean time between packets of the direction, rounded. */
      src_to_dst_iat_avg?: number;
      /** Reverse: Mean time between packets of the direction, rounded. */
      dst_to_src_iat_avg?: number;
      /** Standard deviation of the time between packets of the direction, rounded. */
      src_to_dst_iat_stddev?: number;
      /** Reverse: Standard deviation of the time between packets of the direction, rounded. */
      dst_to_src_iat_stddev?: number;
      /** VNI, TEID, GRE key, ERSPAN session or L2TP (tunnel * 65536 + session) each way. */
      upstream_tunnel_id?: number;
      /** Reverse: VNI, TEID, GRE key, ERSPAN session or L2TP (tunnel * 65536 + session) each way. */
      downstream_tunnel_id?: number;
      /** L2TP session id each way. */
      upstream_session_id?: number;
      /** Reverse: L2TP session id each way. */
      downstream_session_id?: number;
      /** IP protocol number of the envelope. */
      untunneled_protocol?: number;
      /** IPv4 address of the envelope; 0.0.0.0 when it is IPv6. */
      untunneled_ipv4_src_addr?: string;
      /** IPv4 address of the envelope; 0.0.0.0 when it is IPv6. */
      untunneled_ipv4_dst_addr?: string;
      /** IPv6 address of the envelope; :: when it is IPv4. */
      untunneled_ipv6_src_addr?: string;
      /** IPv6 address of the envelope; :: when it is IPv4. */
      untunneled_ipv6_dst_addr?: string;
      /** Port of the envelope. */
      untunneled_l4_src_port?: number;
      /** Port of the envelope. */
      untunneled_l4_dst_port?: number;
      /** User id of the parent; 4294967295 when unknown. */
      dst_father_proc_uid?: number;
      /** User of the parent. */
      dst_father_proc_user_name?: string;
      /** Id of the container, 64 hexadecimal digits or what its runtime calls it. */
      dst_proc_container_id?: string;
      /** Number of the application; 0 is unknown. JSON of naming nprobe writes master and application: 91.126. Label: nDPI. */
      l7_proto?: number;
      /** Master and application: TLS.Google; Unknown when neither is known. Label: nDPI. */
      l7_proto_name?: string;
      /** The same as applicationCategoryName. */
      l7_proto_category?: string;
      /** How sure nDPI is of the application, as it numbers that. */
      l7_confidence?: number;
      /** Risks that nDPI saw: bit n is its risk n. */
      l7_proto_risk?: number | string;
      /** Names of the risks, a comma between them. nDPI. */
      l7_proto_risk_name?: string;
      /** Sum of what nDPI says its risks weigh, both ends together. */
      l7_risk_score?: number;
      /** What the flow is about: URL, server name, query, host name, SSH server, or what nDPI says. weir, nDPI. */
      l7_info?: string;
      /** The host name of it: HTTP host, TLS server name or DNS query. weir. */
      l7_domain_info?: string;
      /** Version in use, as on the wire: 772 is TLS 1.3. weir. */
      tls_version?: number;
      /** Cipher suite the server chose, as IANA numbers it. weir. */
      tls_cipher?: number;
      /** 1: the suite has no authentication or encryption, export keys, or RC4, RC2, DES, 3DES, IDEA, MD5. weir. */
      tls_unsafe_cipher?: number;
      /** JA4 of the client's hello, also in QUIC. weir. */
      ja4c_hash?: string;
      /** Protocols the client offers (ALPN), a comma between them. weir. */
      tls_alpn?: string;
      /** Type of the first question: 1 is A; in one octet, 255 for what does not fit. weir. */
      dns_query_type?: number;
      /** Reply code of the first response: 0 is no error; 255 when no response was seen. weir. */
      dns_ret_code?: number;
      /** Records in its answer section, 254 at most; 255 when no response was seen. weir. */
      dns_num_answers?: number;
      /** TTL of the first address in it, else of its first record; 4294967295 when there is none. weir. */
      dns_ttl_answer?: number;
      /** Its answers as text, a comma between them. weir. */
      dns_response?: string;
      /** The same as httpRequestHost. */
      http_host?: string;
      /** The same as httpContentType. */
      http_mime?: string;
      /** X-Forwarded-For of the first request. weir. */
      http_x_forwarded_for?: string;
      /** Via of the first request. weir. */
      http_via?: string;
      /** HASSH of the client. weir. */
      hassh_client?: string;
      /** HASSH of the server. weir. */
      hassh_server?: string;
      /** MAC address of the client. weir. */
      dhcp_client_mac?: string;
      /** Address the client was given. weir. */
      dhcp_client_ip?: string;
      /** Host name the client tells. weir. */
      dhcp_client_name?: string;
      /** Type of the first message: 1 is DISCOVER. weir. */
      dhcp_message_type?: number;
      /** Server name the client asks for (SNI), also in QUIC; with --dpi-privacy server-names its keyed hash. weir. */
      tls_server_name?: string;
      /** JA3 of the client's hello. weir. */
      ja3c_hash?: string;
      /** JA3S of the server's hello. weir. */
      ja3s_hash?: string;
      /** Issuer of the server's certificate, where it is in clear (TLS 1.2 and before). weir. */
      tls_cert_issuer_dn?: string;
      /** Subject of the certificate. weir. */
      tls_cert_subject_dn?: string;
      /** Name of the first question, also of mDNS and LLMNR, escaped as RFC 1035 section 5.1 says. weir. */
      dns_query?: string;
      /** Transaction id of the first query. weir. */
      dns_query_id?: number;
      /** The same as httpRequestMethod. */
      http_method?: string;
      /** The same as httpRequestTarget. */
      http_url?: string;
      /** The same as httpStatusCode. */
      http_ret_code?: number;
      /** Page the first request came from. weir. */
      http_referer?: string;
      /** The same as httpUserAgent. */
      http_user_agent?: string;
    };
    /** First packet of the flow, the same in all its records. */
    flow_first_seen?: number | string;
    /** First packet of one direction in the record; absent when it had none. */
    direction_start_milliseconds?: number | string;
    /** Reverse: First packet of one direction in the record; absent when it had none. */
    reverse_direction_start_milliseconds?: number | string;
    /** Last packet of one direction in the record; absent when it had none. */
    direction_end_milliseconds?: number | string;
    /** Reverse: Last packet of one direction in the record; absent when it had none. */
    reverse_direction_end_milliseconds?: number | string;
    /** Last packet of the record minus flowFirstSeen. */
    flow_age_milliseconds?: number;
    /** The active timeout in force (--active-timeout). */
    flow_active_timeout?: number;
    /** The idle timeout in force (--idle-timeout). */
    flow_idle_timeout?: number;
    /** Type * 256 + code of the first ICMP packet. */
    icmp_type_code_ipv4?: number;
    /** Type * 256 + code of the first ICMPv6 packet. */
    icmp_type_code_ipv6?: number;
    /** Type of the first ICMP packet. */
    icmp_type_ipv4?: number;
    /** Type of the first ICMPv6 packet. */
    icmp_type_ipv6?: number;
    /** Code of the first ICMP packet. */
    icmp_code_ipv4?: number;
    /** Code of the first ICMPv6 packet. */
    icmp_code_ipv6?: number;
    /** Flow label of the first packet. */
    flow_label_ipv6?: number;
    /** Security Parameters Index of ESP or AH, first seen each way. */
    ip_sec_spi?: number;
    /** Reverse: Security Parameters Index of ESP or AH, first seen each way. */
    reverse_ip_sec_spi?: number;
    /** Unique in one run of the probe; the same in all records of a flow. */
    flow_id?: number | string;
    /** 0 in the first record of a flow, one more in each that follows an active timeout. */
    record_index?: number;
    /** Why the record left: 1 idle, 2 active timeout, 3 end of flow (FIN, RST), 4 forced, 5 lack of resources. */
    flow_end_reason?: number;
    /** flowEndReason as text: idle, active, end, forced, resources. */
    flow_end_reason_name?: string;
    /** 1: the source is the initiator, 2: the destination is, 0: TCP whose start was not seen, so the first sender is the source. */
    biflow_direction?: number;
    /** How the initiator was found: 0 first packet seen, 1 SYN or INIT, 2 SYN-ACK or INIT ACK, 3 ICMP echo, 4 socket. */
    direction_method?: number;
    /** 0 when the source's packets come in at the interface, 1 when they go out. */
    flow_direction?: number;
    /** Octets behind the transport header sent by the initiator, retransmissions included. */
    initiator_octets?: number | string;
    /** Octets behind the transport header sent by the responder, retransmissions included. */
    responder_octets?: number | string;
    /** Octets behind the transport header by direction of the record. */
    payload_octet_delta_count?: number | string;
    /** Reverse: Octets behind the transport header by direction of the record. */
    reverse_payload_octet_delta_count?: number | string;
    /** Octets behind the transport header by direction of the record, SYN and FIN not counted: as sockets count them with -i ebpf:. */
    transport_octet_delta_count?: number | string;
    /** Reverse: Octets behind the transport header by direction of the record, SYN and FIN not counted: as sockets count them with -i ebpf:. */
    reverse_transport_octet_delta_count?: number | string;
    /** Sum of the squared packet sizes since the previous record. */
    octet_delta_sum_of_squares?: number | string;
    /** Reverse: Sum of the squared packet sizes since the previous record. */
    reverse_octet_delta_sum_of_squares?: number | string;
    /** Selector of the metered packets, as the options records describe it: 1 with packet sampling, absent without. */
    selector_id?: number | string;
    /** A packet of the counters stands for so many on the wire: 1 without packet sampling and where the counters are scaled up already. Deprecated by IANA; for collectors that read the rate from flow records. */
    sampling_interval?: number;
    /** ToS or traffic class octet of the first packet each way. */
    ip_class_of_service?: number;
    /** Reverse: ToS or traffic class octet of the first packet each way. */
    reverse_ip_class_of_service?: number;
    /** DSCP of the first packet each way: the high 6 bits of ipClassOfService. */
    ip_diff_serv_code_point?: number;
    /** Reverse: DSCP of the first packet each way: the high 6 bits of ipClassOfService. */
    reverse_ip_diff_serv_code_point?: number;
    /** Smallest TTL or hop limit; 0 when the direction had no packet. */
    minimum_ttl?: number;
    /** Reverse: Smallest TTL or hop limit; 0 when the direction had no packet. */
    reverse_minimum_ttl?: number;
    /** Largest TTL or hop limit; 0 when the direction had no packet. */
    maximum_ttl?: number;
    /** Reverse: Largest TTL or hop limit; 0 when the direction had no packet. */
    reverse_maximum_ttl?: number;
    /** OR over all packets of both directions: 0x40 don't fragment, 0x20 more fragments. */
    fragment_flags?: number;
    /** Innermost VLAN id of the frame. */
    vlan_id?: number;
    /** Priority bits of the outer tag, first packet. */
    dot1q_priority?: number;
    /** Label, traffic class and bottom bit of the top label stack entry, 3 octets. */
    mpls_top_label_stack_section?: string;
    /** Label number of the top label stack entry. */
    mpls_top_label?: number;
    /** Traffic class bits of the top label stack entry. */
    mpls_top_label_exp?: number;
    /** TTL of the top label stack entry. */
    mpls_top_label_ttl?: number;
    /** Labels on the stack. */
    mpls_label_stack_depth?: number;
    /** Name of the Observation Point: interface or capture file. */
    interface_name?: string;
    /** Network namespace of the Observation Point as configured; absent for the probe's own. */
    network_namespace?: string;
    /** Number of the Observation Point in this run, from 0. */
    observation_point_id?: number | string;
    /** Observation Domain of the exporter (--observation-domain). */
    observation_domain_id?: number;
    /** OR of the TCP flags each way, low 8 bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
    tcp_control_bits?: number;
    /** Reverse: OR of the TCP flags each way, low 8 bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
    reverse_tcp_control_bits?: number;
    /** OR of the TCP flags of both directions in one element, as nProbe sends it; a uniflow carries tcpControlBits instead. */
    tcp_control_bits_union?: number;
    /** TCP flags each way as letters in the order CEUAPRSF, those set only. */
    tcp_flags_text?: string;
    /** Reverse: TCP flags each way as letters in the order CEUAPRSF, those set only. */
    reverse_tcp_flags_text?: string;
    /** Initiator to probe and back: SYN-ACK to ACK of the TCP handshake. */
    client_round_trip_microseconds?: number;
    /** Probe to responder and back: SYN to SYN-ACK of the TCP handshake. */
    server_round_trip_microseconds?: number;
    /** Whole TCP handshake: client plus server round trip, when both are known. */
    handshake_round_trip_microseconds?: number;
    /** First payload of the initiator to first payload of the responder. */
    application_latency_microseconds?: number;
    /** Payload octets of out-of-order segments. */
    out_of_order_octets?: number;
    /** Reverse: Payload octets of out-of-order segments. */
    reverse_out_of_order_octets?: number;
    /** Segments the probe never saw, estimated from lostOctets and the MSS. */
    lost_packets?: number;
    /** Reverse: Segments the probe never saw, estimated from lostOctets and the MSS. */
    reverse_lost_packets?: number;
    /** Sequence space skipped and never seen. */
    lost_octets?: number;
    /** Reverse: Sequence space skipped and never seen. */
    reverse_lost_octets?: number;
    /** Smallest window announced, after scaling. */
    tcp_window_minimum?: number;
    /** Reverse: Smallest window announced, after scaling. */
    reverse_tcp_window_minimum?: number;
    /** Largest window announced, after scaling. */
    tcp_window_maximum?: number;
    /** Reverse: Largest window announced, after scaling. */
    reverse_tcp_window_maximum?: number;
    /** Segments that announced a zero window; stays at 65535. */
    tcp_zero_windows?: number;
    /** Reverse: Segments that announced a zero window; stays at 65535. */
    reverse_tcp_zero_windows?: number;
    /** Smallest IP packet of the direction; 0 when it had none. */
    minimum_ip_total_length?: number | string;
    /** Reverse: Smallest IP packet of the direction; 0 when it had none. */
    reverse_minimum_ip_total_length?: number | string;
    /** Largest IP packet of the direction; 0 when it had none. */
    maximum_ip_total_length?: number | string;
    /** Reverse: Largest IP packet of the direction; 0 when it had none. */
    reverse_maximum_ip_total_length?: number | string;
    /** Mean IP packet size of the direction. */
    packet_size_mean?: number;
    /** Reverse: Mean IP packet size of the direction. */
    reverse_packet_size_mean?: number;
    /** Standard deviation of the IP packet size of the direction. */
    packet_size_deviation?: number;
    /** Reverse: Standard deviation of the IP packet size of the direction. */
    reverse_packet_size_deviation?: number;
    /** Smallest time between packets of the direction. */
    inter_arrival_minimum?: number;
    /** Reverse: Smallest time between packets of the direction. */
    reverse_inter_arrival_minimum?: number;
    /** Largest time between packets of the direction. */
    inter_arrival_maximum?: number;
    /** Reverse: Largest time between packets of the direction. */
    reverse_inter_arrival_maximum?: number;
    /** Mean time between packets of the direction. */
    inter_arrival_mean?: number;
    /** Reverse: Mean time between packets of the direction. */
    reverse_inter_arrival_mean?: number;
    /** Standard deviation of the time between packets of the direction. */
    inter_arrival_deviation?: number;
    /** Reverse: Standard deviation of the time between packets of the direction. */
    reverse_inter_arrival_deviation?: number;
    /** IP octets of the first N packets (--first-packets); on the wire 2 octets each. First record of a flow only. */
    packet_sequence_sizes?: number[];
    /** Times of the first N packets since flowFirstSeen; on the wire 4 octets each. First record of a flow only. */
    packet_sequence_times?: number[];
    /** Senders of the first N packets: 0 source, 1 destination; on the wire 1 octet each. First record of a flow only. */
    packet_sequence_directions?: number[];
    /** TCP flags of the first N packets; on the wire 1 octet each. First record of a flow only. */
    packet_sequence_flags?: number[];
    /** Innermost envelope taken off: 1 GRE, 2 VXLAN, 3 GENEVE, 4 GTP-U, 5 IP-in-IP, 6 6in4, 7 ERSPAN II, 8 ERSPAN III, 9 L2TP. */
    tunnel_type?: number;
    /** tunnelType as text: gre, vxlan, geneve, gtpu, ipip, 6in4, erspan2, erspan3, l2tp. */
    tunnel_type_name?: string;
    /** Envelopes taken off. */
    tunnel_depth?: number;
    /** VXLAN network: 1 in the top octet, the VNI in the last three. */
    layer2_segment_id?: number | string;
    /** Thread that used the socket last. */
    destination_thread_id?: number;
    /** Process id in the process's own pid namespace, as its container numbers it; absent where that is the host's. */
    destination_inside_process_id?: number;
    /** Path of the program the parent runs. */
    destination_parent_process_executable?: string;
    /** Start of the parent. */
    destination_parent_process_start_milliseconds?: number | string;
    /** Ancestors beyond the parent, nearest first: name:id name:id ... (--ancestors). */
    source_process_ancestors?: string;
    /** Ancestors beyond the parent, nearest first: name:id name:id ... (--ancestors). */
    destination_process_ancestors?: string;
    /** Process that opened the socket, where it is not the one that uses it. */
    source_opener_process_id?: number;
    /** Process that opened the socket, where it is not the one that uses it. */
    destination_opener_process_id?: number;
    /** Name of the process that opened the socket. */
    source_opener_process_name?: string;
    /** Name of the process that opened the socket. */
    destination_opener_process_name?: string;
    /** Start of the process that opened the socket. */
    source_opener_process_start_milliseconds?: number | string;
    /** Start of the process that opened the socket. */
    destination_opener_process_start_milliseconds?: number | string;
    /** Processes at both ends in one text, ? where nobody is known: curl(1234) > nginx(77)@web. Behind @ the pod as namespace/name, or the container. */
    flow_processes?: string;
    /** Group id of the process; 4294967295 when unknown. */
    destination_group_id?: number;
    /** Group of the process. */
    destination_group_name?: string;
    /** Effective user id of the process; 4294967295 when unknown. */
    destination_effective_user_id?: number;
    /** Effective user of the process. */
    destination_effective_user_name?: string;
    /** Effective group id of the process; 4294967295 when unknown. */
    destination_effective_group_id?: number;
    /** User id that logged in (audit login uid), kept over su and sudo; 4294967295 when nobody did. */
    source_login_user_id?: number;
    /** User id that logged in (audit login uid), kept over su and sudo; 4294967295 when nobody did. */
    destination_login_user_id?: number;
    /** User who logged in. */
    source_login_user_name?: string;
    /** User who logged in. */
    destination_login_user_name?: string;
    /** Audit session of the login; 4294967295 when there is none. */
    source_audit_session_id?: number;
    /** Audit session of the login; 4294967295 when there is none. */
    destination_audit_session_id?: number;
    /** User id in the process's own user namespace; 4294967295 where that is the host's. */
    source_inside_user_id?: number;
    /** User id in the process's own user namespace; 4294967295 where that is the host's. */
    destination_inside_user_id?: number;
    /** User by the accounts of the container, where that differs. */
    source_inside_user_name?: string;
    /** User by the accounts of the container, where that differs. */
    destination_inside_user_name?: string;
    /** Group id in the process's own user namespace; 4294967295 where that is the host's. */
    source_inside_group_id?: number;
    /** Group id in the process's own user namespace; 4294967295 where that is the host's. */
    destination_inside_group_id?: number;
    /** Group by the accounts of the container, where that differs. */
    source_inside_group_name?: string;
    /** Group by the accounts of the container, where that differs. */
    destination_inside_group_name?: string;
    /** Id of the process's cgroup (v2). */
    source_cgroup_id?: number | string;
    /** Id of the process's cgroup (v2). */
    destination_cgroup_id?: number | string;
    /** Path of the cgroup from the root of the hierarchy. */
    source_cgroup_path?: string;
    /** Path of the cgroup from the root of the hierarchy. */
    destination_cgroup_path?: string;
    /** systemd unit of the process: nginx.service, session-3.scope. */
    source_systemd_unit?: string;
    /** systemd unit of the process: nginx.service, session-3.scope. */
    destination_systemd_unit?: string;
    /** systemd slice of the process: system.slice. */
    source_systemd_slice?: string;
    /** systemd slice of the process: system.slice. */
    destination_systemd_slice?: string;
    /** Name of the container, as its runtime tells. */
    destination_container_name?: string;
    /** Image of the container. */
    destination_container_image?: string;
    /** docker, podman, containerd, cri-o, lxc, nspawn or runc. */
    destination_container_runtime?: string;
    /** Labels of the container: a JSON object, text on the wire. */
    destination_container_labels?: Record<string, string>;
    /** Inode of the process's network namespace, as /proc/PID/ns/net shows it. */
    source_network_namespace_inode?: number;
    /** Inode of the process's network namespace, as /proc/PID/ns/net shows it. */
    destination_network_namespace_inode?: number;
    /** The kernel's cookie of that namespace, never used again. */
    source_network_namespace_cookie?: number | string;
    /** The kernel's cookie of that namespace, never used again. */
    destination_network_namespace_cookie?: number | string;
    antrea?: {
      /** Namespace of the pod. */
      destination_pod_namespace?: string;
      /** Name of the pod. */
      destination_pod_name?: string;
      /** Node the pod runs on. */
      source_node_name?: string;
      /** Node the pod runs on. */
      destination_node_name?: string;
      /** Labels of the pod: a JSON object, text on the wire. */
      source_pod_labels?: Record<string, string>;
      /** Labels of the pod: a JSON object, text on the wire. */
      destination_pod_labels?: Record<string, string>;
    };
    /** UID of the pod. */
    destination_pod_uid?: string;
    /** Workload the pod belongs to: its deployment, or its app label. */
    source_workload_name?: string;
    /** Workload the pod belongs to: its deployment, or its app label. */
    destination_workload_name?: string;
    /** kubernetes where a pod is known. */
    destination_orchestrator_type?: string;
    /** How the socket of this end was found: 0 not, 1 exact tuple, 2 socket cookie, 3 local port (unconnected), 4 listener only, 5 dump of open sockets, 6 sock_diag and /proc. */
    source_match_method?: number;
    /** How the socket of this end was found: 0 not, 1 exact tuple, 2 socket cookie, 3 local port (unconnected), 4 listener only, 5 dump of open sockets, 6 sock_diag and /proc. */
    destination_match_method?: number;
    /** The same as text: none, exact, cookie, wildcard, listener, snapshot, diag. */
    source_match_method_name?: string;
    /** The same as text: none, exact, cookie, wildcard, listener, snapshot, diag. */
    destination_match_method_name?: string;
    /** The process is the likely one, not a certain one: a listener, or one of several holders. */
    source_process_tentative?: boolean;
    /** The process is the likely one, not a certain one: a listener, or one of several holders. */
    destination_process_tentative?: boolean;
    /** The record was made from socket events, no packet was seen (-i ebpf:). */
    record_from_sockets?: boolean;
    /** process for exec, exit and fork, network for the others. */
    event_category?: string;
    /** What the event says of it: start, end, denied (refused) or info. */
    event_phase?: string;
    /** Address before the kernel's address translation; 0.0.0.0 when none is known. */
    pre_nat_source_ipv4_address?: string;
    /** Address before the kernel's address translation; 0.0.0.0 when none is known. */
    pre_nat_destination_ipv4_address?: string;
    /** Address before the kernel's address translation; :: when none is known. */
    pre_nat_source_ipv6_address?: string;
    /** Address before the kernel's address translation; :: when none is known. */
    pre_nat_destination_ipv6_address?: string;
    /** Port before the kernel's address translation; 0 when none is known. */
    pre_napt_source_transport_port?: number;
    /** Port before the kernel's address translation; 0 when none is known. */
    pre_napt_destination_transport_port?: number;
    /** Payload the peer acknowledged, over the connection so far, as the kernel of this end counts it. */
    source_kernel_octets_acknowledged?: number | string;
    /** Payload the peer acknowledged, over the connection so far, as the kernel of this end counts it. */
    destination_kernel_octets_acknowledged?: number | string;
    /** Payload received in order, over the connection so far. */
    source_kernel_octets_received?: number | string;
    /** Payload received in order, over the connection so far. */
    destination_kernel_octets_received?: number | string;
    /** Payload sent, retransmissions included. */
    source_kernel_octets_sent?: number | string;
    /** Payload sent, retransmissions included. */
    destination_kernel_octets_sent?: number | string;
    /** Payload sent again. */
    source_kernel_octets_retransmitted?: number | string;
    /** Payload sent again. */
    destination_kernel_octets_retransmitted?: number | string;
    /** Segments received. */
    source_kernel_segments_received?: number;
    /** Segments received. */
    destination_kernel_segments_received?: number;
    /** Segments sent, retransmissions included. */
    source_kernel_segments_sent?: number;
    /** Segments sent, retransmissions included. */
    destination_kernel_segments_sent?: number;
    /** Smoothed round trip time. */
    source_kernel_smoothed_rtt?: number;
    /** Smoothed round trip time. */
    destination_kernel_smoothed_rtt?: number;
    /** Mean deviation of the round trip time. */
    source_kernel_rtt_variation?: number;
    /** Mean deviation of the round trip time. */
    destination_kernel_rtt_variation?: number;
    /** Smallest round trip time. */
    source_kernel_minimum_rtt?: number;
    /** Smallest round trip time. */
    destination_kernel_minimum_rtt?: number;
    /** SYN sent to connection established, at the side that connects. */
    source_kernel_connect_time?: number;
    /** SYN sent to connection established, at the side that connects. */
    destination_kernel_connect_time?: number;
    /** Segments sent again. */
    source_kernel_retransmits?: number;
    /** Segments sent again. */
    destination_kernel_retransmits?: number;
    /** Segments the kernel holds for lost. */
    source_kernel_lost?: number;
    /** Segments the kernel holds for lost. */
    destination_kernel_lost?: number;
    /** Times that segments were acknowledged out of order. */
    source_kernel_reordering?: number;
    /** Times that segments were acknowledged out of order. */
    destination_kernel_reordering?: number;
    /** Segments received out of order. */
    source_kernel_out_of_order?: number;
    /** Segments received out of order. */
    destination_kernel_out_of_order?: number;
    /** Congestion window in segments. */
    source_kernel_congestion_window?: number;
    /** Congestion window in segments. */
    destination_kernel_congestion_window?: number;
    /** Slow start threshold in segments; 2147483647 before the first loss. */
    source_kernel_slow_start_threshold?: number;
    /** Slow start threshold in segments; 2147483647 before the first loss. */
    destination_kernel_slow_start_threshold?: number;
    /** Maximum segment size in use. */
    source_kernel_maximum_segment?: number;
    /** Maximum segment size in use. */
    destination_kernel_maximum_segment?: number;
    /** Time with data to send. */
    source_kernel_busy_time?: number;
    /** Time with data to send. */
    destination_kernel_busy_time?: number;
    /** Of the busy time, what the receiver's window held up. */
    source_kernel_receiver_limited_time?: number;
    /** Of the busy time, what the receiver's window held up. */
    destination_kernel_receiver_limited_time?: number;
    /** Of the busy time, what the send buffer held up. */
    source_kernel_buffer_limited_time?: number;
    /** Of the busy time, what the send buffer held up. */
    destination_kernel_buffer_limited_time?: number;
    /** Time in state ESTABLISHED. */
    source_kernel_established_time?: number;
    /** Time in state ESTABLISHED. */
    destination_kernel_established_time?: number;
    /** Time from the end of ESTABLISHED to CLOSE. */
    source_kernel_closing_time?: number;
    /** Time from the end of ESTABLISHED to CLOSE. */
    destination_kernel_closing_time?: number;
    /** TCP state, as the kernel numbers them: 1 ESTABLISHED ... 7 CLOSE. */
    source_kernel_state?: number;
    /** TCP state, as the kernel numbers them: 1 ESTABLISHED ... 7 CLOSE. */
    destination_kernel_state?: number;
    /** Application as RFC 6759 numbers it: engine 22 (nDPI) in one octet, nDPI's number in the others. Label: nDPI. */
    application_id?: string;
    /** Category of the application: Web. Label: nDPI. */
    application_category_name?: string;
    /** Numbers of master and application: 91.126; 0 when neither is known. Label: nDPI. */
    application_numbers?: string;
    /** Master and application: TLS.Google; absent when neither is known. Label: nDPI. */
    application_label?: string;
    /** Number of the protocol that carries the application; 0 when there is none. Label: nDPI. */
    application_master_id?: number;
    /** Its name: TLS, QUIC, DNS. Label: nDPI. */
    application_master_name?: string;
    /** How far the application is to be trusted: Safe, Acceptable, Fun, Unsafe, Potentially Dangerous ... Label: nDPI. */
    application_breed_name?: string;
    /** The application protocol is an encrypted one. Label: nDPI. */
    application_encrypted?: boolean;
    /** How the application was found: DPI, DPI (cache), Match by port, Match by IP ... Label: nDPI. */
    application_confidence_name?: string;
    /** classified, guessed (given up, by port or address), unknown, open (more packets are looked at), or notInspected (no DPI state was free). */
    application_state_name?: string;
    /** Packets that were looked at; stays at 65535. */
    application_packets_inspected?: number;
    /** A host name or address of the flow is on a list (--dpi-categories). nDPI. */
    application_listed?: boolean;
    /** Category of that list. nDPI. */
    application_list_category_name?: string;
    /** Names of the risks that nDPI saw: an array in JSON, a comma between them on the wire. */
    application_risk_names?: string[];
    /** tlsVersion as text: TLSv1.3, DTLSv1.2, SSLv3. weir. */
    tls_version_name?: string;
    /** Versions the client offers: an array in JSON, a comma between them on the wire. weir. */
    tls_offered_versions?: string[];
    /** 1: the client's hello has encrypted_client_hello (ECH, or its grease), 2: encrypted_server_name (ESNI). weir. */
    tls_encrypted_client_hello?: number;
    /** Issuer and subject of the certificate are the same. weir. */
    tls_certificate_self_signed?: boolean;
    /** QUIC version of the first long header. weir. */
    quic_version?: number;
    /** The same as text: v1, v2, draft-29, Q046. weir. */
    quic_version_name?: string;
    /** User agent in the client's transport parameters. weir. */
    quic_user_agent?: string;
    /** First query to the response with its id; 4294967295 when there was none. weir. */
    dns_latency_microseconds?: number;
    /** Host it is for; with --dpi-privacy server-names its keyed hash. weir. */
    http_request_host?: string;
    /** Content type of the first response, else of the request. weir. */
    http_content_type?: string;
    /** What the server of the first response calls itself. weir. */
    http_server?: string;
    /** Identification string of the client: SSH-2.0-OpenSSH_9.2p1. weir. */
    ssh_client_banner?: string;
    /** Identification string of the server. weir. */
    ssh_server_banner?: string;
    /** The same as text: DISCOVER, OFFER, REQUEST, ACK. weir. */
    dhcp_message_type_name?: string;
    /** Options the client asks for (option 55) in its order: 1,3,6,15; tells operating systems apart. weir. */
    dhcp_fingerprint?: string;
    /** Vendor class of the client (option 60): MSFT 5.0. weir. */
    dhcp_class?: string;
    /** First packet since the previous record of the flow. */
    flow_start_milliseconds?: number | string;
    /** Last minus first packet of the record; the largest number when it does not fit. */
    flow_duration_milliseconds?: number;
    /** IP version of the metered packets, 4 or 6. */
    ip_version?: number;
    /** Community ID version 1, the same for both directions and in other tools (Zeek, Suricata). */
    community_id?: string;
    /** ingress when the source's packets come in at the interface, egress when they go out; absent when unknown. */
    flow_direction_name?: string;
    /** Octets of IP packets, headers included, since the previous record. */
    octet_delta_count?: number | string;
    /** Reverse: Octets of IP packets, headers included, since the previous record. */
    reverse_octet_delta_count?: number | string;
    /** Packets as on the wire since the previous record. */
    packet_delta_count?: number | string;
    /** Reverse: Packets as on the wire since the previous record. */
    reverse_packet_delta_count?: number | string;
    /** Octets of both directions together. */
    flow_octets?: number | string;
    /** Packets of both directions together. */
    flow_packets?: number | string;
    /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
    source_mac_address?: string;
    /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
    destination_mac_address?: string;
    /** Outer (or only) VLAN id. */
    dot1q_vlan_id?: number;
    /** Second VLAN id of a QinQ frame. */
    dot1q_customer_vlan_id?: number;
    /** ifIndex by which the source's packets came in / went out; 0 when that side was not seen here. */
    ingress_interface?: number;
    /** ifIndex by which the source's packets came in / went out; 0 when that side was not seen here. */
    egress_interface?: number;
    /** Name of the interface by which the source's packets came in / went out; absent when that side was not seen here. */
    ingress_interface_name?: string;
    /** Name of the interface by which the source's packets came in / went out; absent when that side was not seen here. */
    egress_interface_name?: string;
    /** Name of the application: Google; absent when it is not known. Label: nDPI. */
    application_name?: string;
    /** Name of the master, or of the application where there is none. Label: nDPI. */
    application_protocol_name?: string;
    /** The number in it: 1.3. weir. */
    tls_version_number?: string;
    /** The protocol in it: tls, dtls, ssl. weir. */
    tls_version_protocol?: string;
    /** tlsCipher as IANA calls it: TLS_AES_128_GCM_SHA256; 0x and hexadecimal digits where weir knows no name. weir. */
    tls_cipher_name?: string;
    /** Protocol the server chose (ALPN), where it says so in clear. weir. */
    tls_alpn_chosen?: string;
    /** Begin of the certificate's validity. weir. */
    tls_certificate_not_before?: number | string;
    /** End of the certificate's validity; what is behind 2554-07-21 is that day. weir. */
    tls_certificate_not_after?: number | string;
    /** SHA-1 fingerprint of the certificate, 40 hexadecimal digits. weir. */
    tls_certificate_sha1?: string;
    /** DNS names the certificate is for (subjectAltName): an array in JSON, a comma between them on the wire. weir. */
    tls_certificate_names?: string[];
    /** dnsQueryType as text: A, AAAA, HTTPS; TYPE and the number where it has no common name. weir. */
    dns_query_type_name?: string;
    /** dnsReturnCode as text: NOERROR, NXDOMAIN. weir. */
    dns_return_code_name?: string;
    /** First addresses in its answers, 8 at most: an array in JSON, a comma between them on the wire. weir. */
    dns_addresses?: string[];
    /** Method of the first request. weir. */
    http_request_method?: string;
    /** Target of it as sent: path and query, or the whole URL of a proxy's. weir. */
    http_request_target?: string;
    /** Status of the first response. weir. */
    http_status_code?: number;
    /** User agent of the first request. weir. */
    http_user_agent?: string;
    /** httpRequestHost without its port. weir. */
    http_request_domain?: string;
  };
}

/** A line of `naming=goflow2`: one direction of a flow. */
export interface Goflow2Flow {
  /** The same in all lines. */
  type?: 'IPFIX';
  /** Last packet of the record. In nanoseconds. */
  time_received_ns?: number;
  /** The same in all lines. */
  sequence_num?: number;
  /** One of so many packets is metered. */
  sampling_rate?: number;
  /** Address of this exporter. */
  sampler_address?: string;
  /** First packet since the previous record. In nanoseconds. */
  time_flow_start_ns?: number;
  /** Last packet of the record. In nanoseconds. */
  time_flow_end_ns?: number;
  /** Octets of IP packets, headers included, since the previous record. */
  bytes?: number | string;
  /** Packets as on the wire since the previous record. */
  packets?: number | string;
  /** IP address of the initiator / responder. */
  src_addr?: string;
  /** IP address of the initiator / responder. */
  dst_addr?: string;
  /** By IP version. */
  etype?: 'IPv4' | 'IPv6';
  /** IP protocol as text: TCP, UDP, ICMP; the number where it has no common name. */
  proto?: string;
  /** TCP, UDP, UDP-Lite, DCCP or SCTP port; 0 where the protocol has none. */
  src_port?: number;
  /** TCP, UDP, UDP-Lite, DCCP or SCTP port; 0 where the protocol has none. */
  dst_port?: number;
  /** ifIndex by which the source's packets came in / went out; 0 when that side was not seen here. */
  in_if?: number;
  /** ifIndex by which the source's packets came in / went out; 0 when that side was not seen here. */
  out_if?: number;
  /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
  src_mac?: string;
  /** MAC address of the source / destination side on this link; a passive probe sees no other one behind it. */
  dst_mac?: string;
  /** Innermost VLAN id of the frame. */
  src_vlan?: number;
  /** Innermost VLAN id of the frame. */
  vlan_id?: number;
  /** ToS or traffic class octet of the first packet each way. */
  ip_tos?: number;
  /** Smallest TTL or hop limit; 0 when the direction had no packet. */
  ip_ttl?: number;
  /** OR of the TCP flags each way, low 8 bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  tcp_flags?: number;
  /** Type of the first ICMP packet. */
  icmp_type?: number;
  /** Code of the first ICMP packet. */
  icmp_code?: number;
  /** Observation Domain of the exporter (--observation-domain). */
  observation_domain_id?: number;
  /** Number of the Observation Point in this run, from 0. */
  observation_point_id?: number | string;
  /** Flow label of the first packet. */
  ipv6_flow_label?: number;
}
