#include "encode/plan.h"

#include "encode/encode_fixture.h"

using namespace weir;
using namespace weir::test;

namespace {

uint32_t shareOfRecord(const FlowRecord& record, uint32_t shares) {
  const BatchView batch{reinterpret_cast<const uint8_t*>(&record), sizeof record, 1};
  EncoderSpec spec;
  spec.shareOf = shares;
  uint32_t found = shares;
  for (uint32_t share = 0; share < shares; share++) {
    spec.share = share;
    if (!Selection(spec).takes(batch, 0)) continue;
    CHECK(found == shares);  // one share only
    found = share;
  }
  REQUIRE(found < shares);
  return found;
}

}  // namespace

TEST_CASE("shares: a flow has one share, the same from either end and in every record") {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; i++) {
    FlowRecord record = randomRecord(random);
    for (const uint32_t shares : {1u, 2u, 3u, 16u}) {
      const uint32_t share = shareOfRecord(record, shares);
      FlowRecord other = record;
      std::swap(other.hot.key.address[0], other.hot.key.address[1]);
      std::swap(other.hot.key.port[0], other.hot.key.port[1]);
      other.hot.recordIndex++;
      other.hot.startNs++;
      other.hot.key.observationPoint++;
      CHECK(shareOfRecord(other, shares) == share);
    }
  }
}

TEST_CASE("shares: addresses that differ in their last octet spread evenly, by a hash that never changes") {
  FlowRecord record = sampleRecord4();
  uint32_t counts[4] = {0, 0, 0, 0};
  for (uint32_t i = 0; i < 8000; i++) {
    record.hot.key.address[0][15] = static_cast<uint8_t>(i);
    record.hot.key.port[0] = static_cast<uint16_t>(32768 + i);
    counts[shareOfRecord(record, 4)]++;
  }
  for (const uint32_t count : counts) {
    CHECK(count > 1800);
    CHECK(count < 2200);
  }
  CHECK(shareOfRecord(sampleRecord4(), 1000) == 345);
  CHECK(shareOfRecord(sampleRecord6(), 1000) == 554);
}
