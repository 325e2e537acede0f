#include "fields/observation_points.h"

#include <doctest/doctest.h>

using weir::ObservationPointTable;

namespace {

constexpr uint64_t kSecond = 1'000'000'000, kStart = 1000 * kSecond;

std::unique_ptr<ObservationPointTable> full() {
  auto table = std::make_unique<ObservationPointTable>();
  for (uint32_t i = 0; i < ObservationPointTable::kMax; i++) table->add({"veth" + std::to_string(i), i + 1, ""}, kStart);
  return table;
}

}  // namespace

TEST_CASE("Observation Points: the same one has the same index, also when it comes back") {
  ObservationPointTable table;
  CHECK(table.add({"eth0", 2, ""}, kStart) == 0);
  CHECK(table.add({"eth0", 3, ""}, kStart) == 1);
  CHECK(table.add({"eth0", 2, ""}, kStart) == 0);  // two sources
  table.release(0, kStart);
  CHECK(table.isUsed(0));
  table.release(0, kStart);
  CHECK_FALSE(table.isUsed(0));
  CHECK(table.at(0)->interface == 2);  // records may still name it
  CHECK(table.add({"eth0", 2, ""}, kStart) == 0);
  CHECK(table.isUsed(0));
}

TEST_CASE("Observation Points: interfaces that come and go for months find room; those in use stay") {
  const auto table = full();
  CHECK(table->add({"one more", 9999, ""}, kStart) == ObservationPointTable::kMax);
  table->release(17, kStart + 2);
  table->release(5, kStart + 1);
  CHECK(table->add({"one more", 9999, ""}, kStart + kSecond) == ObservationPointTable::kMax);  // too soon
  const uint32_t before = table->at(5)->serial;
  uint64_t now = kStart + 20 * kSecond;
  CHECK(table->add({"one more", 9999, ""}, now) == 5);
  CHECK(table->at(5)->name == "one more");
  CHECK(table->at(5)->serial != before);
  CHECK(table->at(4)->name == "veth4");
  uint16_t used = 5;
  for (uint32_t i = 0; i < 3 * ObservationPointTable::kMax; i++) {  // what was replaced long ago is freed
    table->release(used, now);
    used = used == 5 ? 17 : 5;  // the one that is unused for longer
    now += 20 * kSecond;
    REQUIRE(table->add({"pod" + std::to_string(i), 10'000 + i, ""}, now) == used);
    REQUIRE(table->at(used)->interface == 10'000 + i);
  }
}
