#pragma once

#include <cstdint>
#include <ctime>

namespace weir {

// CLOCK_MONOTONIC, which events and tables count in.
inline uint64_t monotonicNs() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace weir
