// The least that a bench's own loop reads of an Ethernet frame: where addresses and ports are, and a flow key of them.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/cursor.h"

namespace weir {

struct IpPacket {
  const uint8_t* ip;
  const uint8_t *from, *to, *ports;
  size_t addressSize;
  uint32_t octets;  // of the IP packet, as its header says
  uint8_t protocol;
};

struct BenchKey {
  uint8_t octets[48];
};

// False for what is neither IPv4 nor IPv6.
inline bool readIpPacket(const uint8_t* frame, uint32_t captured, IpPacket& out) {
  if (captured < 54) return false;
  const uint16_t type = loadBe16(frame + 12);
  const uint8_t* ip = frame + 14;
  if (type == 0x0800) {
    out = {ip, ip + 12, ip + 16, ip + (ip[0] & 15) * 4, 4, loadBe16(ip + 2), ip[9]};
  } else if (type == 0x86dd) {
    out = {ip, ip + 8, ip + 24, ip + 40, 16, 40u + loadBe16(ip + 4), ip[6]};
  } else {
    return false;
  }
  return true;
}

// Addresses, ports where the protocol has them, and the protocol; swap: the receiver first.
inline void writeKey(const IpPacket& packet, bool swap, bool hasPorts, BenchKey& key) {
  std::memset(&key, 0, sizeof key);
  std::memcpy(key.octets, swap ? packet.to : packet.from, packet.addressSize);
  std::memcpy(key.octets + 16, swap ? packet.from : packet.to, packet.addressSize);
  if (hasPorts) {
    std::memcpy(key.octets + 32, packet.ports + (swap ? 2 : 0), 2);
    std::memcpy(key.octets + 34, packet.ports + (swap ? 0 : 2), 2);
  }
  key.octets[36] = packet.protocol;
}

}  // namespace weir
