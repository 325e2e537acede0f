// Payload as tests write it, and packets that carry it. Tests only.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "decode/packet.h"
#include "dpi/parsers.h"

namespace weir::test {

// "12 34 ab": blanks are passed over.
inline std::string hex(std::string_view digits) {
  std::string octets;
  int high = -1;
  for (const char digit : digits) {
    if (digit == ' ' || digit == '\n') continue;
    const int value = digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10;
    if (high < 0) {
      high = value;
    } else {
      octets.push_back(static_cast<char>(high << 4 | value));
      high = -1;
    }
  }
  return octets;
}

inline std::string be16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}

inline std::string be32(uint32_t value) { return be16(value >> 16) + be16(value & 0xffff); }

inline Octets octetsOf(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

// "www.example.org" with lengths and the root's.
inline std::string dnsName(std::string_view name) {
  std::string octets;
  while (!name.empty()) {
    const size_t dot = std::min(name.find('.'), name.size());
    octets += static_cast<char>(dot);
    octets += name.substr(0, dot);
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  return octets + '\0';
}

inline std::string dnsHeader(unsigned id, unsigned flags, unsigned questions, unsigned answers = 0, unsigned authorities = 0,
                             unsigned additional = 0) {
  return be16(id) + be16(flags) + be16(questions) + be16(answers) + be16(authorities) + be16(additional);
}

inline std::string dnsQuestion(std::string_view name, unsigned type, unsigned dnsClass = 1) {
  return dnsName(name) + be16(type) + be16(dnsClass);
}

// A record whose name is given as it stands on the wire ("\xc0\x0c" points at the question).
inline std::string dnsRecord(const std::string& name, unsigned type, uint32_t ttl, const std::string& data,
                             unsigned dnsClass = 1) {
  return name + be16(type) + be16(dnsClass) + be32(ttl) + be16(static_cast<unsigned>(data.size())) + data;
}

inline const std::string kSameName = "\xc0\x0c";

// A packet from (side 0) or to (side 1) the source at sourcePort. It points at payload, which must outlive it.
inline Packet payloadPacket(uint8_t protocol, unsigned side, uint16_t sourcePort, uint16_t destinationPort,
                            std::string_view payload, uint64_t ns = 1) {
  Packet packet;
  std::memset(static_cast<void*>(&packet), 0, sizeof packet);
  packet.key.protocol = protocol;
  packet.key.ipVersion = 4;
  packet.key.address[0] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
  packet.key.address[1] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2};
  packet.key.port[0] = sourcePort;
  packet.key.port[1] = destinationPort;
  packet.side = static_cast<uint8_t>(side);
  packet.ns = ns;
  packet.wirePackets = 1;
  packet.payloadData = reinterpret_cast<const uint8_t*>(payload.data());
  packet.payload = packet.payloadCaptured = static_cast<uint32_t>(payload.size());
  if (!payload.empty()) packet.present |= hasPayload;
  return packet;
}

}  // namespace weir::test
