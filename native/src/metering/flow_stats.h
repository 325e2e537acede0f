// Sizes and inter-arrival times per side (FlowStats) and the first packets of a flow (SequenceItem).
#pragma once

#include <algorithm>
#include <span>

#include "decode/packet.h"
#include "fields/flow_record.h"

namespace weir {

inline constexpr FlowStats kNoStats = [] {
  FlowStats stats{};
  for (unsigned side = 0; side < 2; side++) {
    stats.gapMinUs[side] = UINT32_MAX;
    stats.sizeMin[side] = UINT16_MAX;
  }
  return stats;
}();

inline void startStats(FlowStats& stats) { stats = kNoStats; }

// Index into FlowStats.sizeClasses of a wire packet's IP octets.
inline unsigned sizeClassOf(uint32_t octets) {
  return (octets > 128) + (octets > 256) + (octets > 512) + (octets > 1024) + (octets > 1514);
}

// The wire packets a Packet stands for: all but the last have `largest` octets.
struct WireSizes {
  uint32_t full;  // how many of `largest`
  uint32_t largest;
  uint32_t last;
};

inline WireSizes wireSizes(const Packet& packet) {
  if (packet.wirePackets <= 1) return {0, packet.octets, packet.octets};
  const uint64_t full = uint64_t{packet.wirePackets - 1} * packet.largest;
  const uint32_t last = full < packet.octets ? static_cast<uint32_t>(packet.octets - full) : packet.largest;
  return {packet.wirePackets - 1, packet.largest, last};
}

inline void measureGap(FlowStats& stats, uint64_t ns, unsigned side) {
  const uint64_t gapUs = ns > stats.lastNs[side] ? (ns - stats.lastNs[side]) / 1000 : 0;
  const auto gap = static_cast<uint32_t>(std::min<uint64_t>(gapUs, UINT32_MAX - 1));
  stats.gapMinUs[side] = std::min(stats.gapMinUs[side], gap);
  stats.gapMaxUs[side] = std::max(stats.gapMaxUs[side], gap);
  if (__builtin_add_overflow(stats.gapSquares[side], uint64_t{gap} * gap, &stats.gapSquares[side])) {
    stats.gapSquares[side] = UINT64_MAX;
  }
}

inline void measureStats(FlowStats& stats, const Packet& packet, unsigned side) {
  if (stats.lastNs[side] != 0) {
    measureGap(stats, packet.ns, side);
    stats.firstNs[side] = std::min(stats.firstNs[side], packet.ns);
    stats.lastNs[side] = std::max(stats.lastNs[side], packet.ns);
  } else {
    stats.firstNs[side] = stats.lastNs[side] = packet.ns;
  }
  const WireSizes sizes = wireSizes(packet);
  const auto largest = static_cast<uint16_t>(std::min<uint32_t>(std::max(sizes.largest, sizes.last), UINT16_MAX));
  const auto smallest = static_cast<uint16_t>(std::min<uint32_t>(sizes.last, largest));
  stats.sizeMax[side] = std::max(stats.sizeMax[side], largest);
  stats.sizeMin[side] = std::min(stats.sizeMin[side], smallest);
  stats.sizeSquares[side] += uint64_t{sizes.last} * sizes.last;
  stats.sizeClasses[sizeClassOf(sizes.last)]++;
  if (sizes.full == 0) return;
  // Segments of a super-packet were captured as one: no time lies between them.
  stats.gapMinUs[side] = 0;
  stats.sizeSquares[side] += uint64_t{sizes.full} * sizes.largest * sizes.largest;
  stats.sizeClasses[sizeClassOf(sizes.largest)] += sizes.full;
}

// Writes a Packet's wire packets from position `seen` (wire packets before this one) as far as items reaches.
inline void recordSequence(std::span<SequenceItem> items, uint32_t seen, const Packet& packet, unsigned side,
                           uint64_t firstSeenNs) {
  const WireSizes sizes = wireSizes(packet);
  const uint64_t us = packet.ns > firstSeenNs ? (packet.ns - firstSeenNs) / 1000 : 0;
  const uint64_t end = std::min<uint64_t>(uint64_t{seen} + packet.wirePackets, items.size());
  for (uint64_t at = seen; at < end; at++) {
    const uint32_t size = at - seen < sizes.full ? sizes.largest : sizes.last;
    items[at] = {static_cast<uint32_t>(std::min<uint64_t>(us, UINT32_MAX)),
                 static_cast<uint16_t>(std::min<uint32_t>(size, UINT16_MAX)), static_cast<uint8_t>(side),
                 (packet.present & hasTcp) != 0 ? packet.tcpFlags : uint8_t{0}};
  }
}

}  // namespace weir
