// Derived fields that are text, octets or lists.
#include <algorithm>
#include <cstring>
#include <string_view>

#include "fields/community_id.h"
#include "fields/derive.h"
#include "fields/text_value.h"

namespace weir::derive {
namespace {

// False for events of processes.
bool hasProtocol(const FlowKey& key) { return key.protocol != 0 || key.ipVersion != 0; }

std::string_view protocolText(uint8_t protocol) {
  switch (protocol) {
    case 0: return "HOPOPT";
    case 1: return "ICMP";
    case 2: return "IGMP";
    case 4: return "IPIP";
    case 6: return "TCP";
    case 17: return "UDP";
    case 33: return "DCCP";
    case 41: return "IPv6";
    case 46: return "RSVP";
    case 47: return "GRE";
    case 50: return "ESP";
    case 51: return "AH";
    case 58: return "ICMPv6";
    case 59: return "IPv6-NoNxt";
    case 88: return "EIGRP";
    case 89: return "OSPF";
    case 97: return "ETHERIP";
    case 103: return "PIM";
    case 112: return "VRRP";
    case 115: return "L2TP";
    case 132: return "SCTP";
    case 136: return "UDPLite";
    case 137: return "MPLS";
    default: return {};
  }
}

// Where IANA's keyword is not protocolText() in lower case.
std::string_view keywordText(uint8_t protocol) {
  switch (protocol) {
    case 4: return "ipv4";
    case 58: return "ipv6-icmp";
    case 89: return "ospfigp";
    case 137: return "mpls-in-ip";
    default: return {};
  }
}

const ObservationPointInfo* pointOf(const FlowRecord& record, const FieldContext& context) {
  const ObservationPointTable* points = context.observationPoints;
  return points == nullptr ? nullptr : points->at(record.hot.key.observationPoint);
}

// ICMP type as the source sends it: a flow met at its echo reply has the reply's type, but the requester as source.
uint8_t icmpTypeOfSource(const FlowRecord& record) {
  constexpr uint8_t kEchoReply4 = 0, kEchoRequest4 = 8, kEchoReply6 = 129, kEchoRequest6 = 128;
  const uint8_t type = record.link.icmpType;
  if (record.hot.directionMethod != DirectionMethod::request) return type;
  if (record.hot.key.ipVersion == 4) return type == kEchoReply4 ? kEchoRequest4 : type;
  return type == kEchoReply6 ? kEchoRequest6 : type;
}

// The record's first packets; item(i) copies, as the heap gives no alignment.
struct Sequence {
  const uint8_t* at;
  size_t count;
  SequenceItem item(size_t index) const {
    SequenceItem value;
    std::memcpy(&value, at + index * sizeof value, sizeof value);
    return value;
  }
};

Sequence sequenceOf(const FlowRecord& record, const FieldContext& context) {
  const TextRef& reference = record.text.sequence;
  if (context.heap == nullptr || reference.length == 0) return {nullptr, 0};
  return {context.heap + reference.offset, reference.length / sizeof(SequenceItem)};
}

// JSON array of what value() says of each packet; leaves out the last ones that do not fit.
template <typename Value>
size_t jsonArray(const Sequence& sequence, char* out, size_t capacity, Value value) {
  if (sequence.count == 0 || capacity < 2) return 0;
  char* at = out;
  char* const end = out + capacity - 1;  // room for ]
  *at++ = '[';
  for (size_t i = 0; i < sequence.count; i++) {
    char digits[24];
    const size_t size = copyNumber(value(sequence.item(i)), digits + 1, sizeof digits - 1) + 1;
    digits[0] = ',';
    const size_t skip = i == 0 ? 1 : 0;
    if (static_cast<size_t>(end - at) < size - skip) break;
    std::memcpy(at, digits + skip, size - skip);
    at += size - skip;
  }
  *at++ = ']';
  return static_cast<size_t>(at - out);
}

// The same as octets, Width of them each in network byte order.
template <size_t Width, typename Value>
size_t octetList(const Sequence& sequence, char* out, size_t capacity, Value value) {
  const size_t count = std::min(sequence.count, capacity / Width);
  for (size_t i = 0; i < count; i++) {
    const uint64_t number = value(sequence.item(i));
    for (size_t octet = 0; octet < Width; octet++) {
      out[i * Width + octet] = static_cast<char>(number >> (8 * (Width - 1 - octet)) & 0xff);
    }
  }
  return count * Width;
}

uint64_t sizeOf(const SequenceItem& item) { return item.size; }
uint64_t timeOf(const SequenceItem& item) { return item.offsetUs; }
uint64_t flagsOf(const SequenceItem& item) { return item.tcpFlags; }

}  // namespace

size_t protocolName(const FlowRecord& record, unsigned, const FieldContext&, char* out, size_t capacity) {
  if (!hasProtocol(record.hot.key)) return 0;
  const std::string_view name = protocolText(record.hot.key.protocol);
  return name.empty() ? copyNumber(record.hot.key.protocol, out, capacity) : copy(name, out, capacity);
}

size_t protocolKeyword(const FlowRecord& record, unsigned, const FieldContext&, char* out, size_t capacity) {
  if (!hasProtocol(record.hot.key)) return 0;
  const std::string_view keyword = keywordText(record.hot.key.protocol);
  if (!keyword.empty()) return copy(keyword, out, capacity);
  const std::string_view name = protocolText(record.hot.key.protocol);
  const size_t size = name.empty() ? 0 : copy(name, out, capacity);
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  std::transform(out, out + size, out, lower);
  return size;
}

size_t flowDirectionName(const FlowRecord& record, unsigned side, const FieldContext&, char* out, size_t capacity) {
  const bool in = record.link.interface[side] != 0, away = record.link.interface[side ^ 1] != 0;
  return in == away ? 0 : copy(in ? "ingress" : "egress", out, capacity);
}

size_t sideInterfaceName(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                         size_t capacity) {
  const uint32_t interface = record.link.interface[side];
  const ObservationPointInfo* point = interface == 0 ? nullptr : pointOf(record, context);
  return point == nullptr || point->interface != interface ? 0 : copy(point->name, out, capacity);
}

size_t interfaceName(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  const ObservationPointInfo* point = pointOf(record, context);
  return point == nullptr ? 0 : copy(point->name, out, capacity);
}

size_t networkNamespace(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  const ObservationPointInfo* point = pointOf(record, context);
  return point == nullptr ? 0 : copy(point->netns, out, capacity);
}

size_t communityIdText(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  char text[kCommunityIdSize];
  const size_t size =
      communityId(record.hot.key, icmpTypeOfSource(record), record.link.icmpCode, context.communityIdSeed, text);
  return copy({text, size}, out, capacity);
}

size_t endReasonName(const FlowRecord& record, unsigned, const FieldContext&, char* out, size_t capacity) {
  static constexpr std::string_view kNames[] = {"", "idle", "active", "end", "forced", "resources"};
  const auto reason = static_cast<size_t>(record.hot.endReason);
  return reason < std::size(kNames) ? copy(kNames[reason], out, capacity) : 0;
}

size_t tunnelTypeName(const FlowRecord& record, unsigned, const FieldContext&, char* out, size_t capacity) {
  static constexpr std::string_view kNames[] = {"",     "gre",  "vxlan",   "geneve",  "gtpu",
                                                "ipip", "6in4", "erspan2", "erspan3", "l2tp"};
  const auto type = static_cast<size_t>(record.tunnel.type);
  return type < std::size(kNames) ? copy(kNames[type], out, capacity) : 0;
}

size_t tcpFlagsText(const FlowRecord& record, unsigned side, const FieldContext&, char* out, size_t capacity) {
  static constexpr std::string_view kLetters = "CEUAPRSF";  // bit 7 first
  size_t size = 0;
  for (size_t i = 0; i < kLetters.size(); i++) {
    if ((record.hot.tcpFlags[side] >> (7 - i) & 1) != 0 && size < capacity) out[size++] = kLetters[i];
  }
  return size;
}

size_t mplsTopText(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  char octets[3];
  if (record.link.mplsTopEntry == 0 || capacity < 8) return 0;
  mplsTopOctets(record, side, context, octets, sizeof octets);
  size_t size = 0;
  out[size++] = '"';
  for (const char octet : octets) {
    out[size++] = kDigits[static_cast<uint8_t>(octet) >> 4];
    out[size++] = kDigits[static_cast<uint8_t>(octet) & 15];
  }
  out[size++] = '"';
  return size;
}

size_t mplsTopOctets(const FlowRecord& record, unsigned, const FieldContext&, char* out, size_t capacity) {
  if (capacity < 3) return 0;
  for (unsigned i = 0; i < 3; i++) out[i] = static_cast<char>(record.link.mplsTopEntry >> (24 - 8 * i) & 0xff);
  return 3;
}

size_t outerAddress4Text(const FlowRecord& record, unsigned side, const FieldContext&, char* out, size_t capacity) {
  if (record.tunnel.outerIpVersion != 4) return 0;
  return quotedAddress(AF_INET, record.tunnel.outerAddress[side].data() + 12, out, capacity);
}

size_t outerAddress4Octets(const FlowRecord& record, unsigned side, const FieldContext&, char* out, size_t capacity) {
  if (capacity < 4) return 0;
  std::memset(out, 0, 4);
  if (record.tunnel.outerIpVersion == 4) std::memcpy(out, record.tunnel.outerAddress[side].data() + 12, 4);
  return 4;
}

size_t outerAddress6Text(const FlowRecord& record, unsigned side, const FieldContext&, char* out, size_t capacity) {
  if (record.tunnel.outerIpVersion != 6) return 0;
  return quotedAddress(AF_INET6, record.tunnel.outerAddress[side].data(), out, capacity);
}

size_t outerAddress6Octets(const FlowRecord& record, unsigned side, const FieldContext&, char* out, size_t capacity) {
  if (capacity < 16) return 0;
  std::memset(out, 0, 16);
  if (record.tunnel.outerIpVersion == 6) std::memcpy(out, record.tunnel.outerAddress[side].data(), 16);
  return 16;
}

size_t sequenceSizesText(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  return jsonArray(sequenceOf(record, context), out, capacity, sizeOf);
}

size_t sequenceSizesOctets(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                           size_t capacity) {
  return octetList<2>(sequenceOf(record, context), out, capacity, sizeOf);
}

size_t sequenceTimesText(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  return jsonArray(sequenceOf(record, context), out, capacity, timeOf);
}

size_t sequenceTimesOctets(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                           size_t capacity) {
  return octetList<4>(sequenceOf(record, context), out, capacity, timeOf);
}

size_t sequenceDirectionsText(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                              size_t capacity) {
  const auto direction = [side](const SequenceItem& item) -> uint64_t { return item.side ^ side; };
  return jsonArray(sequenceOf(record, context), out, capacity, direction);
}

size_t sequenceDirectionsOctets(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                                size_t capacity) {
  const auto direction = [side](const SequenceItem& item) -> uint64_t { return item.side ^ side; };
  return octetList<1>(sequenceOf(record, context), out, capacity, direction);
}

size_t sequenceFlagsText(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  return jsonArray(sequenceOf(record, context), out, capacity, flagsOf);
}

size_t sequenceFlagsOctets(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                           size_t capacity) {
  return octetList<1>(sequenceOf(record, context), out, capacity, flagsOf);
}

}  // namespace weir::derive
