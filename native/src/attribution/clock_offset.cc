#include "attribution/clock_offset.h"

#include <cstddef>

namespace weir {

namespace {

constexpr uint64_t kSleepNs = 5'000'000;
constexpr size_t kSleeps = 16;

}  // namespace

void ClockOffset::observe(uint64_t monotonicNs, uint64_t sleptNs) {
  if (!sleeps_.empty() && sleptNs < sleeps_.back().sleptNs + kSleepNs) return;
  if (sleeps_.size() == kSleeps) sleeps_.pop_front();
  sleeps_.push_back({monotonicNs, sleptNs});
}

uint64_t ClockOffset::toMonotonic(uint64_t probeNs) const {
  for (size_t i = sleeps_.size(); i-- > 0;) {
    const uint64_t ns = probeNs > sleeps_[i].sleptNs ? probeNs - sleeps_[i].sleptNs : 0;
    if (ns >= sleeps_[i].fromNs || i == 0) return ns;
  }
  return probeNs;
}

uint64_t ClockOffset::toProbe(uint64_t monotonicNs) const {
  for (size_t i = sleeps_.size(); i-- > 0;) {
    if (monotonicNs >= sleeps_[i].fromNs || i == 0) return monotonicNs + sleeps_[i].sleptNs;
  }
  return monotonicNs;
}

}  // namespace weir
