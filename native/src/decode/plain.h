// The short way for what nearly every frame is: Ethernet, at most one tag, IPv4 without options or IPv6 without
// extension headers, not a fragment, TCP or UDP. Everything else, and all that is wrong, takes the long way.
#pragma once

#include "decode/compose.h"
#include "decode/tunnel.h"

namespace weir {

// slice: what follows the IP header, bounded by the IP length. Writes nothing unless it returns true.
inline bool readPlainTcp(const Slice& slice, Ports& ports, Packet& packet) {
  if (!slice.has(20)) return false;
  const uint32_t header = (slice.u8(12) >> 4) * 4u;
  const uint8_t flags = slice.u8(13);
  const uint16_t window = slice.be16(14);
  const uint32_t sequence = slice.be32(4), acknowledgment = slice.be32(8);
  if (header < 20 || !slice.has(header)) return false;
  ports = {slice.be16(0), slice.be16(2)};
  const uint32_t captured = slice.captured - header;
  packet.present = static_cast<uint16_t>(captured != 0 ? hasMac | hasTcp | hasPayload : hasMac | hasTcp);
  packet.payload = slice.wire - header;
  packet.payloadCaptured = captured;
  packet.payloadData = slice.at + header;
  packet.tcpFlags = flags;
  packet.windowScale = 255;
  packet.mss = 0;
  packet.window = window;
  packet.sequence = sequence;
  packet.acknowledgment = acknowledgment;
  if ((flags & 0x02) != 0 && header > 20) readSynOptions(slice.at + 20, header - 20, packet);
  return true;
}

inline bool readPlainUdp(const Slice& slice, bool tunnels, Ports& ports, Packet& packet) {
  if (!slice.has(8) || slice.be16(4) != slice.wire) return false;
  ports = {slice.be16(0), slice.be16(2)};
  if (tunnels && isTunnelPort(ports)) return false;
  const uint32_t captured = slice.captured - 8;
  packet.present = static_cast<uint16_t>(captured != 0 ? hasMac | hasPayload : hasMac);
  packet.payload = slice.wire - 8;
  packet.payloadCaptured = captured;
  packet.payloadData = slice.at + 8;
  packet.tcpFlags = 0;
  packet.windowScale = 255;
  packet.mss = 0;
  packet.window = 0;
  packet.sequence = 0;
  packet.acknowledgment = 0;
  return true;
}

inline bool readPlainTransport(uint8_t protocol, const Slice& slice, bool tunnels, Ports& ports, Packet& packet) {
  if (protocol == kProtocolTcp) return readPlainTcp(slice, ports, packet);
  return protocol == kProtocolUdp && readPlainUdp(slice, tunnels, ports, packet);
}

inline bool readPlain4(Slice slice, bool tunnels, Packet& packet) {
  constexpr uint16_t kMoreOrOffset = 0x3fff;
  const uint8_t* at = slice.at;
  const uint32_t octets = slice.be16(2);
  if (at[0] != 0x45 || octets < 28 || (slice.be16(6) & kMoreOrOffset) != 0) return false;
  slice.at += 20;
  slice.captured = std::min(slice.captured, octets) - 20;
  slice.wire = octets - 20;
  Ports ports;
  if (!readPlainTransport(at[9], slice, tunnels, ports, packet)) return false;
  setEndpoints4(at + 12, at + 16, ports, packet);
  packet.key.protocol = at[9];
  packet.key.ipVersion = 4;
  packet.octets = octets;
  packet.largest = octets;
  packet.ip = at;
  packet.ipCaptured = slice.captured + 20;
  packet.tos = at[1];
  packet.ttl = at[8];
  packet.fragmentFlags = at[6] & 0x60;
  packet.flowLabel = 0;
  return true;
}

inline bool readPlain6(Slice slice, bool tunnels, Packet& packet) {
  const uint8_t* at = slice.at;
  const uint32_t length = slice.be16(4);
  if (at[0] >> 4 != 6 || length < 8 || !slice.has(48)) return false;
  slice.at += 40;
  slice.captured = std::min(slice.captured - 40, length);
  slice.wire = length;
  Ports ports;
  if (!readPlainTransport(at[6], slice, tunnels, ports, packet)) return false;
  setEndpoints6(at + 8, at + 24, ports, packet);
  const uint32_t first = loadBe32(at);
  packet.key.protocol = at[6];
  packet.key.ipVersion = 6;
  packet.octets = 40 + length;
  packet.largest = 40 + length;
  packet.ip = at;
  packet.ipCaptured = slice.captured + 40;
  packet.tos = static_cast<uint8_t>(first >> 20);
  packet.ttl = at[7];
  packet.fragmentFlags = 0;
  packet.flowLabel = first & 0xfffff;
  return true;
}

// True when the packet is complete and metered; false says nothing but "the long way".
inline bool readPlain(const Frame& frame, bool tunnels, Packet& packet) {
  constexpr uint32_t kShortest = 14 + 4 + 20 + 8;
  if (frame.linkType != LinkType::ethernet || frame.captured < kShortest || frame.gsoHeader != 0) return false;
  Slice slice{frame.data + 14, frame.captured - 14, 0};
  uint16_t type = loadBe16(frame.data + 12);
  uint16_t tci = 0;
  if (frame.vlanTpid != 0) {
    tci = frame.vlanTci;
  } else if (type == 0x8100) {
    tci = slice.be16(0);
    type = slice.be16(2);
    slice.at += 4;
    slice.captured -= 4;
  }
  if (type == 0x0800) {
    if (!readPlain4(slice, tunnels, packet)) return false;
  } else if (type != 0x86dd || !readPlain6(slice, tunnels, packet)) {
    return false;
  }
  setFrame(frame, packet);
  packet.key.vlanId = tci & 0xfff;
  packet.key.innerVlanId = 0;
  packet.vlanPriority = static_cast<uint8_t>(tci >> 13);
  packet.icmpType = 0;
  packet.icmpCode = 0;
  packet.mplsDepth = 0;
  packet.spi = 0;
  packet.mplsTopEntry = 0;
  packet.mac = frame.data;
  return true;
}

}  // namespace weir
