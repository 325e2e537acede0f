// What is inside flows through workers and the Meter: packets that are handed over take their octets along.
#include <doctest/doctest.h>

#include "metering/inspected_frames.h"
#include "metering/list_source.h"
#include "metering/meter.h"

using namespace weir;
using namespace weir::test;

namespace {

std::vector<ListSource::Entry> queries(unsigned count) {
  std::vector<ListSource::Entry> entries;
  for (unsigned i = 0; i < count; i++) {
    FrameBuilder query = dnsQuery(static_cast<uint16_t>(1000 + i), "name" + std::to_string(i));
    entries.push_back({kBaseNs + i * kMs, octetsOf(query)});
  }
  return entries;
}

// Every record of the ring says what its flow asked; returns how many they are.
uint32_t checkRecords(RecordRing& ring) {
  constexpr size_t kStride = recordStride(needsDns);
  std::vector<uint8_t> records(kStride * 1024), heap(1u << 20);
  BatchBuffer batch{records.data(), kStride, 1024, heap.data(), heap.size()};
  ring.take(batch);
  for (uint32_t i = 0; i < batch.count; i++) {
    FlowRecord record{};
    std::memcpy(static_cast<void*>(&record), records.data() + i * kStride, kStride);
    CHECK(facts::find(facts::of(record, heap.data()), Fact::dnsQuery) ==
          "name" + std::to_string(record.hot.key.port[0] - 1000) + ".example");
  }
  return batch.count;
}

MeterOptions meterOptions(const std::string& path, uint32_t needs) {
  MeterOptions options;
  options.sources = {{SourceSpec::file, path, ""}};
  options.cache.capacity = 4096;
  options.cache.needs = needs;
  return options;
}

Octets captureOf(const std::vector<ListSource::Entry>& entries) {
  Writer file;
  file.pcapHeader();
  for (const ListSource::Entry& entry : entries) {
    file.record(1'700'000'000, 0, entry.octets, static_cast<uint32_t>(entry.octets.size()));
  }
  return file.out;
}

void waitFor(Meter& meter) {
  while (!meter.finished()) std::this_thread::yield();
}

}  // namespace

TEST_CASE("workers of a team: what is in a packet that is handed over is read by the flow's worker") {
  constexpr unsigned kTeam = 2, kFlows = 300;
  const auto engine = std::make_shared<const DpiEngine>(inspecting(needsDns));
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < kTeam; i++) {
    WorkerOptions options;
    options.cache.capacity = 4096;
    options.cache.needs = options.ring.needs = needsDns;
    options.dpi = engine;
    options.index = i;
    options.team = kTeam;
    options.placementKnown = [] { return true; };
    workers.push_back(std::make_unique<Worker>(options, sourceOf(i == 0 ? queries(kFlows) : queries(0)), [] {}));
  }
  const std::vector<Worker*> team{workers[0].get(), workers[1].get()};
  auto allDone = std::make_shared<std::latch>(kTeam);
  for (auto& worker : workers) worker->joinTeam(team, allDone);
  for (auto& worker : workers) worker->start();
  for (auto& worker : workers) waitFor(*worker);
  const uint32_t own = checkRecords(workers[0]->ring()), handed = checkRecords(workers[1]->ring());
  CHECK(own > 0);
  CHECK(handed > 0);
  CHECK(own + handed == kFlows);
  for (auto& worker : workers) {
    CHECK(worker->misplaced() == 0);
    CHECK(worker->dpi()->states.get() == 0);
    CHECK(worker->dpi()->factsOctets.get() == 0);
  }
}

TEST_CASE("meter: with DPI records say what is inside, without it their block is empty") {
  const TemporaryFile stored(captureOf(queries(50)));
  for (const bool on : {true, false}) {
    MeterOptions options = meterOptions(stored.path(), needsDns);
    if (on) options.dpi.emplace();
    Meter meter(options, [] {});
    CHECK(meter.stride() == recordStride(needsDns));
    meter.start();
    waitFor(meter);
    std::vector<uint8_t> records(meter.stride() * 64), heap(1u << 16);
    BatchBuffer batch{records.data(), meter.stride(), 64, heap.data(), heap.size()};
    meter.take(batch);
    CHECK(batch.count == 50);
    CHECK((batch.heapUsed != 0) == on);
    for (uint32_t i = 0; i < batch.count; i++) {
      FlowApplication application;
      std::memcpy(&application, records.data() + i * meter.stride() + offsetof(FlowRecord, application), sizeof application);
      CHECK((application.facts.length != 0) == on);
      CHECK((application.flags != 0) == on);
    }
    const MeterCounters counters = meter.counters();
    CHECK(counters.recordsNotWanted == 0);
    CHECK(counters.dpi.states == 0);
    CHECK(counters.dpi.factsOctets == 0);
    meter.reloadDpi();
  }
}

TEST_CASE("meter: every record is taken, dropped, not selected or not wanted") {
  if (!dpiAvailability().available) {
    MESSAGE("skipped: " << dpiAvailability().reason);
    return;
  }
  std::vector<ListSource::Entry> entries = queries(50);
  FrameBuilder request = httpRequest();
  entries.push_back({0, octetsOf(request)});
  const TemporaryFile stored(captureOf(entries));
  MeterOptions options = meterOptions(stored.path(), needsNothingMore);
  options.dpi.emplace();
  options.dpi->filter = "!dns";
  Meter meter(options, [] {});
  CHECK(meter.stride() == recordStride(needsLabel));  // the filter wants to know
  meter.start();
  waitFor(meter);
  std::vector<uint8_t> records(meter.stride() * 64), heap(1u << 16);
  BatchBuffer batch{records.data(), meter.stride(), 64, heap.data(), heap.size()};
  meter.take(batch);
  const MeterCounters counters = meter.counters();
  CHECK(batch.count == 1);
  CHECK(counters.recordsNotWanted == 50);
  CHECK(counters.flowsCreated == 51);
  CHECK(counters.dpi.packets >= 50);
}
