// Packets and processes count in probe time (CLOCK_BOOTTIME), socket events in CLOCK_MONOTONIC, which stands still while the
// machine sleeps. The difference is followed, so that no sleep tears packets of before it from their sockets.
#pragma once

#include <cstdint>
#include <deque>

namespace weir {

class ClockOffset {
 public:
  // Slept in all by monotonicNs; less than some ms more is how exactly it was read.
  void observe(uint64_t monotonicNs, uint64_t sleptNs);
  uint64_t toMonotonic(uint64_t probeNs) const;
  uint64_t toProbe(uint64_t monotonicNs) const;

 private:
  struct Sleep {
    uint64_t fromNs;  // CLOCK_MONOTONIC
    uint64_t sleptNs;
  };
  std::deque<Sleep> sleeps_;  // of the first one on, how long the machine had slept before is all that is known
};

}  // namespace weir
