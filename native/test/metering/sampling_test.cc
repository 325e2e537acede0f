// Which packets and flows sampling takes, and what up-scaled records say.
#include "metering/sampling.h"

#include <doctest/doctest.h>

#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "packet_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

// Positions that a sampler takes of `frames` frames, given to it in bursts of these sizes, over and over.
std::vector<uint64_t> chosen(const PacketSamplingOptions& options, uint64_t frames, std::vector<size_t> bursts = {64}) {
  PacketSampler sampler(options);
  std::vector<uint64_t> taken;
  for (uint64_t at = 0, turn = 0; at < frames; turn++) {
    std::vector<Frame> burst(std::min<uint64_t>(bursts[turn % bursts.size()], frames - at));
    for (Frame& frame : burst) frame.ns = at++;
    const size_t kept = sampler.select(burst);
    for (size_t i = 0; i < kept; i++) taken.push_back(burst[i].ns);
  }
  return taken;
}

// 64 UDP conversations, three packets there and one back each in every minute of five.
void addConversations(CacheFixture& fixture) {
  for (uint64_t minute = 0; minute < 5; minute++) {
    for (unsigned packet = 0; packet < 4; packet++) {
      for (uint8_t flow = 0; flow < 64; flow++) {
        const Endpoint client = endpoint(10, 0, 0, 200, static_cast<uint16_t>(1000 + flow));
        const Endpoint server = endpoint(10, 0, flow, 2, 53);
        const uint64_t ns = kBaseNs + minute * 60 * kSecond + packet * 10 * kSecond;
        PacketBuilder built(packet == 3 ? server : client, packet == 3 ? client : server, 17, ns);
        fixture.add(built.payload(100));
      }
    }
  }
  fixture.cache.flush(EndReason::forced);
}

FlowCacheOptions sampling(uint32_t flowSampling) {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.activeTimeoutNs = 60 * kSecond;
  options.idleTimeoutNs = 45 * kSecond;
  options.flowSampling = flowSampling;
  return options;
}

}  // namespace

TEST_CASE("sampling: systematic takes every Nth frame whatever the bursts are") {
  CHECK(chosen({3, false, 0}, 10) == std::vector<uint64_t>{2, 5, 8});
  CHECK(chosen({3, false, 0}, 10, {1}) == std::vector<uint64_t>{2, 5, 8});
  CHECK(chosen({100, false, 0}, 350, {7, 64, 1}) == std::vector<uint64_t>{99, 199, 299});
  CHECK(chosen({1000, false, 0}, 999).empty());
  std::vector<uint64_t> all(200);
  std::iota(all.begin(), all.end(), 0);
  CHECK(chosen({1, false, 0}, 200) == all);
  CHECK(chosen({0, true, 5}, 200) == all);
  CHECK_FALSE(PacketSampler({1, true, 5}).active());
  CHECK(PacketSampler({2, true, 5}).active());
}

TEST_CASE("sampling: random takes one frame of each N, every position as often") {
  constexpr uint64_t kInterval = 10, kRounds = 20'000;
  const std::vector<uint64_t> taken = chosen({kInterval, true, 42}, kInterval * kRounds, {64, 3, 17});
  REQUIRE(taken.size() == kRounds);
  std::map<uint64_t, uint64_t> positions;
  for (uint64_t i = 0; i < kRounds; i++) {
    REQUIRE(taken[i] / kInterval == i);
    positions[taken[i] % kInterval]++;
  }
  for (uint64_t position = 0; position < kInterval; position++) {
    CHECK(positions[position] > kRounds / kInterval * 9 / 10);
    CHECK(positions[position] < kRounds / kInterval * 11 / 10);
  }
}

TEST_CASE("sampling: a seed makes a choice, another seed another one") {
  const std::vector<uint64_t> taken = chosen({100, true, 42}, 10'000);
  CHECK(taken == chosen({100, true, 42}, 10'000, {1, 5}));
  CHECK(taken != chosen({100, true, 43}, 10'000));
  CHECK(chosen({UINT32_MAX, true, 1}, 1000).size() <= 1);
}

TEST_CASE("sampling: of a flow all records go or none, and the rest is counted") {
  CacheFixture all(sampling(1));
  addConversations(all);
  CHECK(all.records().size() == 64 * 5);
  CHECK(all.cache.counters().recordsNotSelected.get() == 0);

  CacheFixture some(sampling(4));
  addConversations(some);
  std::map<Endpoint, unsigned, decltype([](const Endpoint& a, const Endpoint& b) { return a.port < b.port; })> flows;
  for (const KeptRecord& record : some.records()) {
    CHECK(record.hot.packets[0] == 3);
    CHECK(record.hot.packets[1] == 1);
    flows[record.source()]++;
  }
  for (const auto& [source, records] : flows) CHECK(records == 5);
  CHECK(flows.size() > 4);  // 16 of 64 are expected
  CHECK(flows.size() < 32);
  FlowCacheCounters& counters = some.cache.counters();
  CHECK(counters.recordsNotSelected.get() == (64 - flows.size()) * 5);
  uint64_t records = 0;
  for (const Counter& reason : counters.records) records += reason.get();
  CHECK(records == some.records().size());
  CHECK(counters.packets.get() == 64 * 5 * 4);
  CHECK(counters.flowsCreated.get() == 64);
}

TEST_CASE("sampling: a flow is chosen in the share that was asked for") {
  uint64_t selected = 0;
  for (uint32_t i = 0; i < 100'000; i++) {
    FlowKey key{};
    key.port[0] = static_cast<uint16_t>(i);
    key.port[1] = static_cast<uint16_t>(i >> 16);
    if (isSelected(hashKey(key, HashSeed{}), 50)) selected++;
  }
  CHECK(selected > 1800);
  CHECK(selected < 2200);
  CHECK(isSelected(UINT32_MAX, 1));
  CHECK(isSelected(0, UINT32_MAX));
  CHECK_FALSE(isSelected(UINT32_MAX, 2));
}

TEST_CASE("sampling: records say the rate; with up-scaling their sums stand for all packets, the cache's do not") {
  for (const bool upscale : {false, true}) {
    FlowCacheOptions options = CacheFixture::smallOptions(needsStats);
    options.packetSampling = 100;
    options.upscale = upscale;
    CacheFixture fixture(options);
    fixture.add(udpPacket(true, kBaseNs, 100));
    fixture.add(udpPacket(true, kBaseNs + kSecond, 300));
    fixture.add(udpPacket(false, kBaseNs + 2 * kSecond, 1000));
    fixture.cache.flush(EndReason::forced);
    REQUIRE(fixture.records().size() == 1);
    const KeptRecord& record = fixture.records().front();
    const uint64_t factor = upscale ? 100 : 1;
    CHECK(record.hot.sampling == 100);
    CHECK(record.hot.scale == factor);
    CHECK(record.hot.packets[0] == 2 * factor);
    CHECK(record.hot.packets[1] == 1 * factor);
    CHECK(record.hot.octets[0] == (128 + 328) * factor);
    CHECK(record.hot.octets[1] == 1028 * factor);
    CHECK(record.hot.payloadOctets[0] == 400 * factor);
    CHECK(record.hot.payloadOctets[1] == 1000 * factor);
    REQUIRE(record.stats.has_value());
    CHECK(record.stats->sizeSquares[0] == (128 * 128 + 328 * 328) * factor);
    CHECK(record.stats->sizeClasses[0] == 1 * factor);
    CHECK(record.stats->sizeMax[1] == 1028);
    CHECK(record.stats->gapMaxUs[0] == 1'000'000);
    CHECK(fixture.cache.counters().packets.get() == 3);
    CHECK(fixture.cache.counters().octets.get() == 128 + 328 + 1028);
  }
}

TEST_CASE("sampling: up-scaled counters stay at the largest number, later records start anew") {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.packetSampling = UINT32_MAX;
  options.upscale = true;
  options.activeTimeoutNs = 10 * kSecond;
  CacheFixture fixture(options);
  for (uint64_t i = 0; i < 2; i++) fixture.add(udpPacket(true, kBaseNs + i * kSecond, 65'000));
  fixture.add(udpPacket(true, kBaseNs + 11 * kSecond, 100));
  fixture.cache.flush(EndReason::forced);
  REQUIRE(fixture.records().size() == 2);
  CHECK(fixture.records()[0].hot.packets[0] == UINT32_MAX);
  CHECK(fixture.records()[0].hot.octets[0] == uint64_t{2} * 65'028 * UINT32_MAX);
  CHECK(fixture.records()[1].hot.packets[0] == UINT32_MAX);
  CHECK(fixture.records()[1].hot.octets[0] == uint64_t{128} * UINT32_MAX);
  uint64_t octets = UINT64_MAX / 2;
  multiply(octets, 3);
  CHECK(octets == UINT64_MAX);
}
