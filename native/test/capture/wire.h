// Test packets by layers, innermost first: ethernet(0x0800, ip4(a, b, 17, udp(1, 2, payload))).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace weir::wire {

using Bytes = std::vector<uint8_t>;
using Ip6 = std::array<uint8_t, 16>;

inline void put16(Bytes& out, uint32_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}
inline void put32(Bytes& out, uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}
inline Bytes join(Bytes front, const Bytes& back) {
  front.insert(front.end(), back.begin(), back.end());
  return front;
}
inline Bytes filled(size_t size, uint8_t value = 0x55) { return Bytes(size, value); }

inline Bytes ethernet(uint32_t type, const Bytes& payload, bool reversed = false) {
  Bytes out = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
  if (reversed) std::swap(out[5], out[11]);
  put16(out, type);
  return join(out, payload);
}
// A tag: what stands behind the EtherType 0x8100 or 0x88a8.
inline Bytes tag(uint32_t tci, uint32_t type, const Bytes& payload) {
  Bytes out;
  put16(out, tci);
  put16(out, type);
  return join(out, payload);
}

inline Bytes ip4(uint32_t source, uint32_t destination, uint8_t protocol, const Bytes& payload, uint32_t fragment = 0,
                 size_t optionWords = 0) {
  Bytes out = {static_cast<uint8_t>(0x45 + optionWords), 0};
  put16(out, static_cast<uint32_t>(20 + optionWords * 4 + payload.size()));
  put16(out, 0x1234);
  put16(out, fragment);
  out.push_back(64);
  out.push_back(protocol);
  put16(out, 0);
  put32(out, source);
  put32(out, destination);
  out.resize(20 + optionWords * 4, 1);  // options: no operation
  uint32_t sum = 0;
  for (size_t i = 0; i < out.size(); i += 2) sum += static_cast<uint32_t>(out[i] << 8 | out[i + 1]);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  out[10] = static_cast<uint8_t>(~sum >> 8);
  out[11] = static_cast<uint8_t>(~sum);
  return join(out, payload);
}
inline Bytes ip6(const Ip6& source, const Ip6& destination, uint8_t next, const Bytes& payload) {
  Bytes out = {0x60, 0, 0, 0};
  put16(out, static_cast<uint32_t>(payload.size()));
  out.push_back(next);
  out.push_back(64);
  out.insert(out.end(), source.begin(), source.end());
  out.insert(out.end(), destination.begin(), destination.end());
  return join(out, payload);
}
// IPv6 extension header of 8 octets: hop-by-hop, routing, destination options.
inline Bytes extension(uint8_t next, const Bytes& payload) { return join({next, 0, 1, 4, 0, 0, 0, 0}, payload); }
inline Bytes fragment6(uint8_t next, uint32_t offsetAndMore, const Bytes& payload) {
  Bytes out = {next, 0};
  put16(out, offsetAndMore);
  put32(out, 77);
  return join(out, payload);
}

inline Bytes ports(uint32_t source, uint32_t destination) {
  Bytes out;
  put16(out, source);
  put16(out, destination);
  return out;
}
inline Bytes udp(uint32_t source, uint32_t destination, const Bytes& payload) {
  Bytes out = ports(source, destination);
  put16(out, static_cast<uint32_t>(8 + payload.size()));
  put16(out, 0);
  return join(out, payload);
}
inline Bytes tcp(uint32_t source, uint32_t destination, const Bytes& payload = {}) {
  Bytes out = ports(source, destination);
  out.resize(20);
  out[12] = 0x50;
  out[13] = 0x10;
  return join(out, payload);
}

inline Bytes vxlan(const Bytes& frame) { return join({8, 0, 0, 0, 0, 0, 42, 0}, frame); }
inline Bytes geneve(uint32_t optionWords, uint32_t type, const Bytes& payload) {
  Bytes out = {static_cast<uint8_t>(optionWords), 0};
  put16(out, type);
  out.resize(8 + optionWords * 4);
  return join(out, payload);
}
inline Bytes gre(uint32_t flags, uint32_t type, const Bytes& payload) {
  Bytes out;
  put16(out, flags);
  put16(out, type);
  for (const uint32_t bit : {0x8000u, 0x2000u, 0x1000u}) {
    if ((flags & bit) != 0) out.resize(out.size() + 4, 9);
  }
  return join(out, payload);
}
// extensions: GTP-U extension headers of 4 octets; behind them the packet.
inline Bytes gtpu(bool sequence, int extensions, const Bytes& payload) {
  Bytes out = {static_cast<uint8_t>(0x30 | (sequence ? 2 : 0) | (extensions > 0 ? 4 : 0)), 0xff, 0, 0, 0, 0, 0, 7};
  if (sequence || extensions > 0) {
    out.insert(out.end(), {0, 1, 0});
    out.push_back(extensions > 0 ? 0x85 : 0);
  }
  for (int i = 0; i < extensions; i++) {
    out.insert(out.end(), {1, 0, 9});
    out.push_back(i + 1 < extensions ? 0x85 : 0);
  }
  return join(out, payload);
}

inline Ip6 mapped(uint32_t address) {
  Ip6 out{};
  out[10] = out[11] = 0xff;
  for (int i = 0; i < 4; i++) out[12 + i] = static_cast<uint8_t>(address >> (24 - 8 * i));
  return out;
}

}  // namespace weir::wire
