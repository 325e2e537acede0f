// The time side of the flow cache: deadlines, the wheel's looks, eviction from a full cache.
#include <algorithm>

#include "metering/flow_cache_impl.h"

namespace weir {

namespace {

constexpr uint32_t kNone = FlowIndex::kNone;
constexpr uint32_t kHotAhead = 16;      // references: how far ahead a walk fetches hot blocks ...
constexpr uint32_t kRecordAhead = 8;    // ... and, hot being there, the rest of the record and its index line
constexpr unsigned kEvictionLooks = 64;     // flows looked at for one eviction ...
constexpr unsigned kEvictionStale = 1024;   // ... and references at most, stale ones included

}  // namespace

// The active timeout came before the flow could be called idle. An ended flow only waits for its linger, one of before
// a step back of the clock for its idle timeout.
bool FlowCache::Impl::activeFirst(const FlowHot& hot) const {
  return isPending(hot) && (hot.state & kEnded) == 0 && !clock.isFuture(hot.endNs) &&
         hot.startNs + activeNs <= hot.endNs + idleNs;
}

// Why a flow leaves whose quiet time is over.
EndReason FlowCache::Impl::dueReason(const FlowHot& hot) const {
  if ((hot.state & kEnded) != 0) return EndReason::endOfFlow;
  return activeFirst(hot) ? EndReason::active : EndReason::idle;
}

// The last wheel time at which nothing is to be done for the flow.
uint64_t FlowCache::Impl::deadline(const FlowHot& hot) const {
  if (!activeFirst(hot)) return quietDeadline(hot);
  return clock.wheelTime(hot.startNs) + activeNs - 1;
}

void FlowCache::Impl::schedule(uint32_t entry, uint64_t deadlineNs) {
  if (!wheelStarted) [[unlikely]] {
    wheel.reset(clock.wheelNow() >> ExpiryWheel::kTickShift);
    wheelStarted = true;
  }
  const uint64_t tick = wheel.tickBehind(deadlineNs);
  store.hot(entry).wheelTick = static_cast<uint32_t>(tick);
  // The entry is live, so a rebuild schedules it with all others.
  if (!wheel.add(entry, tick)) rebuildWheel(wheel.current());
}

// Drops all stale references by scheduling every live entry anew.
void FlowCache::Impl::rebuildWheel(uint64_t tick) {
  wheel.reset(tick);
  for (uint32_t entry = 0; entry < store.used(); entry++) {
    FlowHot& hot = store.hot(entry);
    if ((hot.state & kLive) == 0) continue;
    const uint64_t next = wheel.tickBehind(deadline(hot));
    hot.wheelTick = static_cast<uint32_t>(next);
    (void)wheel.add(entry, next);  // one reference each always fits
  }
}

void FlowCache::Impl::look(uint32_t entry) {
  FlowHot& hot = store.hot(entry);
  if (clock.wheelNow() > quietDeadline(hot)) {
    leave(entry, dueReason(hot));
    return;
  }
  if (clock.wheelNow() > deadline(hot)) cut(entry);
  schedule(entry, deadline(hot));
}

void FlowCache::Impl::lookAt(const ExpiryWheel::Refs& refs) {
  const auto tick = static_cast<uint32_t>(wheel.current());
  const auto valid = [&](uint32_t entry) {
    const FlowHot& hot = store.hot(entry);
    return (hot.state & kLive) != 0 && hot.wheelTick == tick;
  };
  for (uint32_t i = 0; i < std::min(refs.count, kHotAhead); i++) store.prefetchHot(refs.entry[i]);
  for (uint32_t i = 0; i < refs.count; i++) {
    if (i + kHotAhead < refs.count) store.prefetchHot(refs.entry[i + kHotAhead]);
    if (i + kRecordAhead < refs.count) {
      const uint32_t ahead = refs.entry[i + kRecordAhead];
      if (valid(ahead) && clock.wheelNow() > deadline(store.hot(ahead))) {
        store.prefetchRecord(ahead);
        index.prefetch(store.hot(ahead).hash);
      }
    }
    if (valid(refs.entry[i])) look(refs.entry[i]);
  }
}

bool FlowCache::Impl::expire(size_t limit) {
  if (!wheelStarted) return true;
  const uint64_t target = clock.wheelNow() >> ExpiryWheel::kTickShift;
  // A leap beyond the horizon: the wheel turns there at once instead of bucket by bucket.
  if (target < wheel.current() || target >= wheel.current() + ExpiryWheel::kBuckets - 1) rebuildWheel(target - 1);
  ExpiryWheel::Refs refs;
  for (size_t looked = 0;;) {
    while (wheel.takeDue(refs)) {
      lookAt(refs);
      looked += refs.count;
      if (looked >= limit) return false;
    }
    if (wheel.current() >= target) return true;
    wheel.advance();
  }
}

// Later evictions go on with these: fetches what they will touch, in two steps as lookAt() does.
void FlowCache::Impl::prefetchVictims(std::span<const uint32_t> rest) {
  if (rest.size() >= kHotAhead) store.prefetchHot(rest[rest.size() - kHotAhead]);
  if (rest.size() >= kRecordAhead) {
    const uint32_t ahead = rest[rest.size() - kRecordAhead];
    store.prefetchRecord(ahead);
    index.prefetch(store.hot(ahead).hash);
  }
}

// Makes room by the flow that is quiet for longest, as exactly as the wheel's buckets tell; the looks are bounded.
void FlowCache::Impl::evict() {
  uint32_t oldest = kNone;
  uint64_t tick = 0;
  const auto consider = [&](uint32_t entry) {
    if (oldest == kNone || quietDeadline(store.hot(entry)) < quietDeadline(store.hot(oldest))) oldest = entry;
  };
  unsigned valid = 0;
  for (unsigned looks = 0; looks < kEvictionStale && valid < kEvictionLooks && wheel.earliest(tick); looks++) {
    std::span<const uint32_t> rest;
    const uint32_t entry = wheel.takeOne(tick, rest);
    prefetchVictims(rest);
    const FlowHot& hot = store.hot(entry);
    if ((hot.state & kLive) == 0 || hot.wheelTick != static_cast<uint32_t>(tick)) continue;
    valid++;
    const uint64_t quiet = quietDeadline(hot);
    if (clock.wheelNow() > quiet || wheel.tickBehind(quiet) <= tick) {
      oldest = entry;
      break;
    }
    consider(entry);
    schedule(entry, quiet);
  }
  // Only stale references so far: the cache is full, so any entry is a flow; the hand goes round over all of them.
  for (unsigned looks = 0; oldest == kNone || (valid == 0 && looks < kEvictionLooks); looks++) {
    consider(evictionHand);
    if (++evictionHand == store.used()) evictionHand = 0;
  }
  const bool due = clock.wheelNow() > quietDeadline(store.hot(oldest));
  leave(oldest, due ? dueReason(store.hot(oldest)) : EndReason::lackOfResources);
}

}  // namespace weir
