// Records on their way to a batch: blocks, and what stands behind them in the heap.
#include "metering/record_ring.h"

#include <doctest/doctest.h>

#include <vector>

#include "fields/flow_facts.h"

using namespace weir;

namespace {

constexpr uint32_t kNeeds = needsTcp | needsLabel | needsText;

struct Batch {
  explicit Batch(size_t recordOctets, uint32_t capacity, size_t heapSize)
      : records(recordOctets * capacity, 0xee),
        heap(heapSize, 0xee),
        buffer{records.data(), recordOctets, capacity, heap.data(), heap.size()} {}
  FlowRecord record(uint32_t index) const {
    FlowRecord copy{};
    std::memcpy(static_cast<void*>(&copy), records.data() + index * buffer.stride, buffer.stride);
    return copy;
  }
  std::span<const uint8_t> factsOf(uint32_t index) const { return facts::of(record(index), heap.data()); }

  std::vector<uint8_t> records, heap;
  BatchBuffer buffer;
};

// A record with that many packets in its sequence and one fact of that many characters; number: in flowId.
bool put(RecordRing& ring, uint64_t number, size_t packets, size_t characters) {
  FlowHot hot{};
  FlowLink link{};
  link.flowId = number;
  FlowApplication application{};
  application.application = static_cast<uint16_t>(number + 1);
  application.kept = UINT64_MAX;  // the inspector's own
  application.state = 77;
  application.progress = 7;
  application.flags = kSettled | kEncrypted;
  std::vector<SequenceItem> sequence(packets);
  for (size_t i = 0; i < packets; i++) sequence[i].size = static_cast<uint16_t>(number + i);
  FactBuffer known;
  if (characters != 0) known.add(Fact::httpUrl, std::string(characters, static_cast<char>('a' + number % 26)));
  const FlowView view{hot, link, nullptr, nullptr, nullptr, &application, sequence, known.octets()};
  return ring.put(view);
}

}  // namespace

TEST_CASE("ring: sequence and facts stand in the heap, what is the inspector's own does not get there") {
  RecordRing ring({.octets = 1u << 20, .needs = kNeeds}, [] {});
  CHECK(put(ring, 0, 3, 10));
  CHECK(put(ring, 1, 0, 7));
  CHECK(put(ring, 2, 2, 0));
  CHECK(put(ring, 3, 1, 1));
  Batch batch(recordStride(kNeeds), 8, 4096);
  ring.take(batch.buffer);
  REQUIRE(batch.buffer.count == 4);
  CHECK(batch.buffer.heapUsed < 4096);
  constexpr size_t kPackets[] = {3, 0, 2, 1}, kCharacters[] = {10, 7, 0, 1};
  for (uint32_t i = 0; i < 4; i++) {
    const FlowRecord record = batch.record(i);
    CHECK(record.link.flowId == i);
    CHECK(record.application.application == i + 1);
    CHECK(record.application.flags == (kSettled | kEncrypted));
    CHECK(record.application.state == 0);
    CHECK(record.application.progress == 0);
    CHECK(facts::find(batch.factsOf(i), Fact::httpUrl) ==
          std::string(kCharacters[i], static_cast<char>('a' + i)));
    REQUIRE(record.text.sequence.length == kPackets[i] * sizeof(SequenceItem));
    if (kPackets[i] == 0) continue;
    CHECK(record.text.sequence.offset % alignof(SequenceItem) == 0);
    const auto* items = reinterpret_cast<const SequenceItem*>(batch.heap.data() + record.text.sequence.offset);
    for (size_t n = 0; n < kPackets[i]; n++) CHECK(items[n].size == i + n);
  }
}

TEST_CASE("ring: a batch carries the block, empty, where nobody looks inside flows") {
  RecordRing ring({.octets = 1u << 20, .needs = needsTcp}, [] {});
  CHECK(put(ring, 0, 3, 10));
  Batch batch(recordStride(needsTcp | needsLabel | needsText), 2, 64);
  ring.take(batch.buffer);
  REQUIRE(batch.buffer.count == 1);
  const FlowRecord record = batch.record(0);
  CHECK(record.application.application == 0);
  CHECK(record.application.kept == 0);
  CHECK(record.text.sequence.length == 0);
  CHECK(batch.buffer.heapUsed == 0);
}

TEST_CASE("ring: a full heap ends a batch, nothing is lost and nothing stalls") {
  RecordRing ring({.octets = 1u << 20, .needs = kNeeds}, [] {});
  constexpr uint64_t kRecords = 200;
  for (uint64_t i = 0; i < kRecords; i++) REQUIRE(put(ring, i, i % 3, 1 + i % 500));
  uint64_t taken = 0, batches = 0;
  while (!ring.empty()) {
    Batch batch(recordStride(kNeeds), 64, 1024);
    ring.take(batch.buffer);
    batches++;
    REQUIRE(batch.buffer.count > 0);
    CHECK(batch.buffer.heapUsed <= 1024);
    for (uint32_t i = 0; i < batch.buffer.count; i++, taken++) {
      CHECK(batch.record(i).link.flowId == taken);
      CHECK(facts::find(batch.factsOf(i), Fact::httpUrl).size() == 1 + taken % 500);
    }
  }
  CHECK(taken == kRecords);
  CHECK(batches > kRecords / 64);  // the heap ended them, not their capacity
}

TEST_CASE("ring: a record that fits no heap goes without what stands behind it") {
  RecordRing ring({.octets = 1u << 20, .needs = kNeeds}, [] {});
  CHECK(put(ring, 0, 4, 500));
  CHECK(put(ring, 1, 0, 4));
  Batch batch(recordStride(kNeeds), 4, 64);
  ring.take(batch.buffer);
  REQUIRE(batch.buffer.count == 2);
  CHECK(batch.record(0).application.facts.length == 0);
  CHECK(batch.record(0).text.sequence.length == 0);
  CHECK(batch.record(0).application.application == 1);
  CHECK(facts::find(batch.factsOf(1), Fact::httpUrl) == "bbbb");
}

TEST_CASE("ring: the largest facts go through") {
  RecordRing ring({.octets = 1u << 20, .needs = needsHttp}, [] {});
  FlowHot hot{};
  FlowLink link{};
  FlowApplication application{};
  FactBuffer known;
  for (unsigned fact = 1; fact < kFacts; fact++) known.add(static_cast<Fact>(fact), std::string(512, 'x'));
  REQUIRE(known.octets().size() > facts::kCapacity - 515);
  CHECK(ring.put({hot, link, nullptr, nullptr, nullptr, &application, {}, known.octets()}));
  Batch batch(recordStride(needsHttp), 1, facts::kCapacity);
  ring.take(batch.buffer);
  REQUIRE(batch.buffer.count == 1);
  CHECK(std::ranges::equal(batch.factsOf(0), known.octets()));
}
