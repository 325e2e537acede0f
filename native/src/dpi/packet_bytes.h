// IP packets as nDPI wants them: whole, with the length their header says. Packets that were cut by the snap length or that are
// larger than any header can say are copied and their length made right; headers without payload are written anew.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "decode/packet.h"

namespace weir {

inline constexpr size_t kLongestPacket = 65'535;

using PacketCopy = std::array<uint8_t, kLongestPacket>;

// The packet in the frame, or its copy in `copy`; empty when not even its IP header is there.
std::span<const uint8_t> wholePacket(const Packet& packet, PacketCopy& copy);

struct HeaderFields {
  const FlowKey& key;
  unsigned sender;      // which endpoint of the key
  uint8_t tcpFlags = 0;
  uint32_t sequence = 0;
  uint32_t acknowledgment = 0;
};

using HeaderCopy = std::array<uint8_t, 60>;

// A packet of these fields without payload: TCP, UDP or the IP header alone.
std::span<const uint8_t> writeHeaders(const HeaderFields& fields, HeaderCopy& out);

}  // namespace weir
