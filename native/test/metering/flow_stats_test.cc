#include "metering/flow_stats.h"

#include <doctest/doctest.h>

#include "metering/packet_builder.h"

using namespace weir;
using namespace weir::test;

TEST_CASE("stats: sizes, squares, classes and gaps per side") {
  FlowStats stats;
  startStats(stats);
  measureStats(stats, udpPacket(true, kBaseNs, 100), 0);                 // 128 octets
  measureStats(stats, udpPacket(true, kBaseNs + 5000 * 1000, 1486), 0);  // 1514, 5 ms later
  measureStats(stats, udpPacket(true, kBaseNs + 7000 * 1000, 1487), 0);  // 1515, 2 ms later
  measureStats(stats, udpPacket(false, kBaseNs + 1000, 300), 1);         // 328
  CHECK(stats.sizeMin[0] == 128);
  CHECK(stats.sizeMax[0] == 1515);
  CHECK(stats.sizeSquares[0] == 128u * 128 + 1514u * 1514 + 1515u * 1515);
  CHECK(stats.gapMinUs[0] == 2000);
  CHECK(stats.gapMaxUs[0] == 5000);
  CHECK(stats.gapSquares[0] == 2000u * 2000 + 5000u * 5000);
  CHECK(stats.firstNs[0] == kBaseNs);
  CHECK(stats.lastNs[0] == kBaseNs + 7 * kMs);
  CHECK(stats.gapMinUs[1] == UINT32_MAX);
  CHECK(stats.firstNs[1] == kBaseNs + 1000);
  const uint32_t classes[6] = {1, 0, 1, 0, 1, 1};
  for (int i = 0; i < 6; i++) CHECK(stats.sizeClasses[i] == classes[i]);
}

TEST_CASE("stats: a super-packet counts as its wire packets, without time between them") {
  FlowStats stats;
  startStats(stats);
  PacketBuilder super = tcpPacket(true, kBaseNs, kTcpAck, 1);
  measureStats(stats, super.super(4, 1460, 4400), 0);  // 3 x 1500 and 60
  CHECK(stats.sizeMin[0] == 60);
  CHECK(stats.sizeMax[0] == 1500);
  CHECK(stats.sizeSquares[0] == 3u * 1500 * 1500 + 60u * 60);
  CHECK(stats.sizeClasses[4] == 3);
  CHECK(stats.sizeClasses[0] == 1);
  CHECK(stats.gapMinUs[0] == 0);
  CHECK(stats.gapMaxUs[0] == 0);
}

TEST_CASE("stats: a packet out of time order makes no negative gap") {
  FlowStats stats;
  startStats(stats);
  measureStats(stats, udpPacket(true, kBaseNs + kMs), 0);
  measureStats(stats, udpPacket(true, kBaseNs), 0);
  CHECK(stats.gapMinUs[0] == 0);
  CHECK(stats.firstNs[0] == kBaseNs);
  CHECK(stats.lastNs[0] == kBaseNs + kMs);
}

TEST_CASE("stats: huge gaps saturate") {
  FlowStats stats;
  startStats(stats);
  for (uint64_t i = 0; i < 4; i++) measureStats(stats, udpPacket(true, kBaseNs + i * 5'000'000 * kSecond), 0);
  CHECK(stats.gapMaxUs[0] == UINT32_MAX - 1);
  CHECK(stats.gapSquares[0] == UINT64_MAX);
}

TEST_CASE("sequence: wire packets of super-packets are listed up to N") {
  SequenceItem items[4] = {};
  PacketBuilder first = tcpPacket(true, kBaseNs, kTcpSyn, 1);
  recordSequence(items, 0, first, 0, kBaseNs);
  PacketBuilder super = tcpPacket(false, kBaseNs + 3 * kMs, kTcpAck, 1);
  recordSequence(items, 1, super.super(9, 1460, 9 * 1460), 1, kBaseNs);
  CHECK(items[0].size == 40);
  CHECK(items[0].tcpFlags == kTcpSyn);
  for (int i = 1; i < 4; i++) {
    CHECK(items[i].size == 1500);
    CHECK(items[i].offsetUs == 3000);
    CHECK(items[i].side == 1);
  }
}
