// TCP health of a flow (FlowTcp): sequence tracking, windows, handshake and application latency.
//
// Loss and retransmission are judged from one point on the path, per sending side, with 32-bit wrap arithmetic:
//  - a segment beyond the highest sequence end opens a hole: what lies between counts as lost;
//  - data that later falls into the most recent hole is taken back out of lost: within max(3 ms, handshake RTT) of the
//    hole's opening it was out of order, later it is a retransmission. Holes that open within that time of each other
//    are one loss event and are kept as one range;
//  - other data below the highest sequence end was seen before: a retransmission;
//  - keep-alives and zero-window probes are neither.
#pragma once

#include "decode/packet.h"
#include "fields/flow_record.h"

namespace weir {

inline constexpr FlowTcp kNoTcp = [] {
  FlowTcp tcp{};
  tcp.windowMin[0] = tcp.windowMin[1] = UINT32_MAX;
  tcp.windowScale[0] = tcp.windowScale[1] = UINT8_MAX;
  return tcp;
}();

inline void startTcp(FlowTcp& tcp) { tcp = kNoTcp; }
// The next record's counters; sequence state, MSS, scale and latencies stay.
void resetTcp(FlowTcp& tcp);
// A packet of the flow; side 0 from the source. known: the direction is known, not guessed (DirectionMethod).
// firstSeenNs is read only when an event needs its time.
void trackTcp(FlowTcp& tcp, const Packet& packet, unsigned side, bool known, const uint64_t& firstSeenNs);

}  // namespace weir
