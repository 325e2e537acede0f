// Packet times are CLOCK_REALTIME, socket events CLOCK_MONOTONIC. The difference is followed, so that a clock that is set
// while flows are under way does not tear packets from their sockets.
#pragma once

#include <cstdint>
#include <deque>

namespace weir {

class ClockOffset {
 public:
  // realtime - monotonic, read at monotonicNs; a slew of a few µs is no step.
  void observe(uint64_t monotonicNs, int64_t offsetNs);
  bool known() const { return !steps_.empty(); }
  int64_t latest() const { return steps_.empty() ? 0 : steps_.back().offsetNs; }
  uint64_t toMonotonic(uint64_t realNs) const;
  uint64_t toReal(uint64_t monotonicNs) const;
  // CLOCK_BOOTTIME to CLOCK_MONOTONIC, or earlier: the machine may have slept since.
  uint64_t sinceBoot(uint64_t bootNs) const { return bootNs > sleptNs_ ? bootNs - sleptNs_ : 0; }
  void observeSleep(uint64_t sleptNs) { sleptNs_ = sleptNs; }

 private:
  struct Step {
    uint64_t fromNs;  // CLOCK_MONOTONIC
    int64_t offsetNs;
  };
  std::deque<Step> steps_;
  uint64_t sleptNs_ = 0;
};

uint64_t monotonicNow();
// Reads both clocks.
void observeClocks(ClockOffset& offset);
// CLOCK_REALTIME - CLOCK_BOOTTIME: starts of processes count from boot.
int64_t bootToRealNs();

}  // namespace weir
