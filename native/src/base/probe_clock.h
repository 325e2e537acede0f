// Probe time is CLOCK_BOOTTIME: nobody sets it, and it goes on while the machine sleeps. Live flows live by it. The system
// clock (CLOCK_REALTIME) differs from it by an offset that only changes when the clock is set; adjtime(2) slews both alike.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace weir {

class ProbeClock {
 public:
  explicit ProbeClock(const Clocks& clocks = systemClocks());

  struct Now {
    uint64_t monotonicNs;
    uint64_t probeNs;
  };
  // Any thread. Cheap and as coarse as the kernel's tick; notices at once when the clock was set by more than kNoticedNs.
  Now look();
  // Any thread. Reads the clocks to the nanosecond, so that smaller steps are noticed too.
  void observe();

  // CLOCK_REALTIME - probe time. The same to the nanosecond until the clock is set.
  int64_t wallOffsetNs() const { return wallOffset_.load(std::memory_order_relaxed); }
  // Probe time - CLOCK_MONOTONIC: how long the machine has slept since it booted.
  uint64_t sleptNs() const { return slept_.load(std::memory_order_relaxed); }

  static constexpr int64_t kNoticedNs = 15'000'000;  // more than a tick of the slowest kernels, 10 ms

 private:
  const Clocks& clocks_;
  std::atomic<int64_t> wallOffset_{0};
  std::atomic<uint64_t> slept_{0};
};

}  // namespace weir
