#include "metering/flow_cache.h"

#include <algorithm>

#include "metering/expiry_wheel.h"
#include "metering/flow_clock.h"
#include "metering/flow_index.h"
#include "metering/flow_store.h"

namespace weir {

namespace {

constexpr size_t kSubBurst = 32;        // packets whose cache lines are under way together
constexpr uint32_t kNone = FlowIndex::kNone;
constexpr uint32_t kHotAhead = 16;      // references: how far ahead a walk fetches hot blocks ...
constexpr uint32_t kRecordAhead = 8;    // ... and, hot being there, the rest of the record and its index line
constexpr unsigned kEvictionLooks = 64;     // flows looked at for one eviction ...
constexpr unsigned kEvictionStale = 1024;   // ... and references at most, stale ones included

constexpr uint64_t kLongestTimeoutNs = uint64_t{1} << 60;

}  // namespace

struct FlowCache::Impl {
  Impl(const FlowCacheOptions& given, RecordSink& recordSink)
      : options(given),
        sink(recordSink),
        index(std::max(given.capacity, 1u)),
        store(std::max(given.capacity, 1u), given.needs, given.firstPackets),
        wheel(std::max(given.capacity, 1u)) {
    setTimeouts(given.activeTimeoutNs, given.idleTimeoutNs);
  }

  void setTimeouts(uint64_t active, uint64_t idle) {
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

  // --- records ---
  void emit(uint32_t entry, EndReason reason);
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

// ---------------------------------------------------------------------------------------------------- packets

// Three passes, so that the cache misses of a sub-burst overlap: index lines, then entries, then the work in order.
void FlowCache::Impl::updateSome(std::span<Packet> packets) {
  uint32_t hashes[kSubBurst], candidates[kSubBurst];
  for (size_t i = 0; i < packets.size(); i++) {
    packets[i].ns = std::min(packets[i].ns, FlowClock::kLastNs);
    hashes[i] = hashKey(packets[i].key, options.seed);
    index.prefetch(hashes[i]);
  }
  uint32_t fresh = 0;
  for (size_t i = 0; i < packets.size(); i++) {
    candidates[i] = index.candidate(hashes[i]);
    if (candidates[i] != kNone) store.prefetchUpdate(candidates[i]);
    else store.prefetchTake(fresh++);
  }
  uint64_t wirePackets = 0, octets = 0;
  for (size_t i = 0; i < packets.size(); i++) {
    meter(packets[i], hashes[i], candidates[i]);
    wirePackets += packets[i].wirePackets;
    octets += packets[i].octets;
  }
  counters.packets.add(wirePackets);
  counters.octets.add(octets);
}

void FlowCache::Impl::meter(const Packet& packet, uint32_t hash, uint32_t candidate) {
  clock.advance(packet.ns);
  uint32_t entry = lookUp(packet, hash, candidate);
  if (entry != kNone && leavesFor(entry, packet)) entry = kNone;
  if (entry == kNone) entry = create(packet, hash);
  measure(packet, entry);
}

uint32_t FlowCache::Impl::lookUp(const Packet& packet, uint32_t hash, uint32_t candidate) {
  // A live entry with this key is the flow, whatever this burst has inserted or deleted since the candidate was found.
  const auto same = [&](uint32_t entry) {
    const FlowHot& hot = store.hot(entry);
    return sameKey(hot.key, packet.key) && (hot.state & kLive) != 0;
  };
  if (candidate != kNone && same(candidate)) [[likely]] return candidate;
  return index.find(hash, same);
}

// What is due by this packet's time happens before it is counted, so results do not depend on when the wheel looks.
// True when the flow has left and the packet begins another.
bool FlowCache::Impl::leavesFor(uint32_t entry, const Packet& packet) {
  const FlowHot& hot = store.hot(entry);
  const bool later = packet.ns >= hot.endNs;
  const uint64_t quietNs = later ? packet.ns - hot.endNs : hot.endNs - packet.ns;
  if (quietNs > (later ? quietLimit(hot) : idleNs)) [[unlikely]] {
    // Far before the flow's last packet is another epoch: as good as far behind it.
    leave(entry, dueReason(hot));
    return true;
  }
  if ((hot.state & kEnded) != 0 && reopens(hot, store.link(entry), packet)) [[unlikely]] {
    leave(entry, EndReason::endOfFlow);
    return true;
  }
  if (!isPending(hot)) return false;
  const bool over = packet.ns > hot.startNs && packet.ns - hot.startNs >= activeNs;
  if (over || hot.packets[sideOf(hot, packet)] > kMaxPackets - packet.wirePackets) [[unlikely]] cut(entry);
  return false;
}

uint32_t FlowCache::Impl::create(const Packet& packet, uint32_t hash) {
  if (store.full()) evict();
  const uint32_t entry = store.take();
  FlowHot& hot = store.hot(entry);
  FlowLink& link = store.link(entry);
  startHot(hot, packet, hash, initiatorOf(packet));
  startLink(link, packet, sideOf(hot, packet), options.flowIdBase | ++lastFlow);
  resetRecord(hot, link);
  if (FlowTcp* tcp = store.tcp(entry)) startTcp(*tcp);
  if (FlowStats* stats = store.stats(entry)) startStats(*stats);
  if (FlowTunnel* tunnel = store.tunnel(entry)) *tunnel = FlowTunnel{};
  index.insert(hash, entry);
  ++counters.flowsCreated;
  counters.flows.add(1);
  schedule(entry, quietDeadline(hot));
  return entry;
}

void FlowCache::Impl::measure(const Packet& packet, uint32_t entry) {
  FlowHot& hot = store.hot(entry);
  const unsigned side = sideOf(hot, packet);
  if (options.firstPackets != 0 && hot.recordIndex == 0) measureSequence(packet, entry, side);
  measureHot(hot, packet, side);
  measureLink(hot, store.link(entry), packet, side);
  if (FlowStats* stats = store.stats(entry)) measureStats(*stats, packet, side);
  if (FlowTcp* tcp = store.tcp(entry)) {
    const bool known = hot.directionMethod != DirectionMethod::firstPacket;
    trackTcp(*tcp, packet, side, known, store.link(entry).firstSeenNs);
  }
  if ((packet.present & hasTunnel) != 0) {
    if (FlowTunnel* tunnel = store.tunnel(entry)) measureTunnel(*tunnel, packet, side);
  }
  if ((packet.present & hasTcp) == 0 || !measureEnd(hot, store.link(entry), packet, side)) return;
  // The reference in the idle bucket goes stale; the linger's is valid from now on.
  const uint64_t lingerEnds = quietDeadline(hot);
  if (static_cast<int32_t>(static_cast<uint32_t>(wheel.tickBehind(lingerEnds)) - hot.wheelTick) < 0) {
    schedule(entry, lingerEnds);
  }
}

void FlowCache::Impl::measureSequence(const Packet& packet, uint32_t entry, unsigned side) {
  const FlowHot& hot = store.hot(entry);
  const uint32_t seen = hot.packets[0] + hot.packets[1];
  if (seen >= options.firstPackets) return;
  recordSequence(store.sequence(entry), seen, packet, side, store.link(entry).firstSeenNs);
}

// ---------------------------------------------------------------------------------------------------- records

void FlowCache::Impl::emit(uint32_t entry, EndReason reason) {
  const FlowHot& hot = store.hot(entry);
  if (!isPending(hot)) return;
  FlowHot copy = hot;
  if ((hot.state & kSourceIsHigh) != 0) swapEndpoints(copy.key);
  copy.hash = copy.wheelTick = 0;
  copy.state = 0;
  copy.endReason = reason;
  std::span<const SequenceItem> sequence;
  if (hot.recordIndex == 0 && options.firstPackets != 0) {
    const uint64_t seen = uint64_t{hot.packets[0]} + hot.packets[1];
    sequence = store.sequence(entry).first(std::min<uint64_t>(seen, options.firstPackets));
  }
  const FlowView view{copy, store.link(entry), store.tcp(entry), store.stats(entry), store.tunnel(entry), sequence};
  if (sink.put(view)) ++counters.records[static_cast<size_t>(reason)];
}

// A record leaves, the flow stays.
void FlowCache::Impl::cut(uint32_t entry) {
  FlowHot& hot = store.hot(entry);
  emit(entry, EndReason::active);
  resetRecord(hot, store.link(entry));
  hot.recordIndex++;
  if (FlowTcp* tcp = store.tcp(entry)) resetTcp(*tcp);
  if (FlowStats* stats = store.stats(entry)) startStats(*stats);
}

void FlowCache::Impl::leave(uint32_t entry, EndReason reason) {
  emit(entry, reason);
  index.erase(store.hot(entry).hash, entry);
  store.giveBack(entry);
  ++counters.flowsGone;
  counters.flows.add(UINT64_MAX);  // one less
}

// ---------------------------------------------------------------------------------------------------- expiry

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

// Makes room by the flow that is quiet for longest, as exactly as the wheel's buckets tell, in a bounded number of looks.
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

// ---------------------------------------------------------------------------------------------------- the class

FlowCache::FlowCache(const FlowCacheOptions& options, RecordSink& sink) : impl_(std::make_unique<Impl>(options, sink)) {}

FlowCache::~FlowCache() = default;

void FlowCache::update(std::span<Packet> burst) {
  while (!burst.empty()) {
    const size_t count = std::min(burst.size(), kSubBurst);
    impl_->updateSome(burst.first(count));
    burst = burst.subspan(count);
  }
}

bool FlowCache::tick(uint64_t nowNs, size_t limit) {
  impl_->clock.advance(std::min(nowNs, FlowClock::kLastNs));
  return impl_->expire(limit);
}

void FlowCache::flush(EndReason reason) {
  FlowStore& store = impl_->store;
  const uint32_t used = store.used();
  for (uint32_t entry = 0; entry < used; entry++) {
    if (entry + kRecordAhead < used) {
      store.prefetchRecord(entry + kRecordAhead);
      impl_->index.prefetch(store.hot(entry + kRecordAhead).hash);
    }
    if ((store.hot(entry).state & kLive) != 0) impl_->leave(entry, reason);
  }
  impl_->rebuildWheel(impl_->wheel.current());
}

void FlowCache::setTimeouts(uint64_t activeNs, uint64_t idleNs) {
  impl_->setTimeouts(activeNs, idleNs);
  if (impl_->wheelStarted) impl_->rebuildWheel(impl_->wheel.current());
}

uint64_t FlowCache::now() const { return impl_->clock.now(); }

FlowCacheCounters& FlowCache::counters() { return impl_->counters; }

}  // namespace weir
