// Transport headers: TCP (RFC 9293), UDP (RFC 768), UDP-Lite (RFC 3828), SCTP (RFC 9260), DCCP (RFC 4340),
// ICMP (RFC 792), ICMPv6 (RFC 4443), ESP (RFC 4303).
#pragma once

#include <cstdint>

#include "decode/ip.h"
#include "decode/packet.h"

namespace weir {

struct Ports {
  uint16_t source = 0;
  uint16_t destination = 0;
};

// Sets every member that only the transport header decides, to "absent".
inline void clearTransport(Packet& packet) {
  packet.present = 0;
  packet.tcpFlags = 0;
  packet.icmpType = 0;
  packet.icmpCode = 0;
  packet.windowScale = 255;
  packet.mss = 0;
  packet.window = 0;
  packet.sequence = 0;
  packet.acknowledgment = 0;
  packet.spi = 0;
}

// Points the packet at what is behind the transport header.
inline void setPayload(const Slice& payload, Packet& packet) {
  packet.payload = payload.wire;
  packet.payloadData = payload.at;
  packet.payloadCaptured = payload.captured;
  if (payload.captured != 0) packet.present |= hasPayload;
}

// Reads MSS and window scale (RFC 9293 section 3.2, RFC 7323) of a SYN; other options are stepped over.
// options: the captured part of the option octets.
void readSynOptions(const uint8_t* options, uint32_t size, Packet& packet);

// A TCP header of which all 20 fixed octets are captured. Returns its length in octets; less than 20 is malformed.
inline uint32_t readTcpHeader(const Slice& slice, Packet& packet) {
  const uint32_t header = (slice.u8(12) >> 4) * 4u;
  packet.tcpFlags = slice.u8(13);
  packet.sequence = slice.be32(4);
  packet.acknowledgment = slice.be32(8);
  packet.window = slice.be16(14);
  if ((packet.tcpFlags & 0x02) != 0 && header > 20) {
    readSynOptions(slice.at + 20, std::min(slice.captured, header) - 20, packet);
  }
  return header;
}

// Fills what the transport header of a whole packet or first fragment says: present, ports, flags, payload and so on.
// Ports must be captured; of the rest of a header that the snap length cut, only what is there is told.
Outcome readTransport(const Ip& ip, Ports& ports, Packet& packet);

}  // namespace weir
