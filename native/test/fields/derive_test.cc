// Every derived function on a record made by hand.
#include "fields/derive.h"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace weir;
using namespace weir::derive;

namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kStart = 1'795'228'150 * kSecond + 123'456'789;

const FieldContext kContext{.startNs = 1'795'228'000 * kSecond,
                            .activeTimeoutNs = 60 * kSecond,
                            .idleTimeoutNs = 15 * kSecond,
                            .observationDomain = 7};

// Four packets of 100, 200, 300, 400 octets from the source in 3 s, one of 60 octets back.
FlowRecord sample() {
  FlowRecord record{};
  record.hot.key.protocol = 6;
  record.hot.key.ipVersion = 4;
  record.hot.startNs = kStart;
  record.hot.endNs = kStart + 3 * kSecond;
  record.link.firstSeenNs = kStart - 10 * kSecond;
  record.hot.packets[0] = 4;
  record.hot.packets[1] = 1;
  record.hot.octets[0] = 1000;
  record.hot.octets[1] = 60;
  record.hot.tos[0] = 0xb8;
  record.hot.tos[1] = 0x28;
  record.hot.ttlMin[0] = 63;
  record.hot.ttlMin[1] = 255;
  record.hot.tcpFlags[0] = 0x1b;
  record.hot.tcpFlags[1] = 0x92;
  record.stats.firstNs[0] = kStart;
  record.stats.lastNs[0] = kStart + 3 * kSecond;
  record.stats.firstNs[1] = kStart + kSecond;
  record.stats.lastNs[1] = kStart + kSecond;
  record.stats.sizeSquares[0] = 10000 + 40000 + 90000 + 160000;
  record.stats.sizeSquares[1] = 3600;
  record.stats.sizeMin[0] = 100;
  record.stats.sizeMax[0] = 400;
  record.stats.sizeMin[1] = 60;
  record.stats.sizeMax[1] = 60;
  record.stats.gapMinUs[0] = 500'400;  // gaps 0.5004 s, 0.9996 s, 1.5 s
  record.stats.gapMaxUs[0] = 1'500'000;
  record.stats.gapSquares[0] = 500'400ull * 500'400 + 999'600ull * 999'600 + 1'500'000ull * 1'500'000;
  record.stats.gapMinUs[1] = UINT32_MAX;
  return record;
}

std::string text(TextFunction function, const FlowRecord& record, unsigned side = 0,
                 const FieldContext& context = kContext, size_t capacity = 256) {
  std::string out(256, '\0');
  out.resize(function(record, side, context, out.data(), capacity));
  return out;
}

std::string hex(const std::string& octets) {
  std::string out;
  for (const char octet : octets) {
    out += "0123456789abcdef"[static_cast<uint8_t>(octet) >> 4];
    out += "0123456789abcdef"[static_cast<uint8_t>(octet) & 15];
  }
  return out;
}

}  // namespace

TEST_CASE("uptimes count from the probe's start and never below zero") {
  FlowRecord record = sample();
  CHECK(startSysUpTime(record, 0, kContext) == 150'123);
  CHECK(endSysUpTime(record, 0, kContext) == 153'123);
  CHECK(systemInitTime(record, 0, kContext) == kContext.startNs);
  record.hot.startNs = kContext.startNs - 5;
  CHECK(startSysUpTime(record, 0, kContext) == 0);
  record.hot.endNs = kContext.startNs + 5'000'000'000 * 1'000'000;  // 32-bit milliseconds wrap
  CHECK(endSysUpTime(record, 0, kContext) == 5'000'000'000 % (uint64_t{1} << 32));
}

TEST_CASE("durations") {
  FlowRecord record = sample();
  CHECK(durationMilliseconds(record, 0, kContext) == 3000);
  CHECK(durationMicroseconds(record, 0, kContext) == 3'000'000);
  CHECK(streamDurationMilliseconds(record, 0, kContext) == 3000);
  CHECK(streamDurationMilliseconds(record, 1, kContext) == 0);
  CHECK(flowAgeMilliseconds(record, 0, kContext) == 13'000);
  record.hot.startNs = 1'999'999;  // 1.999999 ms to 2.0 ms: as the exported times say
  record.hot.endNs = 2'000'000;
  CHECK(durationMilliseconds(record, 0, kContext) == 1);
  record.hot.endNs = 5000 * kSecond;
  CHECK(durationMicroseconds(record, 0, kContext) == UINT32_MAX);
  record.hot.endNs = 1;
  CHECK(durationMilliseconds(record, 0, kContext) == 0);
}

TEST_CASE("configured values") {
  const FlowRecord record{};
  CHECK(activeTimeout(record, 0, kContext) == 60);
  CHECK(idleTimeout(record, 0, kContext) == 15);
  CHECK(observationDomain(record, 0, kContext) == 7);
  FieldContext week = kContext;
  week.activeTimeoutNs = 7 * 86400 * kSecond;
  CHECK(activeTimeout(record, 0, week) == 65535);
}

TEST_CASE("ICMP, VLAN and MPLS") {
  FlowRecord record{};
  record.link.icmpType = 8;
  record.link.icmpCode = 3;
  CHECK(icmpTypeCode(record, 0, kContext) == 8 * 256 + 3);
  record.hot.key.vlanId = 100;
  CHECK(innermostVlan(record, 0, kContext) == 100);
  record.hot.key.innerVlanId = 7;
  CHECK(innermostVlan(record, 0, kContext) == 7);
  CHECK(text(mplsTopText, record).empty());
  record.link.mplsTopEntry = 16 << 12 | 5 << 9 | 1 << 8 | 64;  // label 16, class 5, bottom, TTL 64
  CHECK(mplsTopLabel(record, 0, kContext) == 16);
  CHECK(mplsTopLabelExp(record, 0, kContext) == 5);
  CHECK(mplsTopLabelTtl(record, 0, kContext) == 64);
  CHECK(hex(text(mplsTopOctets, record)) == "00010b");
  CHECK(text(mplsTopText, record) == "\"00010b\"");
}

TEST_CASE("directions") {
  FlowRecord record = sample();
  CHECK(biflowDirection(record, 0, kContext) == 0);  // TCP in its middle
  record.hot.directionMethod = DirectionMethod::syn;
  CHECK(biflowDirection(record, 0, kContext) == 1);
  CHECK(biflowDirection(record, 1, kContext) == 2);
  record.hot.directionMethod = DirectionMethod::firstPacket;
  record.hot.key.protocol = 17;
  CHECK(biflowDirection(record, 0, kContext) == 1);
  CHECK(flowDirection(record, 0, kContext) == 0);  // nothing known
  record.link.interface[1] = 3;                    // the source's packets went out
  CHECK(flowDirection(record, 0, kContext) == 1);
  CHECK(flowDirection(record, 1, kContext) == 0);
}

TEST_CASE("counters, ToS, TTL and flags") {
  FlowRecord record = sample();
  CHECK(flowOctets(record, 0, kContext) == 1060);
  CHECK(flowPackets(record, 0, kContext) == 5);
  CHECK(averageThroughput(record, 0, kContext) == 2667);  // 8000 bit / 3 s
  CHECK(averageThroughput(record, 1, kContext) == 160);
  CHECK(dscp(record, 0, kContext) == 46);
  CHECK(dscp(record, 1, kContext) == 10);
  CHECK(minimumTtl(record, 0, kContext) == 63);
  CHECK(minimumTtl(record, 1, kContext) == 255);
  CHECK(tcpFlagsUnion(record, 0, kContext) == 0x9b);
  record.hot.packets[1] = 0;
  CHECK(minimumTtl(record, 1, kContext) == 0);
  record.hot.endNs = record.hot.startNs;
  CHECK(averageThroughput(record, 0, kContext) == 0);
  record.hot.endNs = record.hot.startNs + 1;
  CHECK(averageThroughput(record, 0, kContext) == UINT32_MAX);
}

TEST_CASE("latencies: half round trips in ms for the network, whole ones for the application") {
  FlowRecord record{};
  record.tcp.clientLatencyUs = 25'000;
  record.tcp.serverLatencyUs = 2'999;
  record.tcp.applicationLatencyUs = 1'500;
  CHECK(clientLatencyMilliseconds(record, 0, kContext) == 13);  // 12.5
  CHECK(serverLatencyMilliseconds(record, 0, kContext) == 1);
  CHECK(applicationLatencyMilliseconds(record, 0, kContext) == 2);
  CHECK(handshakeRoundTrip(record, 0, kContext) == 27'999);
  record.tcp.serverLatencyUs = 0;
  CHECK(handshakeRoundTrip(record, 0, kContext) == 0);
}

TEST_CASE("windows") {
  FlowRecord record{};
  record.tcp.windowMin[0] = 512;
  record.tcp.windowMax[0] = 4'000'000;
  record.tcp.windowMin[1] = UINT32_MAX;  // no segment
  record.tcp.windowScale[0] = 7;
  record.tcp.windowScale[1] = 255;
  CHECK(windowMinimum(record, 0, kContext) == 512);
  CHECK(windowMinimum(record, 1, kContext) == 0);
  CHECK(windowMinimum16(record, 0, kContext) == 512);
  CHECK(windowMaximum16(record, 0, kContext) == 65535);
  CHECK(windowMaximum16(record, 1, kContext) == 0);
  CHECK(windowScale(record, 0, kContext) == 7);
  CHECK(windowScale(record, 1, kContext) == 0);
}

TEST_CASE("packet sizes") {
  FlowRecord record = sample();
  CHECK(minimumLength(record, 0, kContext) == 100);
  CHECK(minimumLength(record, 1, kContext) == 60);
  CHECK(longestPacket(record, 1, kContext) == 400);
  CHECK(shortestPacket(record, 0, kContext) == 60);
  CHECK(sizeMean(record, 0, kContext) == 250);
  CHECK(sizeDeviation(record, 0, kContext) == doctest::Approx(111.8034));
  CHECK(sizeDeviation(record, 1, kContext) == 0);
  record.hot.packets[1] = 0;
  record.stats.sizeMin[1] = UINT16_MAX;
  CHECK(minimumLength(record, 1, kContext) == 0);
  CHECK(shortestPacket(record, 0, kContext) == 100);
  CHECK(sizeMean(record, 1, kContext) == 0);
}

TEST_CASE("inter-arrival times") {
  const FlowRecord record = sample();
  CHECK(gapMinimum(record, 0, kContext) == 500'400);
  CHECK(gapMinimum(record, 1, kContext) == 0);
  CHECK(gapMean(record, 0, kContext) == 1'000'000);
  CHECK(gapDeviation(record, 0, kContext) == doctest::Approx(408'085.0));
  CHECK(gapMean(record, 1, kContext) == 0);
  CHECK(gapDeviation(record, 1, kContext) == 0);
  CHECK(gapMinimumMilliseconds(record, 0, kContext) == 500);
  CHECK(gapMaximumMilliseconds(record, 0, kContext) == 1500);
  CHECK(gapMeanMilliseconds(record, 0, kContext) == 1000);
  CHECK(gapDeviationMilliseconds(record, 0, kContext) == 408);
}

TEST_CASE("names") {
  FlowRecord record = sample();
  CHECK(text(protocolName, record) == "TCP");
  CHECK(text(protocolName, record, 0, kContext, 2) == "TC");
  record.hot.key.protocol = 58;
  CHECK(text(protocolName, record) == "ICMPv6");
  record.hot.key.protocol = 253;
  CHECK(text(protocolName, record) == "253");
  CHECK(text(protocolKeyword, record).empty());
  for (const auto& [protocol, keyword] : {std::pair{6, "tcp"}, {17, "udp"}, {58, "ipv6-icmp"}, {4, "ipv4"}, {50, "esp"}}) {
    record.hot.key.protocol = static_cast<uint8_t>(protocol);
    CHECK(text(protocolKeyword, record) == keyword);
  }
  CHECK(text(protocolKeyword, record, 0, kContext, 2) == "es");
  CHECK(text(endReasonName, record).empty());
  record.hot.endReason = EndReason::lackOfResources;
  CHECK(text(endReasonName, record) == "resources");
  CHECK(text(tcpFlagsText, record, 0) == "APSF");
  CHECK(text(tcpFlagsText, record, 1) == "CAS");
  CHECK(text(tunnelTypeName, record).empty());
  record.tunnel.type = TunnelType::l2tp;
  CHECK(text(tunnelTypeName, record) == "l2tp");
}

TEST_CASE("the Observation Point's name and namespace") {
  const auto points = std::make_unique<ObservationPointTable>();
  points->add({.name = "eth0", .interface = 2, .netns = {}});
  const uint16_t second = points->add({.name = "veth1", .interface = 5, .netns = "blue"});
  FieldContext context = kContext;
  context.observationPoints = points.get();
  FlowRecord record{};
  CHECK(text(interfaceName, record, 0, context) == "eth0");
  CHECK(text(networkNamespace, record, 0, context).empty());
  record.hot.key.observationPoint = second;
  CHECK(text(interfaceName, record, 0, context) == "veth1");
  CHECK(text(networkNamespace, record, 0, context) == "blue");
  record.hot.key.observationPoint = 99;
  CHECK(text(interfaceName, record, 0, context).empty());
}

TEST_CASE("the interface of a side, and which way the source's packets go") {
  const auto points = std::make_unique<ObservationPointTable>();
  points->add({.name = "eth0", .interface = 2, .netns = {}});
  FieldContext context = kContext;
  context.observationPoints = points.get();
  FlowRecord record{};
  CHECK(text(sideInterfaceName, record, 0, context).empty());
  CHECK(text(flowDirectionName, record).empty());
  record.link.interface[1] = 2;
  CHECK(text(sideInterfaceName, record, 0, context).empty());
  CHECK(text(sideInterfaceName, record, 1, context) == "eth0");
  CHECK(text(flowDirectionName, record, 0) == "egress");
  CHECK(text(flowDirectionName, record, 1) == "ingress");
  record.link.interface[0] = 7;  // not the Observation Point's
  CHECK(text(sideInterfaceName, record, 0, context).empty());
  CHECK(text(flowDirectionName, record).empty());
}

TEST_CASE("Community ID: the specification's example, either way round, and its seed") {
  FlowRecord record = sample();
  record.hot.key.address[0] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 128, 232, 110, 120};
  record.hot.key.address[1] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 66, 35, 250, 204};
  record.hot.key.port[0] = 34855;
  record.hot.key.port[1] = 80;
  CHECK(text(communityIdText, record) == "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  CHECK(text(communityIdText, record, 1) == "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  FieldContext seeded = kContext;
  seeded.communityIdSeed = 1;
  CHECK(text(communityIdText, record, 0, seeded) == "1:3V71V58M3Ksw/yuFALMcW0LAHvc=");
}

TEST_CASE("Community ID of an echo is the same whether request or reply came first") {
  for (const uint8_t version : {uint8_t{4}, uint8_t{6}}) {
    FlowRecord record = sample();
    record.hot.key.ipVersion = version;
    record.hot.key.protocol = version == 4 ? 1 : 58;
    record.hot.key.address[0][15] = 9;  // the requester has the higher address
    record.hot.key.address[1][15] = 2;
    if (version == 4) {
      for (auto& address : record.hot.key.address) address[10] = address[11] = 0xff;
    }
    record.hot.directionMethod = DirectionMethod::request;
    record.link.icmpType = version == 4 ? 8 : 128;
    const std::string request = text(communityIdText, record);
    record.link.icmpType = version == 4 ? 0 : 129;
    CHECK(request.size() == 30);
    CHECK(text(communityIdText, record) == request);
  }
}

TEST_CASE("tunnels") {
  FlowRecord record{};
  record.tunnel.type = TunnelType::vxlan;
  record.tunnel.tunnelId[1] = 4096;
  record.tunnel.outerIpVersion = 4;
  record.tunnel.outerAddress[0] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  record.tunnel.outerAddress[1] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 2};
  CHECK(layer2Segment(record, 0, kContext) == ((uint64_t{1} << 56) | 4096));
  CHECK(tunnelSession(record, 1, kContext) == 0);
  CHECK(text(outerAddress4Text, record, 0) == "\"192.0.2.1\"");
  CHECK(text(outerAddress4Text, record, 1) == "\"192.0.2.2\"");
  CHECK(hex(text(outerAddress4Octets, record, 1)) == "c0000202");
  CHECK(text(outerAddress6Text, record).empty());
  CHECK(text(outerAddress6Octets, record) == std::string(16, '\0'));
  record.tunnel.outerIpVersion = 6;
  record.tunnel.outerAddress[0] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  CHECK(text(outerAddress6Text, record) == "\"2001:db8::1\"");
  CHECK(hex(text(outerAddress6Octets, record)) == "20010db8000000000000000000000001");
  CHECK(text(outerAddress4Text, record).empty());
  CHECK(text(outerAddress4Octets, record) == std::string(4, '\0'));
  record.tunnel.type = TunnelType::l2tp;
  record.tunnel.tunnelId[1] = 9 << 16 | 12;
  CHECK(tunnelSession(record, 1, kContext) == 12);
  CHECK(layer2Segment(record, 0, kContext) == 0);
}

TEST_CASE("the first packets, from either side, and cut to what fits") {
  const SequenceItem items[] = {{0, 60, 0, 2}, {150, 1500, 1, 18}, {70'000, 52, 0, 16}};
  std::vector<uint8_t> heap(5 + sizeof items);  // not aligned
  std::memcpy(heap.data() + 5, items, sizeof items);
  FieldContext context = kContext;
  context.heap = heap.data();
  FlowRecord record{};
  CHECK(text(sequenceSizesText, record, 0, context).empty());
  record.text.sequence = {5, sizeof items};
  CHECK(text(sequenceSizesText, record, 0, context) == "[60,1500,52]");
  CHECK(text(sequenceTimesText, record, 0, context) == "[0,150,70000]");
  CHECK(text(sequenceDirectionsText, record, 0, context) == "[0,1,0]");
  CHECK(text(sequenceDirectionsText, record, 1, context) == "[1,0,1]");
  CHECK(text(sequenceFlagsText, record, 0, context) == "[2,18,16]");
  CHECK(text(sequenceSizesText, record, 0, context, 11) == "[60,1500]");
  CHECK(hex(text(sequenceSizesOctets, record, 0, context)) == "003c05dc0034");
  CHECK(hex(text(sequenceTimesOctets, record, 0, context)) == "000000000000009600011170");
  CHECK(hex(text(sequenceDirectionsOctets, record, 1, context)) == "010001");
  CHECK(hex(text(sequenceFlagsOctets, record, 0, context)) == "021210");
  CHECK(hex(text(sequenceTimesOctets, record, 0, context, 7)) == "00000000");
}

TEST_CASE("derive: sampling") {
  FlowRecord record = sample();
  CHECK(selectorId(record, 0, kContext) == 0);
  CHECK(samplingInterval(record, 0, kContext) == 1);
  const double gap = gapMean(record, 0, kContext);
  record.hot.sampling = 100;
  record.hot.scale = 1;
  CHECK(selectorId(record, 1, kContext) == 1);
  CHECK(samplingInterval(record, 1, kContext) == 100);
  CHECK(gapMean(record, 0, kContext) == gap);
  record.hot.scale = 100;
  record.hot.packets[0] *= 100;
  record.hot.octets[0] *= 100;
  record.stats.sizeSquares[0] *= 100;
  CHECK(selectorId(record, 0, kContext) == 1);
  CHECK(samplingInterval(record, 0, kContext) == 1);
  // Times and sizes are those of the packets that were metered.
  CHECK(gapMean(record, 0, kContext) == gap);
  CHECK(sizeMean(record, 0, kContext) == 250);
  CHECK(sizeDeviation(record, 0, kContext) == sizeDeviation(sample(), 0, kContext));
}
