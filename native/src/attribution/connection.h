// A connection as its sockets on this host tell of it: one of them or both, what they counted, and what of that is in
// records already. Times are probe time.
#pragma once

#include <cstdint>

#include "attribution/socket_tuple.h"

namespace weir {

// One socket. Nothing is counted before healthNs is set.
struct ConnectionSide {
  uint64_t cookie = 0;  // 0 = this end is not on this host, or not known yet
  uint64_t netnsCookie = 0;
  uint64_t connectNs = 0, establishedNs = 0;
  uint64_t healthNs = 0;
  uint64_t readNs = 0;    // the same, CLOCK_MONOTONIC
  uint64_t closedNs = 0;  // 0 = open
  weir_tcp_health health{};
  uint8_t state = 0;      // net/tcp_states.h; at the close the one before it
  bool connector = false;

  bool known() const { return cookie != 0; }
  bool open() const { return known() && closedNs == 0; }
};

// By direction: [0] from the end of side 0, [1] towards it.
struct ConnectionSums {
  uint64_t payload[2] = {};
  uint64_t packets[2] = {};
  bool any() const { return (payload[0] | payload[1] | packets[0] | packets[1]) != 0; }
};

enum class ConnectionPhase : uint8_t {
  open,
  ended,  // waits for packets' records, or for the socket of the other end
  told,   // its record is made; kept for what comes late
};

struct Connection {
  SocketTuple tuple;  // as side 0 has it
  ConnectionSide side[2];
  ConnectionSums before;  // told in earlier records, or older than the probe
  uint64_t flowId = 0;
  uint64_t firstNs = 0;       // of the flow
  uint64_t recordStartNs = 0; // of the next record
  uint64_t seenNs = 0;        // last event
  uint64_t dueNs = 0;         // when something is to be done about it
  uint64_t activeNs = 0;      // when the next record is due while it is open
  uint32_t records = 0;
  int8_t source = -1;         // side that began it, once a record said so
  ConnectionPhase phase = ConnectionPhase::open;
  bool asked = false;         // a snapshot was asked for
  bool byPackets = false;     // records of packets tell of it
  bool older = false;         // than the probe: it began before firstNs
  bool waited = false;        // packets had their time to tell of it
  bool diag = false;          // no event will tell of its end

  bool anyOpen() const { return side[0].open() || side[1].open(); }
  bool alone() const { return !side[1].known(); }
  uint64_t closedNs() const { return std::max(side[0].closedNs, side[1].closedNs); }
  uint64_t healthNs() const { return std::max(side[0].healthNs, side[1].healthNs); }
};

// All that was counted so far; of a direction that both ends counted, the larger: a socket in TIME_WAIT counts no more.
ConnectionSums sumsOf(const Connection& connection);
// Counted since `before`, never negative.
ConnectionSums since(const ConnectionSums& now, const ConnectionSums& before);
// Side that began it.
unsigned sourceOf(const Connection& connection);
// The record's numbers, times and kernel blocks; counters are those of `sums`.
FlowRecord recordOf(const Connection& connection, const ConnectionSums& sums, EndReason reason, uint64_t endNs);

}  // namespace weir
