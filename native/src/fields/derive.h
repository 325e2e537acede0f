// Derived fields: what the record does not hold but says. Names are those of the catalogue's computed() rows.
// side 0 looks at the record as metered, side 1 from the destination; functions without a direction ignore it.
// Number and real functions answer 0 for "none" or "unknown" and saturate where the wire type is narrower. Those of the
// default template are inline: encoders compute them for many records in one loop (Element::numbers).
#pragma once

#include "fields/field_table.h"

namespace weir::derive {

inline constexpr uint8_t kProtocolTcp = 6;

// Times and durations; flowStart and flowEnd of the record in ns, results in the unit of the name.
uint64_t startSysUpTime(const FlowRecord& record, unsigned side, const FieldContext& context);  // ms since startNs
uint64_t endSysUpTime(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t systemInitTime(const FlowRecord& record, unsigned side, const FieldContext& context);  // ns
uint64_t durationMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t durationMicroseconds(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t streamDurationMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t flowAgeMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t activeTimeout(const FlowRecord& record, unsigned side, const FieldContext& context);  // s, 16 bits
uint64_t idleTimeout(const FlowRecord& record, unsigned side, const FieldContext& context);

// Keys and identity.
inline uint64_t icmpTypeCode(const FlowRecord& record, unsigned, const FieldContext&) {
  return static_cast<uint64_t>(record.link.icmpType) << 8 | record.link.icmpCode;
}
inline uint64_t innermostVlan(const FlowRecord& record, unsigned, const FieldContext&) {
  return record.hot.key.innerVlanId != 0 ? record.hot.key.innerVlanId : record.hot.key.vlanId;
}
uint64_t observationDomain(const FlowRecord& record, unsigned side, const FieldContext& context);
inline uint64_t biflowDirection(const FlowRecord& record, unsigned side, const FieldContext&) {
  // A TCP flow met in its middle says nothing about who opened it; elsewhere the first packet is the best there is.
  if (record.hot.directionMethod == DirectionMethod::firstPacket && record.hot.key.protocol == kProtocolTcp) return 0;
  return side == 0 ? 1 : 2;
}
uint64_t flowDirection(const FlowRecord& record, unsigned side, const FieldContext& context);    // IANA 61
uint64_t mplsTopLabel(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t mplsTopLabelExp(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t mplsTopLabelTtl(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t tunnelSession(const FlowRecord& record, unsigned side, const FieldContext& context);  // L2TP
uint64_t layer2Segment(const FlowRecord& record, unsigned side, const FieldContext& context);  // IANA 351, VXLAN

// Counters and IP.
uint64_t flowOctets(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t flowPackets(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t averageThroughput(const FlowRecord& record, unsigned side, const FieldContext& context);  // bit/s
uint64_t selectorId(const FlowRecord& record, unsigned side, const FieldContext& context);  // 1: packets were sampled
uint64_t samplingInterval(const FlowRecord& record, unsigned side, const FieldContext& context);  // 1 = nothing to scale
inline uint64_t dscp(const FlowRecord& record, unsigned side, const FieldContext&) { return record.hot.tos[side] >> 2; }
inline uint64_t minimumTtl(const FlowRecord& record, unsigned side, const FieldContext&) {
  return record.hot.packets[side] == 0 ? 0 : record.hot.ttlMin[side];
}
inline uint64_t tcpFlagsUnion(const FlowRecord& record, unsigned, const FieldContext&) {
  return record.hot.tcpFlags[0] | record.hot.tcpFlags[1];
}

// TCP health.
uint64_t clientLatencyMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context);  // RTT / 2
uint64_t serverLatencyMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context);  // RTT / 2
uint64_t applicationLatencyMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t handshakeRoundTrip(const FlowRecord& record, unsigned side, const FieldContext& context);  // µs
uint64_t windowMinimum(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t windowMinimum16(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t windowMaximum16(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t windowScale(const FlowRecord& record, unsigned side, const FieldContext& context);

// Packet sizes (IP octets) and inter-arrival times (gaps; µs unless the name says milliseconds).
uint64_t minimumLength(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t longestPacket(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t shortestPacket(const FlowRecord& record, unsigned side, const FieldContext& context);
double sizeMean(const FlowRecord& record, unsigned side, const FieldContext& context);
double sizeDeviation(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t gapMinimum(const FlowRecord& record, unsigned side, const FieldContext& context);
double gapMean(const FlowRecord& record, unsigned side, const FieldContext& context);
double gapDeviation(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t gapMinimumMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t gapMaximumMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t gapMeanMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t gapDeviationMilliseconds(const FlowRecord& record, unsigned side, const FieldContext& context);

// Text, UTF-8.
size_t protocolName(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);
size_t protocolKeyword(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                       size_t capacity);  // IANA's, in lower case
size_t flowDirectionName(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                         size_t capacity);
// Ingress as seen from side: what the Observation Point is called when it is that interface.
size_t sideInterfaceName(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                         size_t capacity);
size_t interfaceName(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);
size_t networkNamespace(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                        size_t capacity);
size_t communityIdText(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                       size_t capacity);
size_t endReasonName(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);
size_t tunnelTypeName(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                      size_t capacity);
size_t tcpFlagsText(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);

// Who is at the ends; see flow_record.h (FlowEndpoint). natPort is 0 where no translation is known.
size_t userName(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);
size_t flowProcesses(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);
size_t orchestratorType(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                        size_t capacity);
size_t matchMethodName(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                       size_t capacity);
uint64_t processTentative(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t recordFromSockets(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t preNatPort(const FlowRecord& record, unsigned side, const FieldContext& context);
uint64_t postNatPort(const FlowRecord& record, unsigned side, const FieldContext& context);
size_t eventName(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);
size_t eventCategory(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);
size_t eventPhase(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);

// Lists and octets: NameText is a JSON value (nothing = absent), NameOctets the IPFIX octets, network byte order.
#define WEIR_DERIVED_LIST(name)                                                                           \
  size_t name##Text(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity); \
  size_t name##Octets(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity);
WEIR_DERIVED_LIST(mplsTop)             // 3 octets, hexadecimal in JSON
WEIR_DERIVED_LIST(outerAddress4)       // 4 octets, zero when the envelope is IPv6
WEIR_DERIVED_LIST(outerAddress6)       // 16 octets, zero when the envelope is IPv4
WEIR_DERIVED_LIST(preNatAddress4)      // 4 octets, zero when no translation is known or the flow is IPv6
WEIR_DERIVED_LIST(preNatAddress6)      // 16 octets, zero when no translation is known or the flow is IPv4
WEIR_DERIVED_LIST(postNatAddress4)
WEIR_DERIVED_LIST(postNatAddress6)
WEIR_DERIVED_LIST(sequenceSizes)       // 2 octets a packet
WEIR_DERIVED_LIST(sequenceTimes)       // 4 octets a packet, µs since flowFirstSeen
WEIR_DERIVED_LIST(sequenceDirections)  // 1 octet a packet: 0 source, 1 destination, as seen from side
WEIR_DERIVED_LIST(sequenceFlags)       // 1 octet a packet
#undef WEIR_DERIVED_LIST

}  // namespace weir::derive
