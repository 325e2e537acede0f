#pragma once

#include <cstdint>
#include <ctime>

namespace weir {

// The clocks of this host; tests give their own.
class Clocks {
 public:
  virtual ~Clocks() = default;
  virtual uint64_t read(clockid_t clock) const {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  }
};

inline const Clocks& systemClocks() {
  static const Clocks clocks;
  return clocks;
}

// CLOCK_MONOTONIC, which events and tables count in.
inline uint64_t monotonicNs() { return systemClocks().read(CLOCK_MONOTONIC); }

}  // namespace weir
