// Decodes one built frame; what every decode test starts with.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <string>

#include "decode/decoder.h"
#include "frame_builder.h"

namespace weir::test {

struct Decoded {
  Outcome outcome;
  Packet packet;

  const char* name() const { return outcomeName(outcome); }
  bool has(PacketPresent bit) const { return (packet.present & bit) != 0; }
  uint16_t sourcePort() const { return packet.key.port[packet.side]; }
  uint16_t destinationPort() const { return packet.key.port[packet.side ^ 1]; }
  std::string source() const { return text(packet.key.address[packet.side], packet.key.ipVersion); }
  std::string destination() const { return text(packet.key.address[packet.side ^ 1], packet.key.ipVersion); }

  static std::string text(const Address& address, int ipVersion) {
    char out[INET6_ADDRSTRLEN] = {};
    const bool four = ipVersion == 4;
    inet_ntop(four ? AF_INET : AF_INET6, address.data() + (four ? 12 : 0), out, sizeof out);
    return out;
  }
};

inline Decoded decode(Decoder& decoder, const Frame& frame) {
  Decoded decoded{};
  decoded.outcome = decoder.decode(frame, decoded.packet);
  return decoded;
}

inline Decoded decode(const Frame& frame, const DecoderOptions& options = {}) {
  Decoder decoder(options);
  return decode(decoder, frame);
}

inline DecoderOptions withTunnels(uint8_t depth = 4) { return {.tunnels = true, .tunnelDepth = depth}; }

// The frame cut to its first octets by the snap length.
inline Frame snapped(Frame frame, uint32_t octets) {
  frame.captured = std::min(frame.captured, octets);
  return frame;
}

// The frame as if it had been that short on the wire.
inline Frame shortened(Frame frame, uint32_t octets) {
  frame.captured = frame.wire = octets;
  return frame;
}

}  // namespace weir::test
