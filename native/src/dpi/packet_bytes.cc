#include "dpi/packet_bytes.h"

#include <algorithm>
#include <cstring>

#include "decode/slice.h"

namespace weir {
namespace {

constexpr uint8_t kTcp = 6, kUdp = 17;
constexpr size_t kHeader4 = 20, kHeader6 = 40;

void put16(uint8_t* at, size_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

void put32(uint8_t* at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

size_t writeTransport(const HeaderFields& fields, uint8_t* at) {
  const FlowKey& key = fields.key;
  if (key.protocol != kTcp && key.protocol != kUdp) return 0;
  put16(at, key.port[fields.sender]);
  put16(at + 2, key.port[1 - fields.sender]);
  if (key.protocol == kUdp) {
    put16(at + 4, 8);
    return 8;
  }
  put32(at + 4, fields.sequence);
  put32(at + 8, fields.acknowledgment);
  at[12] = 5 << 4;
  at[13] = fields.tcpFlags;
  put16(at + 14, 0xffff);
  return 20;
}

}  // namespace

std::span<const uint8_t> wholePacket(const Packet& packet, PacketCopy& copy) {
  const uint8_t* const ip = packet.ip;
  const size_t captured = packet.ipCaptured;
  const bool isV6 = packet.key.ipVersion == 6;
  const size_t header = isV6 ? kHeader6 : kHeader4;
  if (ip == nullptr || captured < header) return {};
  const size_t said = isV6 ? loadBe16(ip + 4) + kHeader6 : loadBe16(ip + 2);
  if (said == captured && captured <= kLongestPacket) return {ip, captured};
  const size_t size = std::min(captured, kLongestPacket);
  std::memcpy(copy.data(), ip, size);
  if (isV6) {
    put16(copy.data() + 4, size - kHeader6);
  } else {
    put16(copy.data() + 2, size);
  }
  return {copy.data(), size};
}

std::span<const uint8_t> writeHeaders(const HeaderFields& fields, HeaderCopy& out) {
  const FlowKey& key = fields.key;
  const Address& from = key.address[fields.sender];
  const Address& to = key.address[1 - fields.sender];
  out.fill(0);
  if (key.ipVersion == 6) {
    const size_t transport = writeTransport(fields, out.data() + kHeader6);
    out[0] = 6 << 4;
    put16(out.data() + 4, transport);
    out[6] = key.protocol;
    out[7] = 64;
    std::copy(from.begin(), from.end(), out.begin() + 8);
    std::copy(to.begin(), to.end(), out.begin() + 24);
    return {out.data(), kHeader6 + transport};
  }
  const size_t transport = writeTransport(fields, out.data() + kHeader4);
  out[0] = 4 << 4 | 5;
  put16(out.data() + 2, kHeader4 + transport);
  out[8] = 64;
  out[9] = key.protocol;
  std::copy(from.begin() + 12, from.end(), out.begin() + 12);
  std::copy(to.begin() + 12, to.end(), out.begin() + 16);
  return {out.data(), kHeader4 + transport};
}

}  // namespace weir
