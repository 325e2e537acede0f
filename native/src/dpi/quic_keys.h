// Keys of QUIC Initial packets (RFC 9001 section 5.2): anyone who sees the client's first packet can derive them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dpi/parsers.h"

namespace weir {

// What differs between versions in the protection of Initial packets.
struct QuicProtection {
  const uint8_t* salt;   // 20 octets
  bool version2;         // labels and packet types of RFC 9369
};

struct QuicKeys {
  std::array<uint8_t, 16> key, headerKey;
  std::array<uint8_t, 12> iv;
};

// connectionId: the Destination Connection ID of the client's first Initial.
QuicKeys quicInitialKeys(const QuicProtection& protection, Octets connectionId, bool ofServer);

// Takes the protection off one packet. numberOffset: where its packet number begins. Returns the frames, which stand in
// `room`; empty when it is not authentic or longer than the room.
Octets openQuicPacket(const QuicKeys& keys, Octets packet, size_t numberOffset, std::span<uint8_t> room);

}  // namespace weir
