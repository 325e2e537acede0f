// When a thread's loop turned last, for the watchdog. Written by that thread alone, read by any.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

class Heartbeat {
 public:
  // The loop turned; nowNs: CLOCK_MONOTONIC, its coarse sister too.
  void beat(uint64_t nowNs) { turnedNs_.store(nowNs, std::memory_order_relaxed); }
  // Until the next beat(): a wait of any length is no fault, or the loop is over.
  void rest() { turnedNs_.store(kResting, std::memory_order_relaxed); }
  bool stalled(uint64_t nowNs, uint64_t longestNs) const {
    const uint64_t turnedNs = turnedNs_.load(std::memory_order_relaxed);
    return turnedNs != kResting && nowNs > turnedNs && nowNs - turnedNs > longestNs;
  }

 private:
  static constexpr uint64_t kResting = 0;
  std::atomic<uint64_t> turnedNs_{kResting};
};

}  // namespace weir
