// Facts of one UDP flow, a datagram at a time.
#pragma once

#include "decode/packet.h"
#include "dpi/fact_protocol.h"
#include "dpi/parsers.h"

namespace weir {

class DatagramFacts {
 public:
  void begin(uint32_t needs);
  void packet(const Packet& packet, unsigned side, FactBuffer& facts);
  bool complete() const { return complete_; }

 private:
  void recognise(const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts);
  void settle(FactProtocol protocol, const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts);
  void read(const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts);
  void readDns(const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts);
  void readDhcp(Octets datagram, FactBuffer& facts);
  void finish() { complete_ = true; }

  uint32_t needs_ = 0;
  uint64_t queryNs_ = 0;
  unsigned datagrams_ = 0;
  unsigned asking_ = 0;  // the side of the first DNS query
  FactProtocol protocol_ = FactProtocol::unknown;
  bool complete_ = true;
};

}  // namespace weir
