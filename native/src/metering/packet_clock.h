// Probe time of the packets of one live ring. The kernel stamps them with CLOCK_REALTIME; when that is set, packets of
// before the step may still wait in the ring. A stamp is right if it gives a time between the last packet's and now; else it is
// of before a step, or of a clock nobody knows (then its arrival tells the offset).
#pragma once

#include <algorithm>
#include <utility>

#include "base/probe_clock.h"

namespace weir {

class PacketClock {
 public:
  explicit PacketClock(ProbeClock& clock) : clock_(clock) { adopt(clock.wallOffsetNs()); }

  // Once a turn, behind the read: the times that its packets may have. read: there were some.
  ProbeClock::Now turn(bool read) {
    const ProbeClock::Now now = clock_.look();
    adopt(clock_.wallOffsetNs());
    nowNs_ = now.probeNs;
    // With an empty ring the next packets are young, however long none came.
    if (!read) lastNs_ = std::max(lastNs_, nowNs_);
    setRange();
    return now;
  }

  uint64_t timeOf(uint64_t stampNs) {
    const uint64_t ns = stampNs - offset_;
    if (ns - earliestNs_ > rangeNs_) [[unlikely]] return search(stampNs);
    lastNs_ = ns;
    return ns;
  }

 private:
  static constexpr uint64_t kLateNs = 1'000'000'000;  // packets of several processors and their blocks overtake each other
  static constexpr uint64_t kEarlyNs = 100'000'000;   // stamped behind the clock's tick, or a step smaller than is noticed

  bool inRange(uint64_t ns) const { return ns - earliestNs_ <= rangeNs_; }
  void setRange() {
    earliestNs_ = lastNs_ > kLateNs ? lastNs_ - kLateNs : 0;
    rangeNs_ = std::max(nowNs_ + kEarlyNs, earliestNs_) - earliestNs_;
  }
  void adopt(int64_t wallOffset) {
    const auto offset = static_cast<uint64_t>(wallOffset);
    if (offset == offset_) [[likely]] return;
    other_ = std::exchange(offset_, offset);
  }
  uint64_t search(uint64_t stampNs);

  ProbeClock& clock_;
  // Stamp - probe time, modulo 2^64: the system clock's, and another one that packets had (its last, or as they arrived).
  uint64_t offset_ = 0, other_ = 0;
  uint64_t nowNs_ = 0, lastNs_ = 0;
  uint64_t earliestNs_ = 0, rangeNs_ = 0;
};

}  // namespace weir
