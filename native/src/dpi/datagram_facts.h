// Facts of one UDP flow, a datagram at a time.
#pragma once

#include <array>
#include <memory>

#include "decode/packet.h"
#include "dpi/dtls.h"
#include "dpi/fact_protocol.h"
#include "dpi/quic.h"

namespace weir {

class DatagramFacts {
 public:
  void begin(uint32_t needs);
  void packet(const Packet& packet, unsigned side, FactBuffer& facts);
  bool complete() const { return complete_; }

 private:
  enum class Role : uint8_t { unknown, client, server, done };
  struct Dtls {
    std::array<DtlsMessages, 2> messages;
    std::array<Role, 2> roles{};
  };

  FactProtocol protocolOf(const Packet& packet, Octets datagram) const;
  void read(const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts);
  void readDns(const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts);
  void readDhcp(Octets datagram, FactBuffer& facts);
  void readQuic(unsigned side, Octets datagram, FactBuffer& facts);
  void readDtls(unsigned side, Octets datagram, FactBuffer& facts);
  void finish();

  std::unique_ptr<QuicCrypto> quic_;  // as long as a hello is under way
  std::unique_ptr<Dtls> dtls_;
  uint64_t queryNs_ = 0;
  uint32_t needs_ = 0;
  unsigned datagrams_ = 0;
  unsigned asking_ = 0;        // the side of the first DNS query, of QUIC's client
  FactProtocol protocol_ = FactProtocol::unknown;
  bool clientDone_ = false;    // QUIC: the ClientHello was read
  bool complete_ = true;
};

}  // namespace weir
