#include "metering/tcp_tracker.h"

#include <doctest/doctest.h>

#include "metering/packet_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr uint8_t kPush = 0x18;  // PSH ACK

// Feeds a tracker; times in µs after the flow's first packet.
struct Tracked {
  FlowTcp tcp;
  uint64_t first = kBaseNs;
  bool known = true;

  Tracked() { startTcp(tcp); }
  void add(const PacketBuilder& builder, bool fromClient) {
    trackTcp(tcp, builder.packet, fromClient ? 0 : 1, known, first);
  }
  void client(uint64_t us, uint8_t flags, uint32_t sequence, uint32_t payload = 0, uint16_t window = 1000) {
    add(tcpPacket(true, first + us * 1000, flags, sequence, payload).window(window), true);
  }
  void server(uint64_t us, uint8_t flags, uint32_t sequence, uint32_t payload = 0, uint16_t window = 1000) {
    add(tcpPacket(false, first + us * 1000, flags, sequence, payload).window(window), false);
  }
  // SYN at 0, SYN-ACK at 10 ms, ACK at 12 ms: a round trip of 12 ms. MSS 1000 both ways.
  void handshake(uint32_t clientIsn = 100, uint32_t serverIsn = 500) {
    add(tcpPacket(true, first, kTcpSyn, clientIsn).options(1000, 255), true);
    add(tcpPacket(false, first + 10 * kMs, kTcpSyn | kTcpAck, serverIsn).options(1000, 255), false);
    client(12'000, kTcpAck, clientIsn + 1);
  }
  void checkClean() const {
    for (int side = 0; side < 2; side++) {
      CHECK(tcp.retransmittedPackets[side] == 0);
      CHECK(tcp.retransmittedOctets[side] == 0);
      CHECK(tcp.outOfOrderPackets[side] == 0);
      CHECK(tcp.lostPackets[side] == 0);
      CHECK(tcp.lostOctets[side] == 0);
    }
  }
};

}  // namespace

TEST_CASE("tcp: handshake latencies are split at the probe, the application's counts payload to payload") {
  Tracked flow;
  flow.handshake();
  CHECK(flow.tcp.serverLatencyUs == 10'000);
  CHECK(flow.tcp.clientLatencyUs == 2'000);
  CHECK(flow.tcp.mss[0] == 1000);
  flow.client(20'000, kPush, 101, 50);
  flow.server(20'500, kTcpAck, 501);
  flow.server(95'000, kPush, 501, 900);
  flow.server(99'000, kPush, 1401, 900);
  CHECK(flow.tcp.applicationLatencyUs == 75'000);
  flow.checkClean();
}

TEST_CASE("tcp: the last SYN counts; a repeated SYN-ACK leaves the client's part unknown") {
  Tracked flow;
  flow.client(0, kTcpSyn, 100);
  flow.client(1'000'000, kTcpSyn, 100);
  flow.server(1'004'000, kTcpSyn | kTcpAck, 500);
  flow.server(1'300'000, kTcpSyn | kTcpAck, 500);
  flow.client(1'301'000, kTcpAck, 101);
  CHECK(flow.tcp.serverLatencyUs == 4000);
  CHECK(flow.tcp.clientLatencyUs == 0);
  CHECK(flow.tcp.retransmittedPackets[0] == 1);
  CHECK(flow.tcp.retransmittedPackets[1] == 1);
  CHECK(flow.tcp.retransmittedOctets[0] == 0);
  CHECK(flow.tcp.lostOctets[0] == 0);
}

TEST_CASE("tcp: where the server speaks first the application latency stays unknown") {
  Tracked flow;
  flow.handshake();
  flow.server(13'000, kPush, 501, 30);
  flow.client(14'000, kPush, 101, 10);
  flow.server(15'000, kPush, 531, 30);
  CHECK(flow.tcp.applicationLatencyUs == 0);
}

TEST_CASE("tcp: a gap is lost octets and packets by MSS until the data comes") {
  Tracked flow;
  flow.handshake();
  flow.client(20'000, kPush, 101, 1000);
  flow.client(20'100, kPush, 3601, 1000);  // 2500 missing
  CHECK(flow.tcp.lostOctets[0] == 2500);
  CHECK(flow.tcp.lostPackets[0] == 3);
  SUBCASE("within the round trip: out of order") {
    flow.client(20'200, kPush, 1101, 1000);
    CHECK(flow.tcp.lostOctets[0] == 1500);
    CHECK(flow.tcp.lostPackets[0] == 2);
    flow.client(31'000, kPush, 2101, 1000);
    flow.client(32'000, kPush, 3101, 500);
    CHECK(flow.tcp.outOfOrderPackets[0] == 3);
    CHECK(flow.tcp.outOfOrderOctets[0] == 2500);
    CHECK(flow.tcp.retransmittedPackets[0] == 0);
    CHECK(flow.tcp.lostOctets[0] == 0);
    CHECK(flow.tcp.lostPackets[0] == 0);
  }
  SUBCASE("later: a retransmission") {
    flow.client(60'000, kPush, 1101, 1000);
    CHECK(flow.tcp.outOfOrderPackets[0] == 0);
    CHECK(flow.tcp.retransmittedPackets[0] == 1);
    CHECK(flow.tcp.retransmittedOctets[0] == 1000);
    CHECK(flow.tcp.lostOctets[0] == 1500);
  }
  SUBCASE("never: it stays lost") {
    flow.client(60'000, kPush, 4601, 1000);
    CHECK(flow.tcp.lostOctets[0] == 2500);
    CHECK(flow.tcp.lostPackets[0] == 3);
    CHECK(flow.tcp.retransmittedPackets[0] == 0);
  }
}

TEST_CASE("tcp: without a handshake 3 ms are the limit between out of order and retransmitted") {
  for (uint64_t lateUs : {2'900ull, 3'100ull}) {
    Tracked flow;
    flow.client(0, kPush, 1000, 100);
    flow.client(10, kPush, 1200, 100);
    CHECK(flow.tcp.lostOctets[0] == 100);
    CHECK(flow.tcp.lostPackets[0] == 1);
    flow.client(10 + lateUs, kPush, 1100, 100);
    CHECK(flow.tcp.outOfOrderPackets[0] == (lateUs < 3000 ? 1 : 0));
    CHECK(flow.tcp.retransmittedPackets[0] == (lateUs < 3000 ? 0 : 1));
    CHECK(flow.tcp.lostOctets[0] == 0);
  }
}

TEST_CASE("tcp: without an MSS lost packets are estimated by this segment's size, or 536 octets") {
  for (const uint32_t size : {0u, 10u, 1200u}) {
    Tracked flow;
    flow.client(0, kPush, 1000, 100);
    flow.client(10, kTcpAck, 1100 + 6000, size);
    CHECK(flow.tcp.lostOctets[0] == 6000);
    CHECK(flow.tcp.lostPackets[0] == (size == 1200 ? 5 : 12));
  }
}

TEST_CASE("tcp: several holes of one event fill in any order") {
  Tracked flow;
  flow.handshake();
  flow.client(20'000, kPush, 101, 1000);
  flow.client(20'001, kPush, 2101, 1000);  // 1101 missing
  flow.client(20'002, kPush, 4101, 1000);  // 3101 missing
  CHECK(flow.tcp.lostPackets[0] == 2);
  flow.client(20'003, kPush, 3101, 1000);
  flow.client(20'004, kPush, 1101, 1000);
  CHECK(flow.tcp.outOfOrderPackets[0] == 2);
  CHECK(flow.tcp.lostOctets[0] == 0);
  CHECK(flow.tcp.lostPackets[0] == 0);
  CHECK(flow.tcp.retransmittedPackets[0] == 0);
}

TEST_CASE("tcp: data seen before is a retransmission, an overlapping end counts as new") {
  Tracked flow;
  flow.handshake();
  flow.client(20'000, kPush, 101, 1000);
  flow.client(20'500, kPush, 101, 1000);
  CHECK(flow.tcp.retransmittedPackets[0] == 1);
  CHECK(flow.tcp.retransmittedOctets[0] == 1000);
  flow.client(21'000, kPush, 601, 1000);  // 500 old, 500 new
  CHECK(flow.tcp.retransmittedPackets[0] == 2);
  CHECK(flow.tcp.retransmittedOctets[0] == 1500);
  CHECK(flow.tcp.nextSequence[0] == 1601);
  CHECK(flow.tcp.lostOctets[0] == 0);
}

TEST_CASE("tcp: sequence numbers wrap") {
  Tracked flow;
  flow.handshake(0xfffffc00u);
  uint32_t sequence = 0xfffffc01u;
  for (int i = 0; i < 5; i++, sequence += 1000) flow.client(20'000 + static_cast<uint64_t>(i), kPush, sequence, 1000);
  flow.checkClean();
  CHECK(flow.tcp.nextSequence[0] == sequence);
  flow.client(40'000, kPush, 0xfffffc01u, 1000);
  CHECK(flow.tcp.retransmittedOctets[0] == 1000);
}

TEST_CASE("tcp: keep-alives with and without an octet are no retransmissions") {
  Tracked flow;
  flow.handshake();
  flow.client(20'000, kPush, 101, 100);
  for (uint64_t i = 1; i < 5; i++) {
    flow.client(20'000 + i * 1'000'000, kTcpAck, 200, static_cast<uint32_t>(i % 2));
    flow.server(20'100 + i * 1'000'000, kTcpAck, 501);
  }
  flow.checkClean();
  flow.client(9'000'000, kPush, 201, 100);
  flow.checkClean();
}

TEST_CASE("tcp: zero-window probes are no retransmissions and the data behind them is no gap") {
  Tracked flow;
  flow.handshake();
  flow.client(20'000, kPush, 101, 1000);
  flow.server(20'100, kTcpAck, 501, 0, 0);
  CHECK(flow.tcp.zeroWindows[1] == 1);
  for (uint64_t i = 1; i < 4; i++) {
    flow.client(20'000 + i * 500'000, kTcpAck, 1101, 1);  // the same octet each time
    flow.server(20'100 + i * 500'000, kTcpAck, 501, 0, 0);
  }
  flow.checkClean();
  CHECK(flow.tcp.zeroWindows[1] == 4);
  SUBCASE("the octet was refused") {
    flow.server(2'000'000, kTcpAck, 501, 0, 500);
    flow.client(2'000'100, kPush, 1101, 1000);
    flow.checkClean();
    CHECK(flow.tcp.nextSequence[0] == 2101);
  }
  SUBCASE("the octet was taken") {
    flow.client(1'900'000, kTcpAck, 1102, 1);  // the next probe goes on behind it
    flow.server(2'000'000, kTcpAck, 501, 0, 500);
    flow.client(2'000'100, kPush, 1103, 1000);
    flow.checkClean();
    CHECK(flow.tcp.nextSequence[0] == 2103);
  }
}

TEST_CASE("tcp: a reset's zero window and sequence number count for nothing") {
  Tracked flow;
  flow.handshake();
  flow.server(20'000, kTcpRst, 0, 0, 0);
  CHECK(flow.tcp.zeroWindows[1] == 0);
  CHECK(flow.tcp.windowMin[1] == 1000);
  flow.checkClean();
}

TEST_CASE("tcp: FIN occupies a number; its repetition is a packet without octets") {
  Tracked flow;
  flow.handshake();
  flow.client(20'000, kPush | kTcpFin, 101, 10);
  CHECK(flow.tcp.nextSequence[0] == 112);
  flow.client(220'000, kPush | kTcpFin, 101, 10);
  CHECK(flow.tcp.retransmittedPackets[0] == 1);
  CHECK(flow.tcp.retransmittedOctets[0] == 10);
  flow.server(230'000, kTcpFin | kTcpAck, 501);
  flow.server(430'000, kTcpFin | kTcpAck, 501);
  CHECK(flow.tcp.retransmittedPackets[1] == 1);
  CHECK(flow.tcp.retransmittedOctets[1] == 0);
  flow.client(431'000, kTcpAck, 112);
  CHECK(flow.tcp.lostOctets[0] == 0);
}

TEST_CASE("tcp: windows scale only when both sides offered it, and never on a SYN") {
  for (const bool both : {true, false}) {
    Tracked flow;
    flow.add(tcpPacket(true, flow.first, kTcpSyn, 100).options(1460, 7).window(64000), true);
    PacketBuilder answer = tcpPacket(false, flow.first + 1, kTcpSyn | kTcpAck, 500);
    flow.add(answer.options(1460, both ? 3 : 255).window(60000), false);
    flow.client(10, kTcpAck, 101, 0, 500);
    flow.server(20, kTcpAck, 501, 0, 400);
    CHECK(flow.tcp.windowMax[0] == 64000);
    CHECK(flow.tcp.windowMin[0] == (both ? 64000 : 500));
    CHECK(flow.tcp.windowMin[1] == (both ? 3200 : 400));
    CHECK(flow.tcp.windowScale[0] == 7);
    CHECK(flow.tcp.windowScale[1] == (both ? 3 : 255));
  }
}

TEST_CASE("tcp: a super-packet is its data range; repeated, it counts its segments") {
  Tracked flow;
  flow.handshake();
  const auto super = [&](uint64_t us, uint32_t sequence) {
    PacketBuilder builder = tcpPacket(true, flow.first + us * 1000, kPush, sequence);
    flow.add(builder.super(4, 1000, 3500), true);
  };
  super(20'000, 101);
  CHECK(flow.tcp.nextSequence[0] == 3601);
  super(20'100, 3601);
  flow.checkClean();
  super(50'000, 3601);
  CHECK(flow.tcp.retransmittedPackets[0] == 4);
  CHECK(flow.tcp.retransmittedOctets[0] == 3500);
}

TEST_CASE("tcp: later fragments continue the segment") {
  Tracked flow;
  flow.handshake();
  flow.client(20'000, kPush, 101, 1400);
  PacketBuilder fragment(kClient, kServer, kProtocolTcp, flow.first + 20'001'000);
  flow.add(fragment.payload(600).present(isFragment | isLaterFragment), true);
  flow.client(20'100, kPush, 2101, 100);
  flow.checkClean();
}

TEST_CASE("tcp: picked up midstream, the first segment sets the edge; a leap beyond any window sets it anew") {
  Tracked flow;
  flow.known = false;
  flow.server(0, kPush, 70'000, 500);
  flow.client(50, kPush, 9'000, 100);
  flow.server(90, kPush, 70'500, 500);
  flow.checkClean();
  CHECK(flow.tcp.applicationLatencyUs == 0);
  CHECK(flow.tcp.serverLatencyUs == 0);
  flow.server(100, kPush, 71'000 + (1u << 30) + 5, 500);
  flow.checkClean();
}

TEST_CASE("tcp: a SYN with another number opens another connection, nothing is lost between") {
  Tracked flow;
  flow.handshake();
  flow.client(20'000, kPush, 101, 1000);
  flow.client(900'000, kTcpSyn, 3'000'000'000u);
  flow.client(910'000, kPush, 3'000'000'001u, 1000);
  flow.checkClean();
}

TEST_CASE("tcp: the next record's counters start at nothing, a hole of the last one cannot go below") {
  Tracked flow;
  flow.handshake();
  flow.client(20'000, kPush, 1101, 1000);
  CHECK(flow.tcp.lostOctets[0] == 1000);
  resetTcp(flow.tcp);
  flow.checkClean();
  CHECK(flow.tcp.windowMin[0] == UINT32_MAX);
  CHECK(flow.tcp.windowMax[0] == 0);
  CHECK(flow.tcp.serverLatencyUs == 10'000);
  flow.client(60'000, kPush, 101, 1000);
  CHECK(flow.tcp.lostOctets[0] == 0);
  CHECK(flow.tcp.lostPackets[0] == 0);
  CHECK(flow.tcp.retransmittedPackets[0] == 1);
}

TEST_CASE("tcp: UDP flows have an application latency too") {
  Tracked flow;
  flow.known = false;
  flow.add(udpPacket(true, flow.first), true);
  flow.add(udpPacket(false, flow.first + 7 * kMs), false);
  CHECK(flow.tcp.applicationLatencyUs == 7000);
  CHECK(flow.tcp.windowMin[0] == UINT32_MAX);
}
