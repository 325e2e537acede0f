// Writes the key and the other members of a Packet from what the layers said. Inline: this is the packet path.
#pragma once

#include <cstring>

#include "capture/frame.h"
#include "decode/ip.h"
#include "decode/link.h"
#include "decode/packet.h"
#include "decode/transport.h"

namespace weir {

// ::ffff:a.b.c.d from four octets in network order.
inline void setAddress4(Address& address, const uint8_t* octets) {
  static constexpr uint8_t kPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(address.data(), kPrefix, 12);
  std::memcpy(address.data() + 12, octets, 4);
}

// Endpoint 0 is the lower one by (address, port). Without branches: the order is a coin toss to the predictor.
inline void setEndpoints4(const uint8_t* source, const uint8_t* destination, Ports ports, Packet& packet) {
  const uint64_t from = static_cast<uint64_t>(loadBe32(source)) << 16 | ports.source;
  const uint64_t to = static_cast<uint64_t>(loadBe32(destination)) << 16 | ports.destination;
  const bool side = from > to;
  const uint64_t swap = (from ^ to) & (0 - static_cast<uint64_t>(side));
  const uint64_t ends[2] = {from ^ swap, to ^ swap};
  packet.side = side;
  for (int i = 0; i < 2; ++i) {
    const uint64_t octets = __builtin_bswap32(static_cast<uint32_t>(ends[i] >> 16));
    const uint64_t mapped[2] = {0, octets << 32 | 0xffff0000u};  // ::ffff:a.b.c.d as two little-endian words
    std::memcpy(packet.key.address[i].data(), mapped, 16);
    packet.key.port[i] = static_cast<uint16_t>(ends[i]);
  }
}

inline void setEndpoints6(const uint8_t* source, const uint8_t* destination, Ports ports, Packet& packet) {
  const uint64_t from[2] = {loadBe64(source), loadBe64(source + 8)};
  const uint64_t to[2] = {loadBe64(destination), loadBe64(destination + 8)};
  const bool low = (from[1] > to[1]) | ((from[1] == to[1]) & (ports.source > ports.destination));
  const bool side = (from[0] > to[0]) | ((from[0] == to[0]) & low);
  packet.side = side;
  std::memcpy(packet.key.address[side].data(), source, 16);
  std::memcpy(packet.key.address[!side].data(), destination, 16);
  packet.key.port[side] = ports.source;
  packet.key.port[!side] = ports.destination;
}

// What the frame says about itself, not its octets.
inline void setFrame(const Frame& frame, Packet& packet) {
  packet.key.observationPoint = frame.observationPoint;
  packet.key.tunnelKey = 0;
  packet.ns = frame.ns;
  packet.interface = frame.interface;
  packet.direction = static_cast<uint8_t>(frame.direction);
  packet.wirePackets = 1;
  packet.tunnelId = 0;
}

// Behind setFrame(): Linux cooked headers know the direction, v2 the interface too.
inline void setLink(const Link& link, Packet& packet) {
  packet.key.vlanId = link.vlanId;
  packet.key.innerVlanId = link.innerVlanId;
  packet.vlanPriority = link.vlanPriority;
  packet.mplsTopEntry = link.mplsTopEntry;
  packet.mplsDepth = link.mplsDepth;
  packet.mac = link.mac;
  packet.direction = static_cast<uint8_t>(link.direction);
  if (packet.interface == 0) packet.interface = link.interface;
  if (link.mac != nullptr) packet.present |= hasMac;
}

inline void setIp(const Ip& ip, uint8_t protocol, Packet& packet) {
  packet.key.protocol = protocol;
  packet.key.ipVersion = ip.version;
  packet.octets = packet.largest = ip.octets;
  packet.ip = ip.start;
  packet.ipCaptured = static_cast<uint32_t>(ip.payload.at - ip.start) + ip.payload.captured;
  packet.tos = ip.tos;
  packet.ttl = ip.ttl;
  packet.fragmentFlags = ip.fragmentFlags;
  packet.flowLabel = ip.flowLabel;
}

}  // namespace weir
