// The Observation Points of a run. Indexes in flow records stay good: one that nobody uses any more is given to another point
// only when the table is full, longest unused first, and not within some seconds.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"

namespace weir {

struct ObservationPointInfo {
  std::string name;       // interface or file name
  uint32_t interface = 0; // ifIndex, 0 for files
  std::string netns;      // as asked for, empty = the probe's own
  uint32_t serial = 0;    // given by the table: another one under the same index has another
};

// add() and release() from any thread; readers need no lock, and keep what at() gives for a short while only.
class ObservationPointTable {
 public:
  static constexpr size_t kMax = 4096;
  static constexpr uint64_t kUnusedNs = 10'000'000'000;  // records on their way may still name it

  // Index of the entry with this name and netns, added when new; kMax when full. It is in use until it is released as often.
  uint16_t add(const ObservationPointInfo& info, uint64_t nowNs = monotonicNs()) {
    const std::lock_guard lock(mutex_);
    size_t index = find(info);
    if (index == kMax) {
      index = takeIndex(nowNs);
      if (index == kMax) return static_cast<uint16_t>(kMax);
      put(index, info);
    }
    entries_[index].users.fetch_add(1, std::memory_order_relaxed);
    return static_cast<uint16_t>(index);
  }
  void release(uint16_t index, uint64_t nowNs = monotonicNs()) {
    const std::lock_guard lock(mutex_);
    entries_[index].releasedNs = nowNs;
    entries_[index].users.fetch_sub(1, std::memory_order_relaxed);
  }
  const ObservationPointInfo* at(uint16_t index) const {
    return index < size() ? entries_[index].info.load(std::memory_order_acquire) : nullptr;
  }
  bool isUsed(uint16_t index) const { return index < size() && entries_[index].users.load(std::memory_order_relaxed) != 0; }
  size_t size() const { return count_.load(std::memory_order_acquire); }

 private:
  struct Entry {
    std::atomic<const ObservationPointInfo*> info{nullptr};
    std::unique_ptr<const ObservationPointInfo> owner;
    std::atomic<uint32_t> users{0};
    uint64_t releasedNs = 0;
  };

  size_t find(const ObservationPointInfo& info) const {
    for (size_t i = 0; i < size(); i++) {
      const ObservationPointInfo& point = *entries_[i].info.load(std::memory_order_relaxed);
      if (point.name == info.name && point.netns == info.netns && point.interface == info.interface) return i;
    }
    return kMax;
  }
  size_t takeIndex(uint64_t nowNs) const {
    if (size() < kMax) return size();
    size_t oldest = kMax;
    for (size_t i = 0; i < kMax; i++) {
      const Entry& entry = entries_[i];
      if (entry.users.load(std::memory_order_relaxed) != 0 || nowNs - entry.releasedNs < kUnusedNs) continue;
      if (oldest == kMax || entry.releasedNs < entries_[oldest].releasedNs) oldest = i;
    }
    return oldest;
  }
  void put(size_t index, const ObservationPointInfo& info) {
    Entry& entry = entries_[index];
    auto fresh = std::make_unique<ObservationPointInfo>(info);
    fresh->serial = ++lastSerial_;
    std::unique_ptr<const ObservationPointInfo> made = std::move(fresh);
    entry.info.store(made.get(), std::memory_order_release);
    entry.owner.swap(made);
    if (made) replaced_.push_back(std::move(made));
    if (replaced_.size() > kMax) replaced_.pop_front();  // so many entries ago: nobody reads it any more
    if (index == size()) count_.store(index + 1, std::memory_order_release);
  }

  std::mutex mutex_;
  std::atomic<size_t> count_{0};
  std::array<Entry, kMax> entries_;
  std::deque<std::unique_ptr<const ObservationPointInfo>> replaced_;
  uint32_t lastSerial_ = 0;
};

}  // namespace weir
