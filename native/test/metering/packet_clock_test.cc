// Stamps of packets in probe time, whatever the system clock does in between.
#include "metering/packet_clock.h"

#include <doctest/doctest.h>

#include "../base/manual_clocks.h"

using namespace weir;
using weir::test::ManualClocks;

namespace {

constexpr uint64_t kMs = 1'000'000, kSecond = 1000 * kMs, kHour = 3600 * kSecond;

struct Ring {
  ManualClocks clocks;
  ProbeClock probe{clocks};
  PacketClock clock{probe};

  // A turn whose packets came `ago` before it; how far from the truth its time is.
  int64_t error(uint64_t agoNs) {
    clocks.pass(20 * kMs);
    const uint64_t truth = clocks.probe() - agoNs, stamp = clocks.real() - agoNs;
    clock.turn(true);
    return static_cast<int64_t>(clock.timeOf(stamp) - truth);
  }
};

bool exact(int64_t error) { return error <= 100 && error >= -100; }

}  // namespace

TEST_CASE("packet clock: stamps are right to the nanosecond of the offset, however late the packets are read") {
  Ring ring;
  const int64_t first = ring.error(0);
  CHECK(exact(first));
  for (const uint64_t ago : {uint64_t{0}, kMs, 20 * kMs, 200 * kMs, 900 * kMs, uint64_t{0}}) CHECK(ring.error(ago) == first);
}

TEST_CASE("packet clock: a worker that lags reads packets seconds late, in order") {
  Ring ring;
  ring.error(0);
  const uint64_t stamp = ring.clocks.real(), truth = ring.clocks.probe();
  ring.clocks.pass(30 * kSecond);
  for (uint64_t i = 0; i < 30'000; i++) {
    if (i % 64 == 0) ring.clock.turn(true);
    CHECK(exact(static_cast<int64_t>(ring.clock.timeOf(stamp + i * kMs) - (truth + i * kMs))));
  }
}

TEST_CASE("packet clock: packets of before and behind a step, in any mixture") {
  for (const int64_t hours : {1, -1, 24, -24}) {
    CAPTURE(hours);
    Ring ring;
    CHECK(exact(ring.error(0)));
    const int64_t step = hours * static_cast<int64_t>(kHour);
    const uint64_t before = ring.clocks.real(), truth = ring.clocks.probe();
    ring.clocks.pass(10 * kMs);
    ring.clocks.set(step);
    const uint64_t behind = ring.clocks.real(), truthBehind = ring.clocks.probe();
    ring.clocks.pass(10 * kMs);
    ring.clock.turn(true);
    for (int i = 0; i < 3; i++) {
      CHECK(exact(static_cast<int64_t>(ring.clock.timeOf(before) - truth)));
      CHECK(exact(static_cast<int64_t>(ring.clock.timeOf(behind) - truthBehind)));
    }
    CHECK(exact(ring.error(0)));
  }
}

TEST_CASE("packet clock: a step behind the look at the clocks") {
  for (const int64_t hours : {1, -1}) {
    Ring ring;
    ring.error(0);
    ring.clocks.pass(20 * kMs);
    ring.clock.turn(true);
    ring.clocks.set(hours * static_cast<int64_t>(kHour));
    const uint64_t stamp = ring.clocks.real(), truth = ring.clocks.probe();
    CHECK(exact(static_cast<int64_t>(ring.clock.timeOf(stamp) - truth)));
  }
}

TEST_CASE("packet clock: after an hour without packets a stamp of an hour ago is of before a step") {
  Ring ring;
  ring.error(0);
  for (int i = 0; i < 3600; i++) {
    ring.clocks.pass(kSecond);
    ring.clock.turn(false);
  }
  const uint64_t stamp = ring.clocks.real(), truth = ring.clocks.probe();
  ring.clocks.set(static_cast<int64_t>(kHour / 2));
  ring.clocks.pass(20 * kMs);
  ring.clock.turn(true);
  CHECK(exact(static_cast<int64_t>(ring.clock.timeOf(stamp) - truth)));
}

TEST_CASE("packet clock: steps of less than is noticed are followed by the next reading") {
  Ring ring;
  ring.error(0);
  for (int i = 0; i < 100; i++) {
    ring.clocks.set(i % 2 == 0 ? 900'000 : -800'000);
    const int64_t error = ring.error(0);
    CHECK(error <= 1'000'000);
    CHECK(error >= -1'000'000);
    ring.probe.observe();
    CHECK(exact(ring.error(0)));
  }
}

TEST_CASE("packet clock: stamps of a clock that nobody knows count from their arrival on") {
  Ring ring;
  const uint64_t unknown = 10 * 365 * 24 * kHour;
  int64_t first = 0;
  for (uint64_t i = 0; i < 200; i++) {
    ring.clocks.pass(20 * kMs);
    ring.clock.turn(true);
    const uint64_t stamp = ring.clocks.real() + unknown, truth = ring.clocks.probe();
    const auto error = static_cast<int64_t>(ring.clock.timeOf(stamp) - truth);
    if (i == 0) first = error;
    CHECK(error == first);  // among themselves they are exact
    CHECK(error <= 0);
    CHECK(error >= -static_cast<int64_t>(2 * ManualClocks::kTickNs));
    if (i % 50 == 49) ring.clocks.set(-static_cast<int64_t>(kHour)), ring.clocks.set(static_cast<int64_t>(kHour));
    CHECK(exact(ring.error(0)));  // and those of the system clock beside them
  }
}
