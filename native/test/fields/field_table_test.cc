// The element table: identity, offsets, sides, kinds and needs, and that it covers what fields.def says.
#include "fields/field_table.h"

#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <set>
#include <string>

#include "fields/derive.h"
#include "fields/find_element.h"

using namespace weir;
using weir::test::find;

namespace {

// Reads an integer member the way an encoder does.
uint64_t memberAt(const FlowRecord& record, const Element& element, unsigned side) {
  const auto* at = reinterpret_cast<const uint8_t*>(&record) + element.offset[side];
  uint64_t value = 0;
  switch (element.kind) {
    case ValueKind::u8: return *at;
    case ValueKind::u16: return *reinterpret_cast<const uint16_t*>(at);
    case ValueKind::u32: return *reinterpret_cast<const uint32_t*>(at);
    default: std::memcpy(&value, at, 8); return value;
  }
}

}  // namespace

TEST_CASE("the catalogue hash is 16 hexadecimal digits") {
  CHECK(catalogueHash().size() == 16);
  CHECK(catalogueHash().find_first_not_of("0123456789abcdef") == std::string_view::npos);
}

TEST_CASE("identity of known elements") {
  CHECK(elements().size() >= 150);
  CHECK(find("octetDeltaCount").enterprise == 0);
  CHECK(find("octetDeltaCount").id == 1);
  CHECK(find("octetDeltaCount").wire == WireType::unsigned64);
  CHECK(find("reverseOctetDeltaCount").enterprise == kReverseEnterprise);
  CHECK(find("reverseOctetDeltaCount").id == 1);
  CHECK(find("reverseRetransmittedPackets").enterprise == 35632);
  CHECK(find("reverseRetransmittedPackets").id == 110);
  CHECK(find("communityId").enterprise == kOwnEnterprise);
  CHECK(find("communityId").id == 3);
}

TEST_CASE("names are unique, and so are numbers but for the union of flags") {
  std::set<std::string> names;
  std::map<std::pair<uint32_t, uint16_t>, int> numbers;
  for (const Element& element : elements()) {
    CHECK(names.insert(element.name).second);
    if (++numbers[{element.enterprise, element.id}] > 1) CHECK(std::string(element.name) == "tcpControlBitsUnion");
  }
}

TEST_CASE("offsets, kinds and needs of known members") {
  const Element& start = find("flowStartMilliseconds");
  CHECK(start.kind == ValueKind::time);
  CHECK(start.offset[0] == offsetof(FlowRecord, hot) + offsetof(FlowHot, startNs));
  CHECK(start.offset[1] == start.offset[0]);
  CHECK(start.needs == needsNothingMore);

  const Element& protocol = find("protocolIdentifier");
  CHECK(protocol.kind == ValueKind::u8);
  CHECK(protocol.offset[0] == offsetof(FlowHot, key) + offsetof(FlowKey, protocol));

  CHECK(find("packetDeltaCount").kind == ValueKind::u32);
  CHECK(find("sourceMacAddress").kind == ValueKind::mac);
  CHECK(find("sourceIPv4Address").kind == ValueKind::address4);
  CHECK(find("sourceIPv4Address").family == 4);
  CHECK(find("destinationIPv6Address").kind == ValueKind::address6);
  CHECK(find("destinationIPv6Address").family == 6);
  CHECK(find("outOfOrderOctets").needs == needsTcp);
  CHECK(find("maximumIpTotalLength").needs == needsStats);
  CHECK(find("tunnelType").needs == needsTunnel);
  CHECK(find("packetSequenceSizes").needs == needsText);
  CHECK(find("vlanId").absentWhenZero);
  CHECK_FALSE(find("octetDeltaCount").absentWhenZero);

  const Element& lastClass = find("packetsOver1514");
  CHECK(lastClass.offset[0] == offsetof(FlowRecord, stats) + offsetof(FlowStats, sizeClasses) + 5 * sizeof(uint32_t));
}

TEST_CASE("pairs and endpoints change sides, scalars do not") {
  FlowRecord record{};
  record.hot.octets[0] = 1000;
  record.hot.octets[1] = 77;
  record.hot.key.port[0] = 40000;
  record.hot.key.port[1] = 443;
  record.hot.tcpFlags[0] = 0x1b;
  record.hot.tcpFlags[1] = 0x12;
  CHECK(memberAt(record, find("octetDeltaCount"), 0) == 1000);
  CHECK(memberAt(record, find("octetDeltaCount"), 1) == 77);
  CHECK(memberAt(record, find("reverseOctetDeltaCount"), 0) == 77);
  CHECK(memberAt(record, find("reverseOctetDeltaCount"), 1) == 1000);
  CHECK(memberAt(record, find("sourceTransportPort"), 0) == 40000);
  CHECK(memberAt(record, find("sourceTransportPort"), 1) == 443);
  CHECK(memberAt(record, find("destinationTransportPort"), 0) == 443);
  CHECK(memberAt(record, find("destinationTransportPort"), 1) == 40000);
  CHECK(memberAt(record, find("serverPort"), 0) == 443);
  CHECK(memberAt(record, find("serverPort"), 1) == 443);
  CHECK(memberAt(record, find("clientTcpFlags"), 1) == 0x1b);
  CHECK(memberAt(record, find("serverTcpFlags"), 0) == 0x12);
}

TEST_CASE("endpoint addresses are the full 16 octets, the IPv4 part last") {
  FlowRecord record{};
  for (uint8_t i = 0; i < 16; i++) record.hot.key.address[1][i] = i;
  const Element& element = find("destinationIPv4Address");
  const auto* at = reinterpret_cast<const uint8_t*>(&record) + element.offset[0];
  CHECK(at[12] == 12);
  CHECK(at[15] == 15);
}

TEST_CASE("derived elements have exactly the functions of their kind, the second one flipped") {
  for (const Element& element : elements()) {
    CAPTURE(element.name);
    const bool list = element.kind == ValueKind::list;
    CHECK((element.number != nullptr) == (element.kind == ValueKind::number));
    CHECK((element.real != nullptr) == (element.kind == ValueKind::real));
    CHECK((element.text != nullptr) == (element.kind == ValueKind::text || list));
    CHECK((element.octets != nullptr) == list);
  }
  CHECK(find("ipDiffServCodePoint").flip == 0);
  CHECK(find("reverseIpDiffServCodePoint").flip == 1);
  CHECK((find("ipDiffServCodePoint").number == derive::dscp));
  CHECK(find("outerDestinationIPv4Address").flip == 1);
  CHECK((find("tcpFlagsText").text == derive::tcpFlagsText));
  CHECK((find("packetSizeMean").real == derive::sizeMean));
  CHECK((find("packetSequenceTimes").octets == derive::sequenceTimesOctets));
}

TEST_CASE("members lie inside the record's blocks that their needs carry") {
  for (const Element& element : elements()) {
    if (element.number || element.real || element.text) continue;
    CAPTURE(element.name);
    CHECK(element.offset[0] < recordStride(element.needs));
    CHECK(element.offset[1] < recordStride(element.needs));
  }
}

TEST_CASE("every function answers on an empty record and an empty context") {
  const FlowRecord record{};
  const FieldContext context{};
  char out[256];
  for (const Element& element : elements()) {
    CAPTURE(element.name);
    for (unsigned side = 0; side < 2; side++) {
      if (element.number) CHECK(element.number(record, side, context) < UINT64_MAX);
      if (element.real) CHECK(element.real(record, side, context) == 0);
      if (element.text) CHECK(element.text(record, side, context, out, sizeof out) <= sizeof out);
      if (element.octets) CHECK(element.octets(record, side, context, out, sizeof out) <= sizeof out);
      if (element.text) CHECK(element.text(record, side, context, out, 0) == 0);
      if (element.octets) CHECK(element.octets(record, side, context, out, 0) == 0);
    }
  }
}
