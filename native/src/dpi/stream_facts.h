// Facts of one TCP connection: finds out which protocol it carries and gives its beginnings to the parsers.
#pragma once

#include <array>

#include "decode/packet.h"
#include "dpi/fact_protocol.h"
#include "dpi/stream_prefix.h"

namespace weir {

class StreamFacts {
 public:
  void begin(uint32_t needs);
  // The first octet of a side has this sequence number (its SYN's plus 1).
  void expect(unsigned side, uint32_t sequence) { sides_[side].prefix.expect(sequence, true); }
  void packet(const Packet& packet, unsigned side, FactBuffer& facts);
  bool complete() const { return complete_; }

 private:
  struct Side {
    StreamPrefix prefix;
    size_t wanted = 0;   // octets the parser waits for
    bool done = false;   // read, or given up
    bool lost = false;   // its beginning is nothing known: only a later segment may be one
  };

  void recognise(const Packet& packet, unsigned side, Octets segment, FactBuffer& facts);
  bool tryProtocols(const Packet& packet, unsigned side, Octets stream, FactBuffer& facts);
  void restartOther(const Packet& packet, unsigned side);
  void continueSide(const Packet& packet, unsigned side, Octets segment, FactBuffer& facts);
  ParseResult parse(const Packet& packet, unsigned side, Octets stream, FactBuffer& facts);
  ParseResult parseDns(const Packet& packet, Octets stream, FactBuffer& facts);
  void take(ParseResult result, const Packet& packet, unsigned side, Octets stream, FactBuffer& facts);
  void finishSide(unsigned side, FactBuffer& facts);
  void finish();
  size_t room() const;

  std::array<Side, 2> sides_;
  uint32_t needs_ = 0;
  uint64_t queryNs_ = 0;
  unsigned segments_ = 0;      // with payload, since the protocol was last unknown or found
  unsigned patience_ = 0;      // segments looked at while the protocol is unknown
  FactProtocol protocol_ = FactProtocol::unknown;
  bool proxied_ = false;       // CONNECT was seen and is not asked for: TLS may follow
  bool complete_ = true;
};

}  // namespace weir
