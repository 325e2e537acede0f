#include "dpi/fact_collector.h"

#include "decode/ip.h"

namespace weir {

void FactCollector::begin(uint32_t needs) {
  // No need, nothing to be found.
  stream_.begin(needs & kFactNeeds);
  datagrams_.begin(needs & kFactNeeds);
  complete_ = (needs & kFactNeeds) == 0;
}

void FactCollector::expect(unsigned side, uint32_t sequence) { stream_.expect(side, sequence); }

void FactCollector::packet(const Packet& packet, unsigned side, FactBuffer& facts) {
  if (complete_) return;
  if (packet.key.protocol == kProtocolTcp) {
    stream_.packet(packet, side, facts);
    complete_ = stream_.complete();
  } else if (packet.key.protocol == kProtocolUdp) {
    datagrams_.packet(packet, side, facts);
    complete_ = datagrams_.complete();
  } else {
    complete_ = true;
  }
}

}  // namespace weir
