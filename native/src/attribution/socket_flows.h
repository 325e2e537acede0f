// Flow records from socket events alone (-i ebpf:), for sockets that no captured packet told of. Guarded by the mutex of
// Attribution; no thread of its own.
#pragma once

#include <cstdint>
#include <memory>

#include "attribution/socket_events.h"
#include "fields/flow_record.h"

namespace weir {

struct SocketFlowOptions {
  uint64_t activeTimeoutNs = 60'000'000'000;
  uint64_t idleTimeoutNs = 15'000'000'000;
  // What packets may tell of waits so much longer (idle timeout and hand-over), else 0.
  uint64_t waitNs = 0;
  uint32_t capacity = 1u << 18;
  size_t queue = 65536;        // finished records that wait to be taken
};

// A record with the numbers of the flow, its times (probe time) and its kernel block; who is at its ends is joined as for any record. cookie and netnsCookie name
// the socket, so that the join needs no search. Where both ends are on this host, mate is the socket of the other end (0 = none known).
// Octets are payload; packets of UDP are calls of send and receive, and 0 without sums of lengths (BpfOptions.lengths).
struct SocketFlow {
  FlowRecord record;
  uint64_t cookie = 0;
  uint64_t netnsCookie = 0;
  uint64_t mateCookie = 0;
  uint64_t mateNetnsCookie = 0;
  uint8_t side = 0;  // of the record, where `cookie` is; the mate is at the other one
};

class SocketFlows {
 public:
  explicit SocketFlows(const SocketFlowOptions& options);
  ~SocketFlows();
  // Every socket event in order of time. sleptNs: probe time - CLOCK_MONOTONIC now.
  void onEvent(const weir_event& event, EventOrigin origin, uint64_t sleptNs);
  // A packet's record told of this connection: its socket makes none.
  void toldByPackets(uint64_t cookie);
  // Ends what is due by nowNs (probe time). True when open connections need a snapshot event for the active timeout (their
  // counters are only known from one).
  bool tick(uint64_t nowNs);
  void setTimeouts(uint64_t activeNs, uint64_t idleNs, uint64_t waitNs);
  // All leave with reason forced.
  void flush();
  // False = nothing waits.
  bool take(SocketFlow& out);
  // Records that were or will be taken, and those that found the queue full.
  uint64_t made() const;
  uint64_t dropped() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
