// The Observation Points of a run: append-only, so that indexes in flow records stay good.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace weir {

struct ObservationPointInfo {
  std::string name;       // interface or file name
  uint32_t interface = 0; // ifIndex, 0 for files
  std::string netns;      // as asked for, empty = the probe's own
};

// One writer at a time (add, under a lock); readers need no lock.
class ObservationPointTable {
 public:
  static constexpr size_t kMax = 4096;
  // Index of the entry with this name and netns, added when new; kMax when full.
  uint16_t add(const ObservationPointInfo& info) {
    const std::lock_guard lock(mutex_);
    const size_t count = count_.load(std::memory_order_relaxed);
    for (size_t i = 0; i < count; i++) {
      const ObservationPointInfo& point = points_[i];
      const bool same = point.name == info.name && point.netns == info.netns && point.interface == info.interface;
      if (same) return static_cast<uint16_t>(i);
    }
    if (count == kMax) return static_cast<uint16_t>(kMax);
    points_[count] = info;
    count_.store(count + 1, std::memory_order_release);
    return static_cast<uint16_t>(count);
  }
  const ObservationPointInfo* at(uint16_t index) const {
    return index < count_.load(std::memory_order_acquire) ? &points_[index] : nullptr;
  }
  size_t size() const { return count_.load(std::memory_order_acquire); }

 private:
  std::mutex mutex_;
  std::atomic<size_t> count_{0};
  std::array<ObservationPointInfo, kMax> points_;
};

}  // namespace weir
