#include "base/probe_clock.h"

namespace weir {

namespace {

constexpr unsigned kTries = 4;
constexpr int64_t kAtOnceNs = 2'000;  // between two reads; more is a pause of the thread

// clock - base lies in [low, high]: base was read before and behind clock.
struct Difference {
  int64_t low, high;
  int64_t middle() const { return low + (high - low) / 2; }
};

Difference difference(const Clocks& clocks, clockid_t clock, clockid_t base) {
  Difference found{};
  for (unsigned tries = 0; tries < kTries; tries++) {
    const auto before = static_cast<int64_t>(clocks.read(base));
    const auto read = static_cast<int64_t>(clocks.read(clock));
    const auto behind = static_cast<int64_t>(clocks.read(base));
    found = {read - behind, read - before};
    if (behind - before <= kAtOnceNs) break;
  }
  return found;
}

// What was known stays as long as it may be right: readings differ by some ns, the offset does not.
template <class Number>
void settle(std::atomic<Number>& known, const Difference& found) {
  const auto value = static_cast<int64_t>(known.load(std::memory_order_relaxed));
  if (value >= found.low && value <= found.high) return;
  known.store(static_cast<Number>(found.middle()), std::memory_order_relaxed);
}

}  // namespace

ProbeClock::ProbeClock(const Clocks& clocks) : clocks_(clocks) { observe(); }

ProbeClock::Now ProbeClock::look() {
  const uint64_t monotonic = clocks_.read(CLOCK_MONOTONIC_COARSE);
  const uint64_t real = clocks_.read(CLOCK_REALTIME_COARSE);
  const int64_t expected = wallOffsetNs() + static_cast<int64_t>(sleptNs());
  const int64_t change = static_cast<int64_t>(real - monotonic) - expected;
  if (change > kNoticedNs || change < -kNoticedNs) [[unlikely]] observe();
  return {monotonic, monotonic + sleptNs()};
}

void ProbeClock::observe() {
  settle(wallOffset_, difference(clocks_, CLOCK_REALTIME, CLOCK_BOOTTIME));
  settle(slept_, difference(clocks_, CLOCK_BOOTTIME, CLOCK_MONOTONIC));
}

}  // namespace weir
