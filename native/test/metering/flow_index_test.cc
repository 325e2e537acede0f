#include "metering/flow_index.h"

#include <doctest/doctest.h>

#include <map>
#include <random>

using namespace weir;

TEST_CASE("flow index: entries with one hash stay apart and survive each other's deletion") {
  FlowIndex index(8);
  for (uint32_t entry = 0; entry < 6; entry++) index.insert(77, entry);
  for (uint32_t entry = 0; entry < 6; entry++) {
    CHECK(index.find(77, [&](uint32_t found) { return found == entry; }) == entry);
  }
  index.erase(77, 2);
  CHECK(index.find(77, [](uint32_t found) { return found == 2; }) == FlowIndex::kNone);
  for (uint32_t entry : {0u, 1u, 3u, 4u, 5u}) {
    CHECK(index.find(77, [&](uint32_t found) { return found == entry; }) == entry);
  }
  CHECK(index.candidate(77) != FlowIndex::kNone);
  CHECK(index.candidate(78) == FlowIndex::kNone);
}

TEST_CASE("flow index: runs that wrap round the table's end are shifted back correctly") {
  FlowIndex index(32);  // 64 slots
  const uint32_t last = 63;
  for (uint32_t entry = 0; entry < 4; entry++) index.insert(last | entry << 6, entry);  // homes all at slot 63
  index.insert(1, 4);  // home 1, pushed behind the run
  index.insert(5, 5);
  index.erase(last, 0);
  for (uint32_t entry = 1; entry < 4; entry++) CHECK(index.candidate(last | entry << 6) == entry);
  CHECK(index.candidate(1) == 4);
  CHECK(index.candidate(5) == 5);
  CHECK(index.candidate(last) == FlowIndex::kNone);
}

TEST_CASE("flow index: random insertions and deletions agree with a map") {
  constexpr uint32_t kCapacity = 64;
  FlowIndex index(kCapacity);
  std::map<uint32_t, uint32_t> model;  // entry -> hash
  std::mt19937 random(7);
  for (int step = 0; step < 50'000; step++) {
    const uint32_t entry = random() % kCapacity;
    if (const auto found = model.find(entry); found != model.end()) {
      index.erase(found->second, entry);
      model.erase(found);
    } else {
      const uint32_t hash = 120 + random() % 20;  // crowded, round the end of 128 slots
      index.insert(hash, entry);
      model[entry] = hash;
    }
    if (step % 50 != 0) continue;
    for (uint32_t each = 0; each < kCapacity; each++) {
      for (uint32_t hash = 120; hash < 140; hash++) {
        const bool present = model.contains(each) && model[each] == hash;
        REQUIRE((index.find(hash, [&](uint32_t at) { return at == each; }) == each) == present);
      }
    }
  }
}
