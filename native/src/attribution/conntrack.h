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
  uint8_t protocol = 0;
};

struct NatView {
  NatTuple other;           // the same connection on the other side of the translation, in the direction that was asked for
  bool observedAfter = false;  // what was asked for is what stands behind the translation (post-NAT)
};

struct ConntrackCounters {
  uint64_t translated = 0;  // gauge: connections kept
  uint64_t evicted = 0;     // table full
  uint64_t overruns = 0;    // netlink socket overran: dumped again
};

class Conntrack {
 public:
  // Throws Error WEIR_CONNTRACK when the kernel has no conntrack netlink or it is not allowed. netns: path, empty = own.
  // Ended connections are kept keepNs longer, since flow records come later.
  explicit Conntrack(const std::string& netns = {}, size_t capacity = 65536, uint64_t keepNs = 30'000'000'000);
  ~Conntrack();
  // Looks for a packet of this tuple, either direction of the connection, before or behind translation.
  std::optional<NatView> find(const NatTuple& tuple) const;
  ConntrackCounters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
