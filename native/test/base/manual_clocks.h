// Clocks that tests set. A kernel keeps them likewise: the coarse ones stand at the last tick. Tests only.
#pragma once

#include "base/clock.h"

namespace weir::test {

class ManualClocks final : public Clocks {
 public:
  static constexpr uint64_t kTickNs = 4'000'000, kReadNs = 25;
  static constexpr uint64_t kBootedNs = 5'000'000'000'000, kRealNs = 1'700'000'000'000'000'000;

  uint64_t read(clockid_t clock) const override {
    probe_ += kReadNs;
    switch (clock) {
      case CLOCK_REALTIME: return real();
      case CLOCK_REALTIME_COARSE: return real() - probe_ % kTickNs;
      case CLOCK_MONOTONIC: return probe_ - slept_;
      case CLOCK_MONOTONIC_COARSE: return probe_ - slept_ - probe_ % kTickNs;
      default: return probe_;
    }
  }
  void pass(uint64_t ns) { probe_ += ns; }
  // The system clock is set, forward or back.
  void set(int64_t byNs) { offset_ += static_cast<uint64_t>(byNs); }
  void sleep(uint64_t ns) {
    probe_ += ns;
    slept_ += ns;
  }
  // Without the time to read.
  uint64_t probe() const { return probe_; }
  uint64_t real() const { return probe_ + offset_; }
  uint64_t monotonic() const { return probe_ - slept_; }
  int64_t offset() const { return static_cast<int64_t>(offset_); }

 private:
  mutable uint64_t probe_ = kBootedNs;
  uint64_t slept_ = 0;
  uint64_t offset_ = kRealNs - kBootedNs;
};

}  // namespace weir::test
