// Address translation of the kernel (nf_conntrack by netlink): dumped once, then followed by events. Only connections
// whose addresses are translated are kept. Its own thread follows; lookups from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "fields/flow_record.h"

namespace weir {

// One direction's view: local/remote as a packet from `source` to `destination` has them.
struct NatTuple {
  Address source{}, destination{};
  uint16_t sourcePort = 0, destinationPort = 0;
  uint8_t protocol = 0;  // ports are 0 where it has none
  bool operator==(const NatTuple&) const = default;
};

struct NatView {
  NatTuple other;           // the same connection on the other side of the translation, in the direction that was asked for
  bool observedAfter = false;  // what was asked for is what stands behind the translation (post-NAT)
  unsigned client = 0;         // end of the tuple that began the connection: 0 its source, 1 its destination
};

struct ConntrackCounters {
  uint64_t translated = 0;  // gauge: connections kept
  uint64_t evicted = 0;     // table full
  uint64_t overruns = 0;    // netlink socket overran: dumped again
};

class Conntrack {
 public:
  // Throws Error WEIR_CONNTRACK when the kernel has no conntrack netlink or it is not allowed, WEIR_NETNS when netns (a path,
  // empty = own) cannot be entered. Ended connections are kept keepNs longer, since flow records come later.
  explicit Conntrack(const std::string& netns = {}, size_t capacity = 65536, uint64_t keepNs = 30'000'000'000,
                     int receiveBuffer = 8 << 20);
  ~Conntrack();
  // Looks for a packet of this tuple, either direction of the connection, before or behind translation. atNs: when it was seen
  // (CLOCK_MONOTONIC), as ports are used again; 0 = now. Nothing too when several connections fit (ICMP has no ports).
  std::optional<NatView> find(const NatTuple& tuple, uint64_t atNs = 0) const;
  ConntrackCounters counters() const;
  bool stalled(uint64_t nowNs, uint64_t longestNs) const;
  // Empty, or why short connections are missed: the kernel tells no events, so the table is read again and again.
  const std::string& trouble() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
