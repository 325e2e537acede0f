#include "metering/expiry_wheel.h"

#include <doctest/doctest.h>

#include <memory>
#include <set>

using namespace weir;

namespace {

constexpr uint64_t kTick = uint64_t{1} << ExpiryWheel::kTickShift;

}  // namespace

TEST_CASE("expiry wheel: a tick's references come out when the wheel stands there, never earlier") {
  ExpiryWheel wheel(100);
  wheel.reset(1000);
  const uint64_t deadline = 1005 * kTick + 3;
  const uint64_t tick = wheel.tickBehind(deadline);
  CHECK(tick == 1006);  // 1006 * kTick > deadline
  for (uint32_t entry = 0; entry < 600; entry++) REQUIRE(wheel.add(entry, tick));
  ExpiryWheel::Refs refs;
  std::set<uint32_t> seen;
  while (wheel.current() < 1006) {
    CHECK_FALSE(wheel.takeDue(refs));
    wheel.advance();
  }
  while (wheel.takeDue(refs)) seen.insert(refs.entry, refs.entry + refs.count);
  CHECK(seen.size() == 600);
}

TEST_CASE("expiry wheel: deadlines are clamped to the horizon and never to the current bucket") {
  ExpiryWheel wheel(100);
  wheel.reset(5);
  CHECK(wheel.tickBehind(0) == 6);
  CHECK(wheel.tickBehind(5 * kTick) == 6);
  CHECK(wheel.tickBehind(1'000'000 * kTick) == 5 + ExpiryWheel::kBuckets - 1);
}

TEST_CASE("expiry wheel: earliest() finds the first tick from any place, across the end of the circle") {
  for (uint64_t start : {0ull, 1ull, 63ull, 64ull, 1000ull, 1023ull, 123'456'789ull}) {
    for (uint64_t ahead : {0ull, 1ull, 62ull, 63ull, 64ull, 65ull, 500ull, 1022ull, 1023ull}) {
      ExpiryWheel wheel(100);
      wheel.reset(start);
      uint64_t tick = 0;
      CHECK_FALSE(wheel.earliest(tick));
      REQUIRE(wheel.add(7, start + ahead));
      REQUIRE(wheel.earliest(tick));
      CHECK(tick == start + ahead);
      if (ahead > 3) {
        REQUIRE(wheel.add(8, start + 3));
        REQUIRE(wheel.earliest(tick));
        CHECK(tick == start + 3);
        std::span<const uint32_t> rest;
        CHECK(wheel.takeOne(tick, rest) == 8);
        CHECK(rest.empty());
        REQUIRE(wheel.earliest(tick));
        CHECK(tick == start + ahead);
      }
    }
  }
}

TEST_CASE("expiry wheel: says when its chunks are used up, and has room again after a reset") {
  ExpiryWheel wheel(100);
  wheel.reset(0);
  uint64_t added = 0;
  while (wheel.add(1, 1 + added % 1000)) added++;
  CHECK(added > 300);
  wheel.reset(0);
  for (uint32_t entry = 0; entry < 100; entry++) CHECK(wheel.add(entry, 1 + entry * 10));
}
