#include "metering/flow_cache.h"

#include <algorithm>

#include "metering/flow_cache_impl.h"
#include "metering/sampling.h"

namespace weir {

namespace {

constexpr size_t kSubBurst = 32;        // packets whose cache lines are under way together
constexpr size_t kInspectAhead = 4;     // packets: how far ahead the third pass fetches what the inspector touches
constexpr uint32_t kNone = FlowIndex::kNone;
constexpr uint32_t kFlushAhead = 8;     // entries: how far ahead flush() fetches

}  // namespace

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
  const std::span<const uint32_t> entries(candidates, packets.size());
  if (options.inspector != nullptr) prefetchApplications(entries);
  uint64_t wirePackets = 0, octets = 0;
  for (size_t i = 0; i < packets.size(); i++) {
    if (options.inspector != nullptr) prefetchState(entries, i + kInspectAhead);
    meter(packets[i], hashes[i], candidates[i]);
    wirePackets += packets[i].wirePackets;
    octets += packets[i].octets;
  }
  counters.packets.add(wirePackets);
  counters.octets.add(octets);
}

// Their blocks for all packets, their states for the first ones. Most packets belong to flows that are settled.
void FlowCache::Impl::prefetchApplications(std::span<const uint32_t> entries) {
  for (const uint32_t entry : entries) {
    if (entry != kNone) store.prefetchInspected(entry);
  }
  for (size_t i = 0; i < kInspectAhead; i++) prefetchState(entries, i);
}

void FlowCache::Impl::prefetchState(std::span<const uint32_t> entries, size_t i) {
  if (i >= entries.size() || entries[i] == kNone || store.hot(entries[i]).inspecting == 0) return;
  options.inspector->prefetch(*store.application(entries[i]));
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
  if (FlowApplication* application = store.application(entry)) {
    *application = FlowApplication{};
    hot.inspecting = isSelected(hash, options.flowSampling) ? 1 : 0;
  }
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
  if (hot.inspecting != 0) inspect(packet, entry, side);
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

void FlowCache::Impl::inspect(const Packet& packet, uint32_t entry, unsigned side) {
  FlowHot& hot = store.hot(entry);
  FlowApplication& application = *store.application(entry);
  options.inspector->packet(application, hot, packet, side);
  if ((application.flags & kSettled) != 0) hot.inspecting = 0;
}

// Counts a record that nobody asked for.
bool FlowCache::Impl::goesOut(uint32_t entry) {
  if (!isSelected(store.hot(entry).hash, options.flowSampling)) {
    ++counters.recordsNotSelected;
    return false;
  }
  const FlowApplication* application = store.application(entry);
  if (application == nullptr || options.inspector->wanted(*application)) return true;
  ++counters.recordsNotWanted;
  return false;
}

void FlowCache::Impl::emit(uint32_t entry, EndReason reason) {
  const FlowHot& hot = store.hot(entry);
  if (!isPending(hot) || !goesOut(entry)) return;
  FlowHot copy = hot;
  if ((hot.state & kSourceIsHigh) != 0) swapEndpoints(copy.key);
  copy.sampling = options.packetSampling;
  copy.scale = 1;
  copy.state = 0;
  copy.endReason = reason;
  std::span<const SequenceItem> sequence;
  if (hot.recordIndex == 0 && options.firstPackets != 0) {
    const uint64_t seen = uint64_t{hot.packets[0]} + hot.packets[1];
    sequence = store.sequence(entry).first(std::min<uint64_t>(seen, options.firstPackets));
  }
  const FlowStats* stats = store.stats(entry);
  FlowStats scaledStats;
  if (options.upscale && options.packetSampling > 1) {
    scaleUp(copy, options.packetSampling);
    if (stats != nullptr) stats = &(scaledStats = scaledUp(*stats, options.packetSampling));
  }
  const FlowApplication* application = store.application(entry);
  std::span<const uint8_t> facts;
  if (application != nullptr) facts = options.inspector->facts(*application);
  const FlowView view{copy,        store.link(entry), store.tcp(entry), stats, store.tunnel(entry),
                      application, sequence,          facts};
  if (sink.put(view)) ++counters.records[static_cast<size_t>(reason)];
}

// A record leaves, the flow stays.
void FlowCache::Impl::cut(uint32_t entry) {
  FlowHot& hot = store.hot(entry);
  if (hot.inspecting != 0) {
    FlowApplication& application = *store.application(entry);
    options.inspector->update(application, hot);
    if ((application.flags & kSettled) != 0) hot.inspecting = 0;
  }
  emit(entry, EndReason::active);
  resetRecord(hot, store.link(entry));
  hot.recordIndex++;
  if (FlowTcp* tcp = store.tcp(entry)) resetTcp(*tcp);
  if (FlowStats* stats = store.stats(entry)) startStats(*stats);
}

void FlowCache::Impl::leave(uint32_t entry, EndReason reason) {
  FlowApplication* application = store.application(entry);
  if (store.hot(entry).inspecting != 0) options.inspector->settle(*application, store.hot(entry));
  emit(entry, reason);
  if (application != nullptr) options.inspector->forget(*application);
  index.erase(store.hot(entry).hash, entry);
  store.giveBack(entry);
  ++counters.flowsGone;
  counters.flows.add(UINT64_MAX);  // one less
}

FlowCache::FlowCache(const FlowCacheOptions& options, RecordSink& sink)
    : impl_(std::make_unique<Impl>(options, sink)) {}

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
    if (entry + kFlushAhead < used) {
      store.prefetchRecord(entry + kFlushAhead);
      impl_->index.prefetch(store.hot(entry + kFlushAhead).hash);
    }
    const uint8_t state = store.hot(entry).state;
    // A connection that lingers after its end has ended by itself, whatever ends the run.
    if ((state & kLive) != 0) impl_->leave(entry, (state & kEnded) != 0 ? EndReason::endOfFlow : reason);
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
