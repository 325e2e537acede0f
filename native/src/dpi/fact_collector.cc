#include "dpi/fact_collector.h"

#include "decode/ip.h"
#include "dpi/datagram_facts.h"
#include "dpi/stream_facts.h"

namespace weir {

struct FactCollector::State {
  StreamFacts stream;
  DatagramFacts datagrams;
};

FactCollector::FactCollector() : state_(std::make_unique<State>()) {}
FactCollector::~FactCollector() = default;

void FactCollector::begin(uint32_t needs) {
  // No need, nothing to be found.
  state_->stream.begin(needs & kFactNeeds);
  state_->datagrams.begin(needs & kFactNeeds);
  complete_ = (needs & kFactNeeds) == 0;
}

void FactCollector::expect(unsigned side, uint32_t sequence) { state_->stream.expect(side, sequence); }

void FactCollector::packet(const Packet& packet, unsigned side, FactBuffer& facts) {
  if (complete_) return;
  if (packet.key.protocol == kProtocolTcp) {
    state_->stream.packet(packet, side, facts);
    complete_ = state_->stream.complete();
  } else if (packet.key.protocol == kProtocolUdp) {
    state_->datagrams.packet(packet, side, facts);
    complete_ = state_->datagrams.complete();
  } else {
    complete_ = true;
  }
}

}  // namespace weir
