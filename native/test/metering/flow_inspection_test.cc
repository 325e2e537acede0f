// What is inside flows, from packets into records: result and facts stay with the flow, and go with it.
#include <doctest/doctest.h>

#include "fields/flow_facts.h"
#include "metering/inspected_frames.h"

using namespace weir;
using namespace weir::test;

namespace {

uint64_t allRecords(FlowCache& cache) {
  uint64_t sum = 0;
  for (const Counter& count : cache.counters().records) sum += count.get();
  return sum;
}

bool haveNdpi() {
  const DpiAvailability found = dpiAvailability();
  if (!found.available) MESSAGE("skipped: " << found.reason);
  return found.available;
}

}  // namespace

TEST_CASE("inspection: a record says what was asked in its flow") {
  InspectedCache inspected(inspecting(needsDns));
  inspected.add(dnsQuery(4000, "alpha"), kBaseNs);
  inspected.add(dnsQuery(4001, "beta"), kBaseNs + kMs);
  inspected.cache().flush(EndReason::forced);
  REQUIRE(inspected.records().size() == 2);
  for (const KeptRecord& record : inspected.records()) {
    REQUIRE(record.application.has_value());
    CHECK((record.application->flags & kSettled) != 0);
    CHECK(facts::find(record.facts, Fact::dnsQuery) ==
          (record.source().port == 4000 ? "alpha.example" : "beta.example"));
  }
  CHECK(inspected.keepsNothing());
}

TEST_CASE("inspection: without an inspector records have no application") {
  CacheFixture fixture(CacheFixture::smallOptions(kApplicationNeeds));
  fixture.add(udpPacket(true, kBaseNs));
  fixture.cache.flush(EndReason::forced);
  REQUIRE(fixture.records().size() == 1);
  CHECK_FALSE(fixture.records()[0].application.has_value());
  CHECK(fixture.records()[0].facts.empty());
  CHECK(fixture.records()[0].hot.endReason == EndReason::forced);
}

TEST_CASE("inspection: all records of a flow tell what its first packets told") {
  InspectedCache inspected(inspecting(needsHttp | (dpiAvailability().available ? needsLabel : 0u)));
  inspected.add(httpRequest(), kBaseNs);
  inspected.add(httpSegment(false, 1, "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n"), kBaseNs + kMs);
  for (uint64_t second = 10; second <= 130; second += 10) {
    inspected.add(httpSegment(true, static_cast<uint32_t>(100 + second), "more"), kBaseNs + second * kSecond);
  }
  inspected.cache().flush(EndReason::forced);
  REQUIRE(inspected.records().size() == 3);  // active timeout of a minute
  for (const KeptRecord& record : inspected.records()) {
    CHECK(facts::find(record.facts, Fact::httpHost) == "www.example");
    CHECK(facts::number(record.facts, Fact::httpStatus) == 404);
    CHECK(record.application->application == inspected.records()[0].application->application);
    if (dpiAvailability().available) CHECK((record.application->application | record.application->master) != 0);
  }
  CHECK(inspected.records()[0].hot.endReason == EndReason::active);
  CHECK(inspected.records()[2].hot.recordIndex == 2);
  CHECK(inspected.keepsNothing());
}

TEST_CASE("inspection: a record that leaves in between says what is known so far") {
  InspectedCache inspected(inspecting(needsHttp));
  inspected.add(httpRequest(), kBaseNs);
  inspected.add(httpSegment(true, 61, "x"), kBaseNs + 14 * kSecond);
  for (uint64_t second = 28; second <= 70; second += 14) {
    inspected.add(httpSegment(true, static_cast<uint32_t>(52 + second), "x"), kBaseNs + second * kSecond);
  }
  REQUIRE(inspected.records().size() == 1);
  CHECK(facts::find(inspected.records()[0].facts, Fact::httpUrl) == "/index");
  inspected.add(httpSegment(false, 1, "HTTP/1.1 200 OK\r\nServer: weir\r\n\r\n"), kBaseNs + 71 * kSecond);
  inspected.cache().flush(EndReason::forced);
  REQUIRE(inspected.records().size() == 2);
  CHECK(facts::number(inspected.records()[1].facts, Fact::httpStatus) == 200);
  CHECK(facts::find(inspected.records()[1].facts, Fact::httpUrl) == "/index");
  CHECK(inspected.keepsNothing());
}

TEST_CASE("inspection: flows that are driven out of a full cache leave nothing behind") {
  InspectedCache inspected(inspecting(needsDns));
  for (unsigned i = 0; i < 5000; i++) {
    inspected.add(dnsQuery(static_cast<uint16_t>(1024 + i), "name" + std::to_string(i)), kBaseNs + i * 1000);
  }
  CHECK(inspected.cache().counters().records[static_cast<size_t>(EndReason::lackOfResources)].get() == 5000 - 1024);
  CHECK_FALSE(inspected.keepsNothing());
  inspected.cache().flush(EndReason::forced);
  CHECK(inspected.keepsNothing());
  for (const KeptRecord& record : inspected.records()) {
    CHECK(facts::find(record.facts, Fact::dnsQuery) ==
          "name" + std::to_string(record.source().port - 1024) + ".example");
  }
}

TEST_CASE("inspection: what the sink refuses and what expires is given back, too") {
  InspectedCache inspected(inspecting(needsDns));
  inspected.fixture.sink.refuse = true;
  for (uint16_t port = 1; port <= 100; port++) inspected.add(dnsQuery(port, "alpha"), kBaseNs);
  inspected.cache().tick(kBaseNs + 20 * kSecond);
  CHECK(inspected.cache().counters().flows.get() == 0);
  CHECK(inspected.keepsNothing());
}

TEST_CASE("inspection: a flow that leaves without another record is given back") {
  InspectedCache inspected(inspecting(needsDns));
  inspected.add(dnsQuery(4000, "alpha"), kBaseNs);
  inspected.cache().setTimeouts(5 * kSecond, 60 * kSecond);
  inspected.cache().tick(kBaseNs + 10 * kSecond);
  CHECK(inspected.records().size() == 1);
  CHECK(inspected.cache().counters().flows.get() == 1);
  inspected.cache().tick(kBaseNs + 100 * kSecond);
  CHECK(inspected.records().size() == 1);
  CHECK(inspected.cache().counters().flows.get() == 0);
  CHECK(inspected.keepsNothing());
}

TEST_CASE("inspection: flows that sampling leaves out are not looked into") {
  FlowCacheOptions options = CacheFixture::smallOptions();
  options.flowSampling = 4;
  InspectedCache inspected(inspecting(needsDns), options);
  for (uint16_t port = 1; port <= 400; port++) inspected.add(dnsQuery(port, "alpha"), kBaseNs);
  inspected.cache().flush(EndReason::forced);
  const FlowCacheCounters& counters = inspected.cache().counters();
  CHECK(counters.recordsNotSelected.get() > 200);
  CHECK(counters.recordsNotSelected.get() + inspected.records().size() == 400);
  for (const KeptRecord& record : inspected.records()) {
    CHECK(facts::find(record.facts, Fact::dnsQuery) == "alpha.example");
  }
  DpiCounters& dpi = inspected.inspector.counters();
  CHECK(dpi.classified.get() + dpi.givenUp.get() + dpi.guessed.get() <= inspected.records().size());
  CHECK(inspected.keepsNothing());
}

TEST_CASE("inspection: the filter leaves records of other applications out, and counts them") {
  if (!haveNdpi()) return;
  DpiOptions options = inspecting(needsLabel);
  options.filter = "dns";
  InspectedCache inspected(options);
  for (uint16_t port = 4000; port < 4020; port++) inspected.add(dnsQuery(port, "alpha"), kBaseNs);
  inspected.add(httpRequest(), kBaseNs);
  inspected.add(httpSegment(false, 1, "HTTP/1.1 200 OK\r\n\r\n"), kBaseNs + kMs);
  inspected.cache().flush(EndReason::forced);
  CHECK(inspected.records().size() == 20);
  CHECK(inspected.cache().counters().recordsNotWanted.get() == 1);
  CHECK(allRecords(inspected.cache()) == 20);
  CHECK(inspected.keepsNothing());
}

TEST_CASE("inspection: the block of an entry that is used again begins anew") {
  InspectedCache inspected(inspecting(needsDns | needsHttp));
  inspected.add(dnsQuery(4000, "alpha"), kBaseNs);
  inspected.cache().tick(kBaseNs + 20 * kSecond);
  inspected.add(httpRequest(), kBaseNs + 30 * kSecond);
  inspected.cache().flush(EndReason::forced);
  REQUIRE(inspected.records().size() == 2);
  CHECK(facts::find(inspected.records()[1].facts, Fact::dnsQuery).empty());
  CHECK(facts::find(inspected.records()[1].facts, Fact::httpHost) == "www.example");
}
