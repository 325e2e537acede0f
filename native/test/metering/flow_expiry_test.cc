// When records leave and why: idle, active, end detected, forced, lack of resources; clocks that jump; a full cache.
#include <doctest/doctest.h>

#include <random>

#include "metering/packet_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

PacketBuilder numbered(uint32_t number, uint64_t ns) {
  const Endpoint from = endpoint(172, static_cast<uint8_t>(number >> 16), static_cast<uint8_t>(number >> 8),
                                 static_cast<uint8_t>(number), 1000);
  return PacketBuilder(from, kServer, 17, ns);
}

void checkReason(const KeptRecord& record, EndReason reason, uint64_t packets) {
  CHECK(record.hot.endReason == reason);
  CHECK(record.packets() == packets);
}

}  // namespace

TEST_CASE("expiry: idle by the tick, exactly behind the timeout") {
  CacheFixture fixture;
  fixture.add(udpPacket(true, kBaseNs));
  fixture.add(udpPacket(false, kBaseNs + 10 * kSecond));
  fixture.cache.tick(kBaseNs + 25 * kSecond);
  CHECK(fixture.records().empty());
  fixture.cache.tick(kBaseNs + 25 * kSecond + 200 * kMs);
  REQUIRE(fixture.records().size() == 1);
  checkReason(fixture.records()[0], EndReason::idle, 2);
  CHECK(fixture.cache.counters().flows.get() == 0);
  CHECK(fixture.cache.counters().records[1].get() == 1);
}

TEST_CASE("expiry: idle by packet time, whatever the tick") {
  CacheFixture fixture;
  fixture.add(udpPacket(true, kBaseNs));
  fixture.add(udpPacket(false, kBaseNs + 15 * kSecond));      // still the flow
  fixture.add(udpPacket(false, kBaseNs + 30 * kSecond + 1));  // another, and its sender is the source
  REQUIRE(fixture.records().size() == 1);
  checkReason(fixture.records()[0], EndReason::idle, 2);
  fixture.cache.flush(EndReason::forced);
  checkReason(fixture.records()[1], EndReason::forced, 1);
  CHECK(fixture.records()[1].source() == kServer);
  CHECK(fixture.records()[0].link.flowId != fixture.records()[1].link.flowId);
}

TEST_CASE("expiry: active records are deltas of one flow") {
  CacheFixture fixture(CacheFixture::smallOptions(needsTcp | needsStats));
  for (uint64_t s = 0; s <= 120; s += 10) fixture.add(udpPacket((s / 10) % 2 == 0, kBaseNs + s * kSecond));
  fixture.cache.flush(EndReason::forced);
  REQUIRE(fixture.records().size() == 3);
  checkReason(fixture.records()[0], EndReason::active, 6);
  checkReason(fixture.records()[1], EndReason::active, 6);
  checkReason(fixture.records()[2], EndReason::forced, 1);
  for (uint32_t i = 0; i < 3; i++) {
    const KeptRecord& record = fixture.records()[i];
    CHECK(record.hot.recordIndex == i);
    CHECK(record.link.flowId == fixture.records()[0].link.flowId);
    CHECK(record.link.firstSeenNs == kBaseNs);
    CHECK(record.hot.startNs == kBaseNs + i * 60 * kSecond);
    CHECK(record.source() == kClient);
    if (i < 2) CHECK(record.hot.endNs == kBaseNs + (i * 60 + 50) * kSecond);
  }
  CHECK(fixture.records()[1].stats->firstNs[0] == kBaseNs + 60 * kSecond);
  CHECK(fixture.records()[2].hot.packets[1] == 0);
  CHECK(fixture.records()[2].hot.ttlMin[1] == 255);
  CHECK(fixture.records()[2].stats->firstNs[1] == 0);
}

TEST_CASE("expiry: start of the next record is the next packet, not the cut") {
  CacheFixture fixture;
  for (uint64_t s = 0; s <= 55; s += 5) fixture.add(udpPacket(true, kBaseNs + s * kSecond));
  fixture.cache.tick(kBaseNs + 61 * kSecond);  // the active timeout by the clock alone
  REQUIRE(fixture.records().size() == 1);
  checkReason(fixture.records()[0], EndReason::active, 12);
  fixture.add(udpPacket(true, kBaseNs + 65 * kSecond));
  fixture.cache.tick(kBaseNs + 90 * kSecond);
  REQUIRE(fixture.records().size() == 2);
  checkReason(fixture.records()[1], EndReason::idle, 1);
  CHECK(fixture.records()[1].hot.startNs == kBaseNs + 65 * kSecond);
  CHECK(fixture.records()[1].hot.recordIndex == 1);
}

TEST_CASE("expiry: nothing since the last record, no record; fine and coarse ticks agree") {
  for (const bool fine : {true, false}) {
    CacheFixture fixture;
    for (uint64_t s = 0; s <= 55; s += 5) fixture.add(udpPacket(true, kBaseNs + s * kSecond));
    if (fine) {
      for (uint64_t s = 56; s < 100; s++) fixture.cache.tick(kBaseNs + s * kSecond);
    } else {
      fixture.cache.tick(kBaseNs + 100 * kSecond);
    }
    REQUIRE(fixture.records().size() == 1);
    checkReason(fixture.records()[0], EndReason::active, 12);  // at 60 s, idle would be at 70 s
    CHECK(fixture.cache.counters().flows.get() == 0);
  }
}

TEST_CASE("expiry: FIN both ways ends after the linger, trailing ACKs join") {
  CacheFixture fixture;
  fixture.add(tcpPacket(true, kBaseNs, kTcpSyn, 1));
  fixture.add(tcpPacket(false, kBaseNs + 1 * kMs, kTcpSyn | kTcpAck, 1));
  fixture.add(tcpPacket(true, kBaseNs + 2 * kMs, kTcpFin | kTcpAck, 2));
  fixture.cache.tick(kBaseNs + 5 * kSecond);
  CHECK(fixture.records().empty());  // half closed
  fixture.add(tcpPacket(false, kBaseNs + 6 * kSecond, kTcpFin | kTcpAck, 2));
  fixture.add(tcpPacket(true, kBaseNs + 6 * kSecond + 50 * kMs, kTcpAck, 3));
  fixture.cache.tick(kBaseNs + 8 * kSecond);
  CHECK(fixture.records().empty());
  fixture.cache.tick(kBaseNs + 8 * kSecond + 300 * kMs);
  REQUIRE(fixture.records().size() == 1);
  checkReason(fixture.records()[0], EndReason::endOfFlow, 5);
}

TEST_CASE("expiry: RST ends; behind the linger a packet begins another flow even before the wheel looked") {
  CacheFixture fixture;
  fixture.add(tcpPacket(true, kBaseNs, kTcpSyn, 1));
  fixture.add(tcpPacket(false, kBaseNs + kMs, kTcpRst | kTcpAck, 0));
  fixture.add(tcpPacket(true, kBaseNs + kSecond, kTcpAck, 2));
  CHECK(fixture.records().empty());
  fixture.add(tcpPacket(true, kBaseNs + 4 * kSecond, kTcpAck, 2));
  REQUIRE(fixture.records().size() == 1);
  checkReason(fixture.records()[0], EndReason::endOfFlow, 3);
  CHECK(fixture.cache.counters().flows.get() == 1);
}

TEST_CASE("expiry: on an ended flow a new SYN is a new flow, a repeated one is not") {
  CacheFixture fixture;
  fixture.add(tcpPacket(true, kBaseNs, kTcpSyn, 100));
  fixture.add(tcpPacket(false, kBaseNs + kMs, kTcpRst | kTcpAck, 0));
  fixture.add(tcpPacket(true, kBaseNs + 500 * kMs, kTcpSyn, 100));
  CHECK(fixture.records().empty());
  SUBCASE("from the source") { fixture.add(tcpPacket(true, kBaseNs + 600 * kMs, kTcpSyn, 101)); }
  SUBCASE("from the destination") { fixture.add(tcpPacket(false, kBaseNs + 600 * kMs, kTcpSyn, 100)); }
  REQUIRE(fixture.records().size() == 1);
  checkReason(fixture.records()[0], EndReason::endOfFlow, 3);
  CHECK(fixture.cache.counters().flows.get() == 1);
}

TEST_CASE("expiry: a SYN on a flow that has not ended joins it") {
  CacheFixture fixture;
  fixture.add(tcpPacket(true, kBaseNs, kTcpSyn, 100));
  fixture.add(tcpPacket(true, kBaseNs + kSecond, kTcpSyn, 7'000'000));
  fixture.cache.flush(EndReason::forced);
  REQUIRE(fixture.records().size() == 1);
  CHECK(fixture.records()[0].hot.packets[0] == 2);
}

TEST_CASE("expiry: an entry used again is not touched by references of its former flow") {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.capacity = 1;
  CacheFixture fixture(options);
  fixture.add(tcpPacket(true, kBaseNs, kTcpSyn, 1));               // reference at 15 s
  fixture.add(tcpPacket(false, kBaseNs + kMs, kTcpRst, 1));        // and at 2 s
  fixture.cache.tick(kBaseNs + 3 * kSecond);
  REQUIRE(fixture.records().size() == 1);
  fixture.add(numbered(1, kBaseNs + 14 * kSecond));                // the entry again
  fixture.cache.tick(kBaseNs + 16 * kSecond);                      // the stale reference's bucket
  CHECK(fixture.records().size() == 1);
  fixture.cache.tick(kBaseNs + 29 * kSecond);
  CHECK(fixture.records().size() == 1);
  fixture.cache.tick(kBaseNs + 29 * kSecond + 300 * kMs);
  REQUIRE(fixture.records().size() == 2);
  checkReason(fixture.records()[1], EndReason::idle, 1);
}

TEST_CASE("expiry: more stale references than the wheel holds are swept, none that matters is lost") {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.capacity = 8;
  CacheFixture fixture(options);
  fixture.add(numbered(1, kBaseNs));
  uint64_t ns = kBaseNs;
  // Each connection leaves a stale reference; over 2056 chunks of 254 fill up.
  for (uint32_t i = 0; i < 600'000; i++, ns += 10'000) {
    fixture.add(tcpPacket(true, ns, kTcpSyn, i));
    fixture.add(tcpPacket(false, ns, kTcpRst, 1));
  }
  CHECK(fixture.cache.counters().records[3].get() == 599'999);
  fixture.sink.records.clear();
  fixture.cache.tick(kBaseNs + 15 * kSecond + 300 * kMs);
  CHECK(fixture.cache.counters().records[1].get() == 1);
  CHECK(fixture.cache.counters().records[3].get() == 600'000);
  CHECK(fixture.cache.counters().flows.get() == 0);
}

TEST_CASE("expiry: timeouts beyond the wheel's horizon hold") {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.idleTimeoutNs = 600 * kSecond;
  options.activeTimeoutNs = 3600 * kSecond;
  CacheFixture fixture(options);
  fixture.add(udpPacket(true, kBaseNs));
  for (uint64_t s = 1; s <= 600; s++) fixture.cache.tick(kBaseNs + s * kSecond);
  CHECK(fixture.records().empty());
  fixture.cache.tick(kBaseNs + 601 * kSecond);
  REQUIRE(fixture.records().size() == 1);
  checkReason(fixture.records()[0], EndReason::idle, 1);
}

TEST_CASE("expiry: setTimeouts holds for flows already there") {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.idleTimeoutNs = 600 * kSecond;
  CacheFixture fixture(options);
  fixture.add(udpPacket(true, kBaseNs));
  fixture.cache.setTimeouts(60 * kSecond, 2 * kSecond);
  fixture.cache.tick(kBaseNs + 3 * kSecond);
  REQUIRE(fixture.records().size() == 1);
  checkReason(fixture.records()[0], EndReason::idle, 1);
}

TEST_CASE("expiry: a tick with a limit is gone on with") {
  CacheFixture fixture;
  for (uint32_t i = 0; i < 1000; i++) fixture.add(numbered(i, kBaseNs));
  int calls = 1;
  while (!fixture.cache.tick(kBaseNs + 20 * kSecond, 100)) calls++;
  CHECK(calls >= 4);
  CHECK(fixture.records().size() == 1000);
}

TEST_CASE("expiry: jitter lowers the start, durations are never negative") {
  CacheFixture fixture;
  fixture.add(udpPacket(true, kBaseNs + 10 * kMs));
  fixture.add(udpPacket(false, kBaseNs));
  CHECK(fixture.cache.now() == kBaseNs + 10 * kMs);
  fixture.cache.flush(EndReason::forced);
  REQUIRE(fixture.records().size() == 1);
  CHECK(fixture.records()[0].hot.startNs == kBaseNs);
  CHECK(fixture.records()[0].hot.endNs == kBaseNs + 10 * kMs);
}

TEST_CASE("expiry: a second capture hours earlier starts its own flows, which live their own time") {
  CacheFixture fixture;
  const uint64_t later = kBaseNs + 3 * 3600 * kSecond;
  fixture.add(udpPacket(true, later));
  fixture.add(numbered(1, later));
  fixture.cache.tick(later);
  // The same conversation in a file of three hours before.
  fixture.add(udpPacket(false, kBaseNs));
  REQUIRE(fixture.records().size() == 1);
  checkReason(fixture.records()[0], EndReason::idle, 1);
  for (uint64_t s = 1; s < 14; s++) {
    fixture.cache.tick(kBaseNs + s * kSecond);
    fixture.add(udpPacket(true, kBaseNs + s * kSecond));
  }
  CHECK(fixture.records().size() == 1);  // nothing was expired or split
  fixture.cache.tick(kBaseNs + 16 * kSecond);
  REQUIRE(fixture.records().size() == 2);  // the other flow of before the step, its idle timeout behind it
  CHECK(fixture.records()[1].hot.endNs == later);
  CHECK(fixture.cache.counters().flows.get() == 1);
  fixture.cache.tick(kBaseNs + 40 * kSecond);
  REQUIRE(fixture.records().size() == 3);
  checkReason(fixture.records()[2], EndReason::idle, 14);
}

TEST_CASE("expiry: clocks that leap to and fro without end neither stall nor lose a flow") {
  CacheFixture fixture;
  const uint64_t times[] = {kBaseNs, 0, UINT64_MAX, 5, kBaseNs * 2, uint64_t{1} << 62};
  for (int round = 0; round < 200; round++) {
    for (const uint64_t ns : times) {
      fixture.add(udpPacket(true, ns));
      fixture.add(numbered(static_cast<uint32_t>(round), ns));
      fixture.cache.tick(ns);
    }
  }
  fixture.add(numbered(1'000'000, kBaseNs));
  fixture.cache.tick(kBaseNs);
  fixture.cache.tick(kBaseNs + 20 * kSecond);
  CHECK(fixture.cache.counters().flows.get() == 0);
  uint64_t packets = 0;
  for (const KeptRecord& record : fixture.records()) {
    packets += record.packets();
    CHECK(record.hot.startNs <= record.hot.endNs);
  }
  CHECK(packets == fixture.cache.counters().packets.get());
}

TEST_CASE("expiry: a gap of days in a capture") {
  CacheFixture fixture;
  for (uint32_t day = 0; day < 5; day++) {
    for (uint32_t i = 0; i < 100; i++) fixture.add(numbered(i, kBaseNs + day * 86'400 * kSecond + i * kMs));
    fixture.cache.tick(fixture.cache.now());
    CHECK(fixture.records().size() == day * 100);
  }
}

TEST_CASE("full cache: the flow that is quiet for longest leaves with reason 5") {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.capacity = 16;
  CacheFixture fixture(options);
  for (uint32_t i = 0; i < 16; i++) fixture.add(numbered(i, kBaseNs + i * 500 * kMs));
  for (uint32_t i = 0; i < 16; i++) {
    if (i != 5) fixture.add(numbered(i, kBaseNs + 8 * kSecond + i * 100 * kMs));  // all but 5 are heard of again
  }
  fixture.add(numbered(100, kBaseNs + 10 * kSecond));
  REQUIRE(fixture.records().size() == 1);
  checkReason(fixture.records()[0], EndReason::lackOfResources, 1);
  CHECK(fixture.records()[0].hot.endNs == kBaseNs + 5 * 500 * kMs);
  fixture.add(numbered(101, kBaseNs + 10 * kSecond));
  CHECK(fixture.records()[1].hot.endNs == kBaseNs + 8 * kSecond);
  CHECK(fixture.cache.counters().flows.get() == 16);
}

TEST_CASE("full cache: what is over anyway leaves with its own reason") {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.capacity = 2;
  CacheFixture fixture(options);
  fixture.add(numbered(1, kBaseNs));
  fixture.add(numbered(2, kBaseNs + 10 * kSecond));
  fixture.add(numbered(3, kBaseNs + 20 * kSecond));
  REQUIRE(fixture.records().size() == 1);
  CHECK(fixture.records()[0].hot.endReason == EndReason::idle);
}

TEST_CASE("full cache: capacity 1, with every kind of reference about") {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.capacity = 1;
  CacheFixture fixture(options);
  uint64_t ns = kBaseNs;
  for (uint32_t i = 0; i < 20'000; i++, ns += kMs) {
    fixture.add(numbered(i % 7, ns));
    fixture.add(tcpPacket(true, ns, kTcpSyn, i));
    fixture.add(tcpPacket(false, ns, kTcpRst, i));
  }
  fixture.cache.flush(EndReason::forced);
  const FlowCacheCounters& counters = fixture.cache.counters();
  uint64_t packets = 0;
  for (const KeptRecord& record : fixture.records()) packets += record.packets();
  CHECK(packets == counters.packets.get());
  CHECK(counters.flowsCreated.get() == counters.flowsGone.get());
}

TEST_CASE("full cache: one and a half million flows into one million") {
  struct CountingSink final : RecordSink {
    bool put(const FlowView& view) override {
      packets += view.hot.packets[0];
      lastStart = std::max(lastStart, view.hot.startNs);
      return true;
    }
    uint64_t packets = 0, lastStart = 0;
  } sink;
  FlowCacheOptions options;
  options.capacity = 1'000'000;
  FlowCache cache(options, sink);
  std::vector<Packet> burst;
  for (uint32_t i = 0; i < 1'500'000; i++) {
    burst.push_back(numbered(i, kBaseNs + i * 2'000));
    if (burst.size() == 64 || i == 1'499'999) {
      cache.update(burst);
      cache.tick(cache.now());
      burst.clear();
    }
  }
  CHECK(cache.counters().flows.get() == 1'000'000);
  CHECK(cache.counters().records[5].get() == 500'000);
  CHECK(sink.lastStart < kBaseNs + 1'200 * kMs);  // the oldest third, to a bucket
  cache.flush(EndReason::forced);
  CHECK(sink.packets == 1'500'000);
  CHECK(cache.counters().records[4].get() == 1'000'000);
}
