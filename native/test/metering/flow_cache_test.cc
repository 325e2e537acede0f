// What a record holds: direction, counters, blocks. Expiry is in flow_expiry_test.cc.
#include "metering/flow_cache.h"

#include <doctest/doctest.h>

#include <unordered_map>

#include "capture/frame.h"
#include "metering/packet_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

KeptRecord only(CacheFixture& fixture) {
  fixture.cache.flush(EndReason::forced);
  REQUIRE(fixture.records().size() == 1);
  return fixture.records()[0];
}

KeptRecord recordOf(std::initializer_list<Packet> packets, uint32_t needs = 0) {
  CacheFixture fixture(CacheFixture::smallOptions(needs));
  for (const Packet& packet : packets) fixture.add(packet);
  return only(fixture);
}

}  // namespace

TEST_CASE("cache: both directions make one flow with the initiator as source") {
  PacketBuilder syn = tcpPacket(true, kBaseNs, kTcpSyn, 1);
  syn.packet.tos = 0x10;
  syn.packet.ttl = 60;
  PacketBuilder answer = tcpPacket(false, kBaseNs + kMs, kTcpSyn | kTcpAck, 1);
  answer.packet.tos = 0x20;
  answer.packet.fragmentFlags = 0x40;
  PacketBuilder data = tcpPacket(true, kBaseNs + 2 * kMs, 0x18, 2, 300);
  data.packet.tos = 0x30;
  data.packet.ttl = 62;
  const KeptRecord record = recordOf({syn, answer, data});
  CHECK(record.source() == kClient);
  CHECK(record.destination() == kServer);
  CHECK(record.hot.directionMethod == DirectionMethod::syn);
  CHECK(record.hot.packets[0] == 2);
  CHECK(record.hot.packets[1] == 1);
  CHECK(record.hot.octets[0] == 40 + 340);
  CHECK(record.hot.octets[1] == 40);
  CHECK(record.hot.payloadOctets[0] == 300);
  CHECK(record.hot.tcpFlags[0] == (kTcpSyn | 0x18));
  CHECK(record.hot.tcpFlags[1] == (kTcpSyn | kTcpAck));
  CHECK(record.hot.tos[0] == 0x10);
  CHECK(record.hot.tos[1] == 0x20);
  CHECK(record.hot.ttlMin[0] == 60);
  CHECK(record.hot.ttlMax[0] == 62);
  CHECK(record.hot.ttlMin[1] == 64);
  CHECK(record.hot.fragmentFlags == 0x40);
  CHECK(record.hot.startNs == kBaseNs);
  CHECK(record.hot.endNs == kBaseNs + 2 * kMs);
  CHECK(record.hot.endReason == EndReason::forced);
  CHECK(record.hot.recordIndex == 0);
  CHECK(record.link.firstSeenNs == kBaseNs);
  CHECK(record.hot.state == 0);
  CHECK(record.hot.sampling == 1);
  CHECK(record.hot.scale == 1);
  CHECK_FALSE(record.tcp.has_value());
}

TEST_CASE("cache: a side that sent nothing says so") {
  const KeptRecord record = recordOf({udpPacket(true, kBaseNs)});
  CHECK(record.hot.packets[1] == 0);
  CHECK(record.hot.ttlMin[1] == 255);
  CHECK(record.hot.ttlMax[1] == 0);
}

TEST_CASE("cache: direction methods") {
  SUBCASE("the answer of a handshake makes its receiver the source") {
    const KeptRecord record =
        recordOf({tcpPacket(false, kBaseNs, kTcpSyn | kTcpAck, 1), tcpPacket(true, kBaseNs, kTcpAck, 1)});
    CHECK(record.source() == kClient);
    CHECK(record.hot.directionMethod == DirectionMethod::synAck);
    CHECK(record.hot.packets[0] == 1);
    CHECK(record.hot.tcpFlags[1] == (kTcpSyn | kTcpAck));
  }
  SUBCASE("midstream the first sender is the source") {
    const KeptRecord record = recordOf({tcpPacket(false, kBaseNs, kTcpAck, 1), tcpPacket(true, kBaseNs, kTcpSyn, 1)});
    CHECK(record.source() == kServer);
    CHECK(record.hot.directionMethod == DirectionMethod::firstPacket);
  }
  SUBCASE("UDP: the first sender") {
    CHECK(recordOf({udpPacket(false, kBaseNs)}).source() == kServer);
    CHECK(recordOf({udpPacket(true, kBaseNs)}).source() == kClient);
  }
  SUBCASE("echo request and reply") {
    for (const bool reply : {false, true}) {
      PacketBuilder echo(reply ? kServer : kClient, reply ? kClient : kServer, 1, kBaseNs);
      echo.present(hasIcmp | (reply ? isReply : isRequest));
      echo.packet.icmpType = reply ? 0 : 8;
      const KeptRecord record = recordOf({echo});
      CHECK(record.source() == kClient);
      CHECK(record.hot.directionMethod == DirectionMethod::request);
      CHECK(record.link.icmpType == (reply ? 0 : 8));
    }
  }
  SUBCASE("SCTP INIT and INIT ACK") {
    const KeptRecord init = recordOf({PacketBuilder(kClient, kServer, 132, kBaseNs).present(isRequest)});
    CHECK(init.source() == kClient);
    CHECK(init.hot.directionMethod == DirectionMethod::syn);
    const KeptRecord answer = recordOf({PacketBuilder(kServer, kClient, 132, kBaseNs).present(isReply)});
    CHECK(answer.source() == kClient);
    CHECK(answer.hot.directionMethod == DirectionMethod::synAck);
  }
}

TEST_CASE("cache: link-layer members come from the first packet, by side") {
  const uint8_t macs[12] = {1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2};  // to 1, from 2
  PacketBuilder answer = tcpPacket(false, kBaseNs, kTcpSyn | kTcpAck, 1);
  answer.present(hasMac);
  answer.packet.mac = macs;
  answer.packet.mplsTopEntry = 0x12345678;
  answer.packet.mplsDepth = 2;
  answer.packet.vlanPriority = 5;
  answer.packet.flowLabel = 77;
  answer.packet.interface = 3;
  answer.packet.direction = static_cast<uint8_t>(FrameDirection::received);
  PacketBuilder ack = tcpPacket(true, kBaseNs, kTcpAck, 1);
  ack.packet.interface = 4;
  ack.packet.direction = static_cast<uint8_t>(FrameDirection::sent);
  PacketBuilder other = ack;
  other.packet.interface = 9;
  const KeptRecord record = recordOf({answer, ack, other});
  CHECK(record.link.mac[0] == MacAddress{1, 1, 1, 1, 1, 1});  // the source is the answer's receiver
  CHECK(record.link.mac[1] == MacAddress{2, 2, 2, 2, 2, 2});
  CHECK(record.link.mplsTopEntry == 0x12345678);
  CHECK(record.link.mplsDepth == 2);
  CHECK(record.link.vlanPriority == 5);
  CHECK(record.link.flowLabel == 77);
  CHECK(record.link.interface[0] == 3);
  CHECK(record.link.interface[1] == 4);
}

TEST_CASE("cache: SPI by side, fragments by side and saturating") {
  PacketBuilder out(kClient, kServer, 50, kBaseNs);
  out.present(hasSpi).packet.spi = 11;
  PacketBuilder in(kServer, kClient, 50, kBaseNs);
  in.present(hasSpi | isFragment).packet.spi = 22;
  PacketBuilder many = in;
  many.packet.wirePackets = 70'000;
  const KeptRecord record = recordOf({out, in, many});
  CHECK(record.link.spi[0] == 11);
  CHECK(record.link.spi[1] == 22);
  CHECK(record.link.fragments[0] == 0);
  CHECK(record.link.fragments[1] == UINT16_MAX);
}

TEST_CASE("cache: tunnel endpoints in source order, ids by direction") {
  PacketBuilder reply(kServer, kClient, 1, kBaseNs);
  reply.present(hasTunnel | hasIcmp | isReply);
  reply.packet.tunnel.type = TunnelType::gtpu;
  reply.packet.tunnel.outerAddress[0][15] = 2;  // the sender's side: the server's
  reply.packet.tunnel.outerAddress[1][15] = 9;
  reply.packet.tunnel.outerPort[0] = 2152;
  reply.packet.tunnelId = 222;
  PacketBuilder request(kClient, kServer, 1, kBaseNs);
  request.present(hasTunnel | hasIcmp | isRequest);
  request.packet.tunnel.type = TunnelType::gtpu;
  request.packet.tunnelId = 999;
  const KeptRecord record = recordOf({reply, request}, needsTunnel);
  REQUIRE(record.tunnel.has_value());
  CHECK(record.tunnel->outerAddress[0][15] == 9);
  CHECK(record.tunnel->outerAddress[1][15] == 2);
  CHECK(record.tunnel->outerPort[1] == 2152);
  CHECK(record.tunnel->tunnelId[0] == 999);
  CHECK(record.tunnel->tunnelId[1] == 222);
}

TEST_CASE("cache: blocks are measured when asked for") {
  const KeptRecord record =
      recordOf({udpPacket(true, kBaseNs), udpPacket(false, kBaseNs + kMs)}, needsTcp | needsStats);
  REQUIRE(record.tcp.has_value());
  REQUIRE(record.stats.has_value());
  CHECK_FALSE(record.tunnel.has_value());
  CHECK(record.tcp->applicationLatencyUs == 1000);
  CHECK(record.stats->sizeMin[1] == 128);
}

TEST_CASE("cache: the first packets are listed in record 0 only") {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.firstPackets = 3;
  CacheFixture fixture(options);
  fixture.add(udpPacket(true, kBaseNs, 10));
  fixture.add(udpPacket(false, kBaseNs + 2 * kMs, 20));
  for (uint64_t s = 10; s <= 70; s += 10) fixture.add(udpPacket(true, kBaseNs + s * kSecond, 30));
  fixture.cache.flush(EndReason::forced);
  REQUIRE(fixture.records().size() == 2);
  const auto& items = fixture.records()[0].sequence;
  REQUIRE(items.size() == 3);
  CHECK(items[0].size == 38);
  CHECK(items[1].size == 48);
  CHECK(items[1].offsetUs == 2000);
  CHECK(items[1].side == 1);
  CHECK(items[2].offsetUs == 10'000'000);
  CHECK(fixture.records()[1].sequence.empty());

  CacheFixture brief(options);
  brief.add(udpPacket(true, kBaseNs, 10));
  CHECK(only(brief).sequence.size() == 1);
}

TEST_CASE("cache: every octet of the key counts") {
  CacheFixture fixture;
  const PacketBuilder base = udpPacket(true, kBaseNs);
  fixture.add(base);
  for (size_t octet = 0; octet < sizeof(FlowKey); octet++) {
    PacketBuilder other = base;
    reinterpret_cast<uint8_t*>(&other.packet.key)[octet] ^= 0x80;
    fixture.add(other);
  }
  CHECK(fixture.cache.counters().flowsCreated.get() == 1 + sizeof(FlowKey));
}

TEST_CASE("cache: keys with equal hashes are flows of their own") {
  // With a known seed two of many keys share the 32-bit hash.
  const HashSeed seed{};
  std::unordered_map<uint32_t, uint32_t> seen;
  std::vector<Packet> pair;
  const auto packetOf = [](uint32_t number, uint64_t ns) {
    const Endpoint from = endpoint(10, static_cast<uint8_t>(number >> 16), 0, 1, static_cast<uint16_t>(number));
    return PacketBuilder(from, kServer, 17, ns);
  };
  for (uint32_t number = 0; number < 2'000'000 && pair.empty(); number++) {
    const PacketBuilder builder = packetOf(number, kBaseNs);
    const auto [at, fresh] = seen.try_emplace(hashKey(builder.packet.key, seed), number);
    if (!fresh) pair = {packetOf(at->second, kBaseNs), builder};
  }
  REQUIRE(pair.size() == 2);
  CacheFixture fixture;
  std::vector<Packet> burst;
  for (int i = 0; i < 5; i++) burst.insert(burst.end(), pair.begin(), pair.end());
  burst.push_back(pair[0]);
  fixture.cache.update(burst);
  fixture.cache.flush(EndReason::forced);
  REQUIRE(fixture.records().size() == 2);
  CHECK(fixture.records()[0].hot.packets[0] == 6);
  CHECK(fixture.records()[1].hot.packets[0] == 5);
}

TEST_CASE("cache: a burst may begin, end and begin flows under one key") {
  CacheFixture fixture;
  std::vector<Packet> burst = {
      tcpPacket(true, kBaseNs, kTcpSyn, 1),          tcpPacket(false, kBaseNs, kTcpRst, 1),
      tcpPacket(true, kBaseNs + 1, kTcpSyn, 5000),   tcpPacket(false, kBaseNs + 2, kTcpRst, 1),
      tcpPacket(true, kBaseNs + 3, kTcpSyn, 90000),
  };
  fixture.cache.update(burst);
  CHECK(fixture.records().size() == 2);
  CHECK(fixture.cache.counters().flows.get() == 1);
  fixture.cache.flush(EndReason::forced);
  CHECK(fixture.records().size() == 3);
}

TEST_CASE("cache: flow ids are unique, carry the base and stay over records") {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.flowIdBase = uint64_t{7} << 56;
  CacheFixture fixture(options);
  fixture.add(udpPacket(true, kBaseNs));
  fixture.add(tcpPacket(true, kBaseNs, kTcpSyn, 1));
  fixture.cache.flush(EndReason::forced);
  REQUIRE(fixture.records().size() == 2);
  CHECK((fixture.records()[0].link.flowId >> 56) == 7);
  CHECK(fixture.records()[0].link.flowId != fixture.records()[1].link.flowId);
}

TEST_CASE("cache: counters add up, refused records are the sink's to count") {
  CacheFixture fixture;
  PacketBuilder super = tcpPacket(true, kBaseNs, kTcpAck, 1);
  fixture.add(super.super(4, 1000, 4000));
  fixture.add(udpPacket(true, kBaseNs));
  FlowCacheCounters& counters = fixture.cache.counters();
  CHECK(counters.packets.get() == 5);
  CHECK(counters.octets.get() == 4160 + 128);
  CHECK(counters.flows.get() == 2);
  fixture.sink.refuse = true;
  fixture.cache.flush(EndReason::forced);
  CHECK(counters.records[4].get() == 0);
  CHECK(counters.flows.get() == 0);
  CHECK(counters.flowsCreated.get() == counters.flowsGone.get());
}

TEST_CASE("cache: a record leaves before a side reaches 2^31 packets") {
  CacheFixture fixture;
  PacketBuilder huge = udpPacket(true, kBaseNs);
  huge.packet.wirePackets = 1'500'000'000;
  fixture.add(huge);
  fixture.add(huge);
  REQUIRE(fixture.records().size() == 1);
  CHECK(fixture.records()[0].hot.endReason == EndReason::active);
  CHECK(fixture.records()[0].hot.packets[0] == 1'500'000'000);
  fixture.cache.flush(EndReason::forced);
  CHECK(fixture.records()[1].hot.packets[0] == 1'500'000'000);
  CHECK(fixture.records()[1].hot.recordIndex == 1);
}
