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

TEST_CASE("flow index: the table grows under its entries and keeps all of them") {
  constexpr uint32_t kCapacity = 200'000;
  FlowIndex index(kCapacity);
  const auto hashOf = [](uint32_t entry) { return entry * 2654435761u >> 3; };
  for (uint32_t entry = 0; entry < kCapacity; entry++) {
    index.insert(hashOf(entry), entry);
    if (entry % 3 == 0) index.erase(hashOf(entry), entry);
  }
  for (uint32_t entry = 0; entry < kCapacity; entry++) {
    const uint32_t found = index.find(hashOf(entry), [&](uint32_t at) { return at == entry; });
    REQUIRE(found == (entry % 3 == 0 ? FlowIndex::kNone : entry));
  }
}

TEST_CASE("flow index: random insertions and deletions agree with a map") {
  constexpr uint32_t kCapacity = 64;
  FlowIndex index(kCapacity);
  std::map<uint32_t, uint32_t> model;  // entry -> hash
  std::mt19937 random(7);
  const auto draw = [&](uint32_t below) { return static_cast<uint32_t>(random() % below); };
  for (int step = 0; step < 50'000; step++) {
    const uint32_t entry = draw(kCapacity);
    if (const auto found = model.find(entry); found != model.end()) {
      index.erase(found->second, entry);
      model.erase(found);
    } else {
      const uint32_t hash = 120 + draw(20);  // crowded, round the end of 128 slots
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
