// Packet and flow sampling in workers with threads: frames = metered + ignored by reason, whatever is left out.
#include <doctest/doctest.h>

#include <array>
#include <numeric>

#include "../capture/capture_bytes.h"
#include "metering/list_source.h"
#include "metering/meter.h"
#include "metering/packet_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

WorkerOptions optionsFor(uint32_t interval, bool random = false) {
  WorkerOptions options;
  options.cache.capacity = 4096;
  options.cache.packetSampling = interval;
  options.ring.waitWhenFull = false;
  options.sampling = {interval, random, 7};
  return options;
}

// `count` UDP frames a millisecond apart, in turn over 50 conversations; each tenth is no IP.
std::vector<ListSource::Entry> mixedFrames(size_t count) {
  std::vector<ListSource::Entry> entries;
  for (size_t i = 0; i < count; i++) {
    Octets frame = udpFrame(static_cast<uint16_t>(1000 + i % 50));
    if (i % 10 == 0) frame[12] = 0x88, frame[13] = 0xcc;  // LLDP
    entries.push_back({kBaseNs + i * kMs, frame});
  }
  return entries;
}

uint64_t outcome(Worker& worker, Outcome which) {
  return worker.decoder().frames[static_cast<size_t>(which)].get();
}

uint64_t allOutcomes(Worker& worker) {
  uint64_t sum = 0;
  for (const Counter& count : worker.decoder().frames) sum += count.get();
  return sum;
}

uint64_t recordsOf(Worker& worker) {
  uint64_t sum = 0;
  for (const Counter& count : worker.cache().records) sum += count.get();
  return sum;
}

}  // namespace

TEST_CASE("worker: frames left out by sampling are counted, in both modes, to the frame") {
  for (const bool random : {false, true}) {
    Worker worker(optionsFor(7, random), sourceOf(mixedFrames(1000)), [] {});
    worker.start();
    waitFor(worker);
    CHECK(worker.sourceSums().frames == 1000);
    const uint64_t taken = 1000 - outcome(worker, Outcome::notSampled);
    CHECK(taken >= 1000 / 7);
    CHECK(taken <= 1000 / 7 + 1);
    CHECK(outcome(worker, Outcome::metered) + outcome(worker, Outcome::notIp) == taken);
    CHECK(allOutcomes(worker) == 1000);
    CHECK(worker.cache().packets.get() == outcome(worker, Outcome::metered));
    // frames 6, 13, ... 993; those with a 0 at the end are no IP: 20, 90, ... 930
    if (!random) CHECK(outcome(worker, Outcome::metered) == 142 - 14);
  }
}

TEST_CASE("worker: without sampling no frame is left out") {
  Worker worker(optionsFor(1), sourceOf(mixedFrames(1000)), [] {});
  worker.start();
  waitFor(worker);
  CHECK(outcome(worker, Outcome::metered) == 900);
  CHECK(outcome(worker, Outcome::notSampled) == 0);
}

TEST_CASE("worker: the clock of a file goes on by frames that are left out") {
  std::vector<ListSource::Entry> entries;
  for (unsigned i = 0; i < 100; i++) entries.push_back({kBaseNs + i * kMs, udpFrame(53)});
  for (unsigned i = 0; i < 99; i++) entries.push_back({kBaseNs + 100 * kSecond, udpFrame(99)});
  Worker worker(optionsFor(100), sourceOf(entries), [] {});
  worker.start();
  waitFor(worker);
  CHECK(outcome(worker, Outcome::metered) == 1);
  CHECK(outcome(worker, Outcome::notSampled) == 198);
  CHECK(worker.cache().records[static_cast<size_t>(EndReason::idle)].get() == 1);  // not forced, at the end
  CHECK(recordsOf(worker) == 1);
}

TEST_CASE("workers of a team: packets that are handed over are counted once, those left out too") {
  for (const bool random : {false, true}) {
    constexpr unsigned kTeam = 3;
    std::vector<std::unique_ptr<Worker>> workers;
    for (unsigned i = 0; i < kTeam; i++) {
      WorkerOptions options = optionsFor(5, random);
      options.index = i;
      options.team = kTeam;
      options.sampling.seed += i;
      options.placementKnown = [] { return true; };
      workers.push_back(std::make_unique<Worker>(options, sourceOf(mixedFrames(2000)), [] {}));
    }
    std::vector<Worker*> team;
    for (auto& worker : workers) team.push_back(worker.get());
    auto allDone = std::make_shared<std::latch>(kTeam);
    for (auto& worker : workers) worker->joinTeam(team, allDone);
    for (auto& worker : workers) worker->start();
    for (auto& worker : workers) waitFor(*worker);
    uint64_t frames = 0, metered = 0, notSampled = 0, outcomes = 0, packets = 0;
    for (auto& worker : workers) {
      frames += worker->sourceSums().frames;
      metered += outcome(*worker, Outcome::metered);
      notSampled += outcome(*worker, Outcome::notSampled);
      outcomes += allOutcomes(*worker);
      packets += worker->cache().packets.get();
    }
    CHECK(frames == kTeam * 2000);
    CHECK(outcomes == frames);
    CHECK(notSampled == frames - frames / 5);
    CHECK(packets == metered);
    // Every 5th frame is the last of five: 4, 9, 14 ... so half of them end on 9, half on 4, none on 0.
    if (!random) CHECK(metered == frames / 5);
  }
}

TEST_CASE("meter: sampling options reach the worker, counters are summed, records carry the rate") {
  Writer file;
  file.pcapHeader();
  for (uint32_t i = 0; i < 1000; i++) {
    const Octets frame = udpFrame(static_cast<uint16_t>(1000 + i % 40));
    file.record(1'700'000'000 + i / 100, 0, frame, static_cast<uint32_t>(frame.size()));
  }
  const TemporaryFile stored(file.out);
  MeterOptions options;
  options.sources = {{SourceSpec::file, stored.path(), ""}};
  options.cache.capacity = 4096;
  options.sampling.interval = 3;
  options.flowSampling = 2;
  options.upscale = true;
  Meter meter(options, [] {});
  meter.start();
  while (!meter.finished()) std::this_thread::yield();
  std::vector<uint8_t> records(64 * meter.stride()), heap(64);
  BatchBuffer batch{records.data(), meter.stride(), 64, heap.data(), heap.size()};
  meter.take(batch);
  const MeterCounters counters = meter.counters();
  CHECK(counters.source.frames == 1000);
  CHECK(counters.outcomes[static_cast<size_t>(Outcome::metered)] == 333);
  CHECK(counters.outcomes[static_cast<size_t>(Outcome::notSampled)] == 667);
  CHECK(counters.flowsCreated == 40);
  CHECK(counters.recordsNotSelected > 0);
  CHECK(batch.count + counters.recordsNotSelected == 40);
  CHECK(counters.recordsDropped == 0);
  CHECK(std::accumulate(counters.records.begin(), counters.records.end(), uint64_t{0}) == batch.count);
  for (uint32_t i = 0; i < batch.count; i++) {
    FlowHot hot;
    std::memcpy(&hot, records.data() + i * meter.stride(), sizeof hot);
    CHECK(hot.sampling == 3);
    CHECK(hot.scale == 3);
    CHECK(hot.packets[0] % 3 == 0);
    CHECK(hot.octets[0] == hot.packets[0] * uint64_t{28});
  }
}
