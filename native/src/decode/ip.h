// IPv4 (RFC 791) and IPv6 (RFC 8200) headers up to the transport header.
#pragma once

#include <cstdint>

#include "decode/packet.h"
#include "decode/slice.h"

namespace weir {

inline constexpr uint32_t kExtensionLimit = 16;  // extension headers in one packet

inline constexpr uint8_t kProtocolIcmp = 1, kProtocolIp4 = 4, kProtocolTcp = 6, kProtocolUdp = 17, kProtocolDccp = 33,
                         kProtocolIp6 = 41, kProtocolGre = 47, kProtocolEsp = 50, kProtocolAh = 51,
                         kProtocolIcmp6 = 58, kProtocolSctp = 132, kProtocolUdpLite = 136;

struct Ip {
  const uint8_t* start = nullptr;   // of the IP header
  const uint8_t* source = nullptr;  // 4 or 16 octets, network order
  const uint8_t* destination = nullptr;
  Slice payload;            // behind all IP headers, bounded by the IP length
  uint32_t octets = 0;      // header and payload: the octets that are metered
  uint32_t flowLabel = 0;
  uint32_t spi = 0;         // of an AH on the way, when hasSpi
  uint32_t fragmentId = 0;
  uint8_t version = 0;
  uint8_t protocol = 0;     // of what payload starts with
  uint8_t fragmentProtocol = 0;  // as the fragment table knows the datagram: IPv4 protocol; 0 for IPv6 (RFC 8200 4.5)
  uint8_t tos = 0;
  uint8_t ttl = 0;
  uint8_t fragmentFlags = 0;  // 0x40 DF, 0x20 MF
  bool fragment = false;
  bool laterFragment = false;  // offset > 0: payload has no transport header
  bool hasSpi = false;
};

// slice starts at the version nibble (4 or 6) and holds at least that octet.
// Octets are the IP length even when the sender or the snap length cut the packet short.
Outcome readIp(Slice slice, Ip& ip);

}  // namespace weir
