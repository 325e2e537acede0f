// One worker's flows: preallocated, keyed by the full FlowKey, seeded hash, expiry by a wheel. Not thread-safe.
//
// Blocks live in parallel arrays by entry index (hot, link, and what needs asks for), so an update touches the hot
// entry's two cache lines and only the blocks that are measured. The index is open addressing over {hash, entry}.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/counter.h"
#include "base/hash.h"
#include "decode/packet.h"
#include "dpi/dpi.h"
#include "fields/flow_record.h"

namespace weir {

struct FlowCacheOptions {
  uint32_t capacity = 1u << 20;       // flows; throws Error(WEIR_CACHE_MEMORY) when the memory cannot be mapped
  uint32_t needs = 0;                 // FlowNeeds
  uint64_t activeTimeoutNs = 60'000'000'000;
  uint64_t idleTimeoutNs = 15'000'000'000;
  uint64_t lingerNs = 2'000'000'000;  // after FIN both ways or RST, so that trailing ACKs join the flow
  uint16_t firstPackets = 0;          // N of the packet sequence, 0 = off
  uint64_t flowIdBase = 0;            // high bits that make ids unique over workers
  HashSeed seed{};
  uint32_t packetSampling = 1;        // one of so many packets comes here: records say so
  bool upscale = false;               // counters of records are multiplied by packetSampling
  uint32_t flowSampling = 1;          // one of so many flows is handed to the sink, chosen by the hash of its key
  FlowInspector* inspector = nullptr;  // looks inside flows and lives longer than the cache; null = nobody does
};

struct FlowCacheCounters {
  Counter flowsCreated;     // == flows + flowsGone
  Counter flows;            // gauge: in the cache now
  Counter flowsGone;
  Counter records[6];       // taken by the sink, by EndReason
  Counter recordsNotSelected;  // left out by flow sampling; the sink did not see them
  Counter recordsNotWanted;    // left out by the filter of applications; likewise
  Counter packets;          // wire packets metered
  Counter octets;           // IP octets metered
};

// A finished record where it lies in the cache; valid during put(). Arrays of two are source, destination.
struct FlowView {
  const FlowHot& hot;         // a copy with endpoint 0 the source and what belongs to the cache replaced
  const FlowLink& link;
  const FlowTcp* tcp;         // null when the block is not measured
  const FlowStats* stats;
  const FlowTunnel* tunnel;
  const FlowApplication* application;      // with what is the cache's and the inspector's own
  std::span<const SequenceItem> sequence;  // record 0 only, may be empty
  std::span<const uint8_t> facts;          // flow_facts.h
};

// Takes finished records; called on the worker thread.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // False when there is no room: the cache counts nothing, the sink counted the drop.
  virtual bool put(const FlowView& view) = 0;
};

class FlowCache {
 public:
  FlowCache(const FlowCacheOptions& options, RecordSink& sink);
  ~FlowCache();

  // Meters a burst, in order; hides the memory latency by prefetching. Packet times may jitter; the clock is their
  // maximum. A step back by more than the idle timeout sets the clock back without expiring anything.
  // Times past the year 2116 are cut to it (in the packet).
  void update(std::span<Packet> burst);
  // Drives expiry: everything due by nowNs leaves. Call at least every 100 ms of nowNs; cheap when nothing is due.
  // Looks at about limit flows at most; false when more were due, then call again.
  bool tick(uint64_t nowNs, size_t limit = SIZE_MAX);
  // Every flow leaves with this reason (forced at shutdown or flush); TCP flows that have ended already, with endOfFlow.
  void flush(EndReason reason);
  // Timeouts may change while running (SIGHUP); every flow is judged by the new ones from now on.
  void setTimeouts(uint64_t activeNs, uint64_t idleNs);
  // Clock of the cache: the maximum of packet times and ticks, ns.
  uint64_t now() const;
  FlowCacheCounters& counters();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
