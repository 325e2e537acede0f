#include "base/probe_clock.h"

#include <doctest/doctest.h>

#include "base/manual_clocks.h"

using namespace weir;
using weir::test::ManualClocks;

namespace {

constexpr int64_t kMs = 1'000'000, kHour = 3'600'000 * kMs;

bool near(int64_t a, int64_t b) { return a - b <= 100 && b - a <= 100; }  // ns, as reading takes time

}  // namespace

TEST_CASE("probe clock: the offset of the system clock is the same to the nanosecond until it is set") {
  ManualClocks clocks;
  ProbeClock clock(clocks);
  const int64_t offset = clock.wallOffsetNs();
  CHECK(near(offset, clocks.offset()));
  for (int i = 0; i < 1000; i++) {
    clocks.pass(777'777);
    clock.look();
    if (i % 10 == 0) clock.observe();
    CHECK(clock.wallOffsetNs() == offset);
    CHECK(clock.sleptNs() == 0);
  }
}

TEST_CASE("probe clock: a look notices an hour or a day at once, a reading a microsecond") {
  ManualClocks clocks;
  ProbeClock clock(clocks);
  for (const int64_t step : {kHour, -kHour, 24 * kHour, -24 * kHour, 20 * kMs, -20 * kMs}) {
    clocks.pass(20 * kMs);
    const uint64_t before = clock.look().probeNs;
    clocks.set(step);
    CHECK(clock.look().probeNs - before <= 2 * ManualClocks::kTickNs);  // probe time does not step
    CHECK(near(clock.wallOffsetNs(), clocks.offset()));
  }
  clocks.set(1000);
  clock.look();
  CHECK_FALSE(near(clock.wallOffsetNs(), clocks.offset()));
  clock.observe();
  CHECK(near(clock.wallOffsetNs(), clocks.offset()));
}

TEST_CASE("probe clock: it goes on while the machine sleeps, CLOCK_MONOTONIC does not") {
  ManualClocks clocks;
  ProbeClock clock(clocks);
  const ProbeClock::Now before = clock.look();
  const int64_t offset = clock.wallOffsetNs();
  clocks.sleep(kHour);
  const ProbeClock::Now behind = clock.look();
  CHECK(near(static_cast<int64_t>(behind.probeNs - before.probeNs) / kMs, kHour / kMs));
  CHECK(behind.monotonicNs - before.monotonicNs <= ManualClocks::kTickNs);
  CHECK(near(static_cast<int64_t>(clock.sleptNs()), kHour));
  CHECK(clock.wallOffsetNs() == offset);
}

TEST_CASE("probe clock: this host's clocks") {
  ProbeClock clock;
  const Clocks& host = systemClocks();
  const uint64_t before = host.read(CLOCK_BOOTTIME);
  const uint64_t probe = clock.look().probeNs;
  const uint64_t real = host.read(CLOCK_REALTIME);
  CHECK(probe + 20 * kMs >= before);
  CHECK(probe <= host.read(CLOCK_BOOTTIME));
  CHECK(static_cast<int64_t>(real - host.read(CLOCK_BOOTTIME)) <= clock.wallOffsetNs() + kMs);
}
