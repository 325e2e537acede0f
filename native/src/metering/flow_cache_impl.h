// The inside of FlowCache, shared by its packet side (flow_cache.cc) and its time side (flow_expiry.cc).
#pragma once

#include <algorithm>

#include "metering/expiry_wheel.h"
#include "metering/flow_cache.h"
#include "metering/flow_clock.h"
#include "metering/flow_index.h"
#include "metering/flow_store.h"

namespace weir {

struct FlowCache::Impl {
  Impl(const FlowCacheOptions& given, RecordSink& recordSink)
      : options(given),
        sink(recordSink),
        index(std::max(given.capacity, 1u)),
        store(std::max(given.capacity, 1u), needsOf(given), given.firstPackets),
        wheel(std::max(given.capacity, 1u)) {
    setTimeouts(given.activeTimeoutNs, given.idleTimeoutNs);
  }

  static uint32_t needsOf(const FlowCacheOptions& given) {
    return given.inspector != nullptr ? given.needs : given.needs & ~kApplicationNeeds;
  }

  void setTimeouts(uint64_t active, uint64_t idle) {
    constexpr uint64_t kLongestTimeoutNs = uint64_t{1} << 60;  // sums with times stay below 2^64
    activeNs = std::min(active, kLongestTimeoutNs);
    idleNs = std::min(idle, kLongestTimeoutNs);
    lingerNs = std::min(options.lingerNs, kLongestTimeoutNs);
    clock.setJitter(idleNs);
  }

  // --- packets ---
  void updateSome(std::span<Packet> packets);
  void meter(const Packet& packet, uint32_t hash, uint32_t candidate);
  uint32_t lookUp(const Packet& packet, uint32_t hash, uint32_t candidate);
  bool leavesFor(uint32_t entry, const Packet& packet);
  uint32_t create(const Packet& packet, uint32_t hash);
  void measure(const Packet& packet, uint32_t entry);
  void measureSequence(const Packet& packet, uint32_t entry, unsigned side);
  void prefetchApplications(std::span<const uint32_t> entries);
  void prefetchState(std::span<const uint32_t> entries, size_t i);
  void inspect(const Packet& packet, uint32_t entry, unsigned side);

  // --- records ---
  void emit(uint32_t entry, EndReason reason);
  bool goesOut(uint32_t entry);
  void cut(uint32_t entry);
  void leave(uint32_t entry, EndReason reason);
  EndReason dueReason(const FlowHot& hot) const;

  // --- expiry ---
  uint64_t quietLimit(const FlowHot& hot) const { return (hot.state & kEnded) != 0 ? lingerNs : idleNs; }
  bool activeFirst(const FlowHot& hot) const;
  uint64_t quietDeadline(const FlowHot& hot) const { return clock.wheelTime(hot.endNs) + quietLimit(hot); }
  uint64_t deadline(const FlowHot& hot) const;
  void schedule(uint32_t entry, uint64_t deadlineNs);
  void rebuildWheel(uint64_t tick);
  void look(uint32_t entry);
  void lookAt(const ExpiryWheel::Refs& refs);
  bool expire(size_t limit);
  void prefetchVictims(std::span<const uint32_t> rest);
  void evict();

  const FlowCacheOptions options;
  RecordSink& sink;
  FlowIndex index;
  FlowStore store;
  ExpiryWheel wheel;
  FlowClock clock;
  FlowCacheCounters counters;
  uint64_t activeNs = 0, idleNs = 0, lingerNs = 0;
  uint64_t lastFlow = 0;
  uint32_t evictionHand = 0;
  bool wheelStarted = false;
};

}  // namespace weir
