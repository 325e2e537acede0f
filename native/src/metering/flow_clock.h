// The cache's two clocks: packet time, which may step back (a second file, a corrected system clock), and wheel time,
// which only grows (until centuries of steps are used up, then it begins again). Flow times are packet times; the
// expiry wheel turns by wheel time.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weir {

class FlowClock {
 public:
  static constexpr uint64_t kLastNs = uint64_t{1} << 62;  // year 2116; sums of times stay below 2^64

  // Longest step back that is jitter; more is another epoch.
  void setJitter(uint64_t ns) { jitterNs_ = std::max(ns, kLeastJitterNs); }

  void advance(uint64_t ns) {
    if (ns > nowNs_) {
      if (nowNs_ == 0) skewNs_ = kWheelStartNs - ns;
      nowNs_ = ns;
    } else if (nowNs_ - ns > jitterNs_) {
      stepBack(ns);
    }
  }

  uint64_t now() const { return nowNs_; }
  uint64_t wheelNow() const { return nowNs_ + skewNs_; }
  // True for a time of before the last step back: how long ago it was cannot be said.
  bool isFuture(uint64_t ns) const { return ns > nowNs_; }
  // Wheel time of a packet time; all the future is as long ago as the last step back.
  uint64_t wheelTime(uint64_t ns) const { return isFuture(ns) ? stepNs_ : ns + skewNs_; }

 private:
  void stepBack(uint64_t ns) {
    stepNs_ = wheelNow();
    if (stepNs_ > kWheelEndNs) stepNs_ = kWheelStartNs;  // the wheel notices and is rebuilt
    skewNs_ = stepNs_ - ns;
    nowNs_ = ns;
  }

  static constexpr uint64_t kLeastJitterNs = 1'000'000'000;
  static constexpr uint64_t kWheelStartNs = uint64_t{1} << 62;  // room below for times before the first
  static constexpr uint64_t kWheelEndNs = uint64_t{1} << 63;    // room above for any time after a step

  uint64_t nowNs_ = 0;
  uint64_t skewNs_ = 0;  // modulo 2^64
  uint64_t stepNs_ = 0;  // wheel time of the last step back
  uint64_t jitterNs_ = kLeastJitterNs;
};

}  // namespace weir
