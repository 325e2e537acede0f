#include "attribution/clock_offset.h"

#include <ctime>

namespace weir {

namespace {

constexpr int64_t kStepNs = 5'000'000;
constexpr size_t kSteps = 16;
constexpr unsigned kTries = 4;
constexpr int64_t kAtOnceNs = 20'000;

int64_t read(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

uint64_t shifted(uint64_t ns, int64_t by) {
  const int64_t sum = static_cast<int64_t>(ns) + by;
  return sum > 0 ? static_cast<uint64_t>(sum) : 0;
}

}  // namespace

void ClockOffset::observe(uint64_t monotonicNs, int64_t offsetNs) {
  if (!steps_.empty()) {
    const int64_t change = offsetNs - steps_.back().offsetNs;
    if (change < kStepNs && change > -kStepNs) {
      steps_.back().offsetNs = offsetNs;
      return;
    }
  }
  if (steps_.size() == kSteps) steps_.pop_front();
  steps_.push_back({monotonicNs, offsetNs});
}

uint64_t ClockOffset::toMonotonic(uint64_t realNs) const {
  for (size_t i = steps_.size(); i-- > 0;) {
    const uint64_t ns = shifted(realNs, -steps_[i].offsetNs);
    if (ns >= steps_[i].fromNs || i == 0) return ns;
  }
  return realNs;
}

uint64_t ClockOffset::toReal(uint64_t monotonicNs) const {
  for (size_t i = steps_.size(); i-- > 0;) {
    if (monotonicNs >= steps_[i].fromNs || i == 0) return shifted(monotonicNs, steps_[i].offsetNs);
  }
  return monotonicNs;
}

uint64_t monotonicNow() { return static_cast<uint64_t>(read(CLOCK_MONOTONIC)); }

void observeClocks(ClockOffset& offset) {
  int64_t before = 0, real = 0, after = 0;
  for (unsigned tries = 0; tries < kTries; tries++) {
    before = read(CLOCK_MONOTONIC);
    real = read(CLOCK_REALTIME);
    after = read(CLOCK_MONOTONIC);
    if (after - before < kAtOnceNs) break;  // else the thread had to wait in between
  }
  // Too rough to tell a step from a pause: what is known stays.
  if (after - before < kStepNs || !offset.known()) {
    offset.observe(static_cast<uint64_t>(after), real - before - (after - before) / 2);
  }
  const int64_t boot = read(CLOCK_BOOTTIME) - after;
  offset.observeSleep(boot > 0 ? static_cast<uint64_t>(boot) : 0);
}

int64_t bootToRealNs() { return read(CLOCK_REALTIME) - read(CLOCK_BOOTTIME); }

}  // namespace weir
