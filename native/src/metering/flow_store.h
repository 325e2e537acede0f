// The entries of a flow cache: parallel arrays of blocks by entry index, and which indexes are free. Low indexes go
// out first and freed ones are used again at once, so memory grows with the flows that live at the same time.
#pragma once

#include <span>

#include "metering/flow_entry.h"
#include "metering/flow_stats.h"
#include "metering/mapped_array.h"
#include "metering/tcp_tracker.h"

namespace weir {

class FlowStore {
 public:
  FlowStore(uint32_t capacity, uint32_t needs, uint16_t firstPackets)
      : capacity_(capacity),
        firstPackets_(firstPackets),
        hot_(capacity),
        link_(capacity),
        tcp_((needs & needsTcp) != 0 ? capacity : 0),
        stats_((needs & needsStats) != 0 ? capacity : 0),
        tunnel_((needs & needsTunnel) != 0 ? capacity : 0),
        application_((needs & kApplicationNeeds) != 0 ? capacity : 0),
        sequence_(size_t{capacity} * firstPackets),
        free_(capacity) {}

  FlowHot& hot(uint32_t entry) { return hot_[entry]; }
  FlowLink& link(uint32_t entry) { return link_[entry]; }
  // Null when the block is not measured.
  FlowTcp* tcp(uint32_t entry) { return tcp_ ? tcp_.at(entry) : nullptr; }
  FlowStats* stats(uint32_t entry) { return stats_ ? stats_.at(entry) : nullptr; }
  FlowTunnel* tunnel(uint32_t entry) { return tunnel_ ? tunnel_.at(entry) : nullptr; }
  FlowApplication* application(uint32_t entry) { return application_ ? application_.at(entry) : nullptr; }
  std::span<SequenceItem> sequence(uint32_t entry) {
    if (firstPackets_ == 0) return {};
    return {sequence_.at(size_t{entry} * firstPackets_), firstPackets_};
  }

  bool full() const { return freeCount_ == 0 && used_ == capacity_; }
  uint32_t take() { return freeCount_ != 0 ? free_[--freeCount_] : used_++; }
  void giveBack(uint32_t entry) {
    hot_[entry].state = 0;
    free_[freeCount_++] = entry;
  }
  // Entries from here on were never used.
  uint32_t used() const { return used_; }

  // Blocks that a packet of a known flow touches.
  void prefetchUpdate(uint32_t entry) {
    prefetchBlock(hot_.at(entry));
    if (tcp_) prefetchBlock(tcp_.at(entry));
    if (stats_) prefetchBlock(stats_.at(entry));
  }
  // All blocks of the entry that the (ahead + 1)-th take() from now on gives.
  void prefetchTake(uint32_t ahead) {
    const uint32_t entry = ahead < freeCount_ ? free_[freeCount_ - 1 - ahead] : used_ + (ahead - freeCount_);
    if (entry >= capacity_) return;
    prefetchUpdate(entry);
    prefetchBlock(link_.at(entry));
    if (application_) prefetchBlock(application_.at(entry));
  }
  void prefetchHot(uint32_t entry) { prefetchBlock(hot_.at(entry)); }
  // What the inspector will touch first; hot is there already.
  void prefetchInspected(uint32_t entry) {
    if (hot_[entry].inspecting != 0) prefetchBlock(application_.at(entry));
  }
  // What a leaving record carries besides hot.
  void prefetchRecord(uint32_t entry) {
    prefetchBlock(link_.at(entry));
    if (tcp_) prefetchBlock(tcp_.at(entry));
    if (stats_) prefetchBlock(stats_.at(entry));
    if (tunnel_) prefetchBlock(tunnel_.at(entry));
    if (application_) prefetchBlock(application_.at(entry));
  }

 private:
  const uint32_t capacity_;
  const uint16_t firstPackets_;
  MappedArray<FlowHot> hot_;
  MappedArray<FlowLink> link_;
  MappedArray<FlowTcp> tcp_;
  MappedArray<FlowStats> stats_;
  MappedArray<FlowTunnel> tunnel_;
  MappedArray<FlowApplication> application_;
  MappedArray<SequenceItem> sequence_;
  MappedArray<uint32_t> free_;  // a stack
  uint32_t freeCount_ = 0;
  uint32_t used_ = 0;
};

}  // namespace weir
