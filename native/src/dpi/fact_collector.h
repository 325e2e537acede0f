// What weir's own parsers find in one flow: chooses the parser by the first octets, puts TCP segments in order, remembers
// both directions' beginnings, stops when nothing more is to be found. One lies in each DPI state; bounded.
#pragma once

#include <cstdint>
#include <memory>

#include "decode/packet.h"
#include "dpi/dpi.h"
#include "fields/flow_facts.h"

namespace weir {

class FactCollector {
 public:
  FactCollector();
  ~FactCollector();

  // Ready for a new flow; frees what it kept. needs: those of kFactNeeds.
  void begin(uint32_t needs);
  // A packet with payload. side: 0 = from the source.
  void packet(const Packet& packet, unsigned side, FactBuffer& facts);
  // Nothing more will be found, or nothing can be.
  bool complete() const;

  // Octets of reassembly kept at most for a flow.
  static constexpr size_t kLongestStream = 24u << 10;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Takes out or hides what the options say, and copies the rest: facts as they go out.
void applyPrivacy(const DpiPrivacy& privacy, const FactBuffer& from, FactBuffer& to);

}  // namespace weir
