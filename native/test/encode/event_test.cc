// Events and flow records in one batch: who writes which, one record an event, and shares by process.
#include <cstring>

#include "encode/encode_fixture.h"
#include "encode/plan.h"
#include "fields/endpoint_profile.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr uint32_t maskOf(EventType type) { return 1u << static_cast<unsigned>(type); }

// An event of a process; without packets, as events are.
void addEvent(TestBatch& batch, EventType type, uint32_t processId) {
  EndpointProfile profile;
  std::memset(static_cast<void*>(&profile), 0, sizeof profile);
  profile.processId = processId;
  FlowRecord record = sampleRecord4();
  record.hot.packets[0] = record.hot.packets[1] = 0;
  record.hot.key.port[0] = static_cast<uint16_t>(processId);
  record.endpoint.event = type;
  record.endpoint.profile[0] = static_cast<uint32_t>(batch.heap.size()) + 1;
  batch.heap.append(reinterpret_cast<const char*>(&profile), sizeof profile);
  batch.records.push_back(record);
}

TestBatch mixedBatch() {
  TestBatch batch;
  addEvent(batch, EventType::connect, 1);
  batch.records.push_back(sampleRecord4());
  addEvent(batch, EventType::exec, 2);
  addEvent(batch, EventType::exit, 3);
  batch.records.push_back(sampleRecord4());
  batch.records.push_back(sampleRecord4());
  return batch;
}

std::string portsIn(EncoderSpec::Format format, uint32_t eventMask, bool biflow = true) {
  EncoderSpec spec = lineSpec(format, {{kSourcePort, "p"}});
  spec.eventMask = eventMask;
  spec.biflow = biflow;
  return linesOf(spec, mixedBatch());
}

}  // namespace

TEST_CASE("events: without a mask flow records only, with one the events it names, one line each") {
  const std::string flows = "{\"p\":40000}\n{\"p\":40000}\n{\"p\":40000}\n";
  CHECK(portsIn(EncoderSpec::Format::json, 0) == flows);
  CHECK(portsIn(EncoderSpec::Format::json, maskOf(EventType::exec)) == "{\"p\":2}\n");
  CHECK(portsIn(EncoderSpec::Format::json, maskOf(EventType::connect) | maskOf(EventType::exit)) ==
        "{\"p\":1}\n{\"p\":3}\n");
  CHECK(portsIn(EncoderSpec::Format::json, maskOf(EventType::connect) | maskOf(EventType::exit), false) ==
        "{\"p\":1}\n{\"p\":3}\n");
  CHECK(portsIn(EncoderSpec::Format::text, maskOf(EventType::exit)) == "p=3\n");
  CHECK(portsIn(EncoderSpec::Format::json, maskOf(EventType::listen)).empty());
}

TEST_CASE("events: lines leave out what is 0 though flows show it") {
  TestBatch batch;
  addEvent(batch, EventType::fork, 9);
  batch.records[0].hot.key.protocol = 0;
  EncoderSpec spec = lineSpec(EncoderSpec::Format::json, {{kProtocol, "protocol"}, {kSourcePort, "p"}});
  spec.eventMask = maskOf(EventType::fork);
  CHECK(linesOf(spec, batch) == "{\"p\":9}\n");
}

TEST_CASE("events: messages hold what was asked for, and the rest counts as elsewhere") {
  const TestBatch batch = mixedBatch();
  for (const bool biflow : {true, false}) {
    for (const bool fixed : {true, false}) {
      CAPTURE(biflow);
      CAPTURE(fixed);
      EncoderSpec spec = wireSpec({wireField(kSourcePort, 2)});
      if (!fixed) spec.fields4.push_back(wireField(kList, kVariableLength));
      spec.biflow = biflow;
      spec.eventMask = maskOf(EventType::connect) | maskOf(EventType::exit);
      const Encoded events = encodeOnce(*makeEncoder(spec, {}, table()), batch.view());
      CHECK(events.result.records == 6);
      CHECK(events.result.elsewhere == 4);
      CHECK(events.result.dataRecords == 2);
      spec.eventMask = 0;
      const Encoded flows = encodeOnce(*makeEncoder(spec, {}, table()), batch.view());
      CHECK(flows.result.records == 6);
      CHECK(flows.result.elsewhere == 3);
      CHECK(flows.result.dataRecords == (biflow ? 3 : 6));
    }
  }
}

TEST_CASE("events: a little room at a time gives the same records") {
  const TestBatch batch = mixedBatch();
  EncoderSpec spec = wireSpec({wireField(kSourcePort, 2), wireField(kOctets, 8)});
  const auto encoder = makeEncoder(spec, {}, table());
  uint32_t first = 0, dataRecords = 0, elsewhere = 0;
  while (first < batch.view().count) {
    const Encoded part = encodeOnce(*encoder, batch.view(), 16 + 4 + 10, 1, first);
    REQUIRE(part.result.records > 0);
    first += part.result.records;
    dataRecords += part.result.dataRecords;
    elsewhere += part.result.elsewhere;
  }
  CHECK(dataRecords == 3);
  CHECK(elsewhere == 3);
}

TEST_CASE("events: shares go by the process alone, and evenly") {
  TestBatch batch;
  for (uint32_t process = 1; process <= 4000; process++) {
    addEvent(batch, EventType::exec, process);
    addEvent(batch, EventType::connect, process);
    batch.records.back().hot.key.port[0] = static_cast<uint16_t>(~process);
  }
  uint32_t seen = 0;
  for (uint32_t share = 0; share < 4; share++) {
    EncoderSpec spec;
    spec.share = share;
    spec.shareOf = 4;
    spec.eventMask = maskOf(EventType::exec) | maskOf(EventType::connect);
    const Selection selection(spec);
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch.view().count; i += 2) {
      CHECK(selection.takes(batch.view(), i) == selection.takes(batch.view(), i + 1));
      count += selection.takes(batch.view(), i) ? 1 : 0;
    }
    CHECK(count > 850);
    CHECK(count < 1150);
    seen += count;
  }
  CHECK(seen == 4000);
}

TEST_CASE("events: a batch without the block has none, and one is needed to write them; NetFlow v5 has no place") {
  TestBatch batch;
  batch.records.push_back(sampleRecord4());
  BatchView narrow = batch.view();
  narrow.stride = recordStride(needsNothingMore);
  EncoderSpec spec = wireSpec({wireField(kSourcePort, 2)});
  CHECK(encodeOnce(*makeEncoder(spec, {}, table()), narrow).result.dataRecords == 1);
  spec.eventMask = maskOf(EventType::exec);
  const auto encoder = makeEncoder(spec, {}, table());
  CHECK_THROWS(encodeOnce(*encoder, narrow));
  spec.format = EncoderSpec::Format::netflow5;
  spec.biflow = false;
  CHECK_THROWS(makeEncoder(spec, {}, table()));
}
