// What weir's own parsers find in one flow: chooses the parser by the first octets, puts TCP segments in order, remembers
// both directions' beginnings, stops when nothing more is to be found. One lies in each DPI state; bounded.
#pragma once

#include <cstdint>

#include "decode/packet.h"
#include "dpi/datagram_facts.h"
#include "dpi/stream_facts.h"
#include "fields/flow_facts.h"

namespace weir {

class FactCollector {
 public:
  // Ready for a new flow; frees what it kept. needs: those of kFactNeeds.
  void begin(uint32_t needs);
  // A packet; one without payload tells at most where a stream begins (SYN). side: 0 = from the source.
  void packet(const Packet& packet, unsigned side, FactBuffer& facts);
  // The sequence number of a side's first octet, for a caller that saw the SYN before it had a collector: optional, but
  // without it the first segments of a flow are kept until no earlier one can be expected.
  void expect(unsigned side, uint32_t sequence);
  // Nothing more will be found, or nothing can be.
  bool complete() const { return complete_; }

  // Octets of reassembly kept at most for a flow.
  static constexpr size_t kLongestStream = 24u << 10;

 private:
  bool complete_ = true;
  StreamFacts stream_;
  DatagramFacts datagrams_;
};

}  // namespace weir
