// Builds frames for tests, layer by layer from the outside in; type and length fields are filled from what follows.
//
//   FrameBuilder builder;
//   const Frame frame = builder.ethernet().ip4("10.0.0.1", "10.0.0.2").tcp(40000, 80, 0x02).payload(5).frame(ns);
//
// The frame points into the builder, which must outlive it. Checksums are zero: weir does not verify them.
#pragma once

#include <arpa/inet.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "capture/frame.h"

namespace weir::test {

inline constexpr uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPush = 0x08, kAck = 0x10;

struct Ip4Options {
  uint8_t ttl = 64;
  uint8_t tos = 0;
  uint16_t id = 0;
  uint16_t fragment = 0;         // flags and offset as on the wire: 0x4000 DF, 0x2000 MF, offset in 8 octets
  std::vector<uint8_t> options = {};  // a multiple of four octets
};

struct Ip6Options {
  uint8_t hopLimit = 64;
  uint8_t trafficClass = 0;
  uint32_t flowLabel = 0;
};

struct TcpOptions {
  uint32_t sequence = 0;
  uint32_t acknowledgment = 0;
  uint16_t window = 65535;
  std::vector<uint8_t> options = {};  // a multiple of four octets
};

class FrameBuilder {
 public:
  using Octets = std::vector<uint8_t>;

  // Link layers.
  FrameBuilder& ethernet(uint8_t sourceLast = 1, uint8_t destinationLast = 2) {
    raw({0x02, 0, 0, 0, 0, destinationLast, 0x02, 0, 0, 0, 0, sourceLast});
    return typeField(Field::etherType, 2);
  }
  FrameBuilder& vlan(uint16_t id, uint8_t priority = 0, uint16_t tpid = 0x8100) {
    announce(tpid, -1, -1);
    be16(static_cast<uint16_t>(priority << 13 | id));
    return typeField(Field::etherType, 2);
  }
  FrameBuilder& mpls(uint32_t label, bool bottom = true, uint8_t ttl = 64) {
    announce(0x8847, 137, 0x0281);
    return be32(label << 12 | (bottom ? 0x100u : 0u) | ttl);
  }
  FrameBuilder& pppoe(uint16_t session) {
    announce(0x8864, -1, -1);
    raw({0x11, 0x00}).be16(session);
    lengthField(2, size() + 2);
    return typeField(Field::ppp, 2);
  }
  // PPP protocol field; withAddress puts the HDLC address and control octets in front.
  FrameBuilder& ppp(bool withAddress = false) {
    announce(0x880b, -1, -1);
    if (withAddress) raw({0xff, 0x03});
    return typeField(Field::ppp, 2);
  }
  // 802.3 length, LLC and SNAP instead of an EtherType; call it right behind ethernet() or vlan().
  FrameBuilder& snap() {
    field_ = Field::nothing;
    resize(fieldAt_);
    lengthField(2, size() + 2);
    raw({0xaa, 0xaa, 0x03, 0, 0, 0});
    return typeField(Field::etherType, 2);
  }

  // Network layer.
  FrameBuilder& ip4(const char* source, const char* destination, const Ip4Options& with = {}) {
    announce(0x0800, 4, 0x0021);
    const size_t start = size();
    u8(static_cast<uint8_t>(0x45 + with.options.size() / 4)).u8(with.tos);
    lengthField(2, start);
    be16(with.id).be16(with.fragment).u8(with.ttl);
    typeField(Field::protocol, 1);
    be16(0).address(AF_INET, source).address(AF_INET, destination).append(with.options);
    return *this;
  }
  FrameBuilder& ip6(const char* source, const char* destination, const Ip6Options& with = {}) {
    announce(0x86dd, 41, 0x0057);
    be32(6u << 28 | static_cast<uint32_t>(with.trafficClass) << 20 | with.flowLabel);
    lengthField(2, size() + 36);
    typeField(Field::protocol, 1);
    return u8(with.hopLimit).address(AF_INET6, source).address(AF_INET6, destination);
  }
  // IPv6 extension header of a multiple of eight octets: 0 hop-by-hop, 43 routing, 60 destination, 135, 139, 140.
  FrameBuilder& extension(uint8_t number, size_t octets = 8) {
    announce(-1, number, -1);
    typeField(Field::protocol, 1);
    return u8(static_cast<uint8_t>(octets / 8 - 1)).payload(octets - 2, 0);
  }
  // offset in units of eight octets.
  FrameBuilder& fragment6(uint16_t offset, bool more, uint32_t id) {
    announce(-1, 44, -1);
    typeField(Field::protocol, 1);
    return u8(0).be16(static_cast<uint16_t>(offset << 3 | (more ? 1 : 0))).be32(id);
  }
  // AH with a 12-octet check value (RFC 4302).
  FrameBuilder& ah(uint32_t spi) {
    announce(-1, 51, -1);
    typeField(Field::protocol, 1);
    return u8(4).be16(0).be32(spi).be32(1).payload(12, 0);
  }
  // Sets the IP protocol or EtherType in front by hand; what follows is free.
  FrameBuilder& type(uint16_t number) {
    announce(number, number, number);
    return *this;
  }

  // Transport layer.
  FrameBuilder& tcp(uint16_t source, uint16_t destination, uint8_t flags, const TcpOptions& with = {}) {
    announce(-1, 6, -1);
    be16(source).be16(destination).be32(with.sequence).be32(with.acknowledgment);
    u8(static_cast<uint8_t>(0x50 + with.options.size() / 4 * 16)).u8(flags).be16(with.window).be32(0);
    return append(with.options);
  }
  FrameBuilder& udp(uint16_t source, uint16_t destination) {
    announce(-1, 17, -1);
    be16(source).be16(destination);
    lengthField(2, size() - 4);
    return be16(0);
  }
  FrameBuilder& udpLite(uint16_t source, uint16_t destination) {
    announce(-1, 136, -1);
    return be16(source).be16(destination).be16(8).be16(0);
  }
  // One chunk header of four octets behind the common header; 1 INIT, 2 INIT ACK, 0 DATA.
  FrameBuilder& sctp(uint16_t source, uint16_t destination, uint8_t chunk) {
    announce(-1, 132, -1);
    return be16(source).be16(destination).be32(0).be32(0).u8(chunk).u8(0).be16(4);
  }
  FrameBuilder& dccp(uint16_t source, uint16_t destination) {
    announce(-1, 33, -1);
    return be16(source).be16(destination).raw({4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0});
  }
  FrameBuilder& icmp(uint8_t kind, uint8_t code = 0) {
    announce(-1, 1, -1);
    return u8(kind).u8(code).be16(0).be32(0);
  }
  FrameBuilder& icmp6(uint8_t kind, uint8_t code = 0) {
    announce(-1, 58, -1);
    return u8(kind).u8(code).be16(0).be32(0);
  }
  FrameBuilder& esp(uint32_t spi) {
    announce(-1, 50, -1);
    return be32(spi).be32(1);
  }

  // Tunnels. GRE flags as on the wire (0x8000 checksum, 0x2000 key, 0x1000 sequence); fields follow by themselves.
  FrameBuilder& gre(uint16_t flags = 0, uint32_t key = 0) {
    announce(-1, 47, -1);
    be16(flags);
    const size_t at = size();
    be16(0);
    if (flags & 0xc000) be32(0);
    if (flags & 0x2000) be32(key);
    if (flags & 0x1000) be32(0);
    field_ = Field::etherType;
    fieldAt_ = at;
    return *this;
  }
  // Behind udp(any, 4789): an Ethernet frame follows.
  FrameBuilder& vxlan(uint32_t vni) {
    return be32(0x08000000).be32(vni << 8);
  }
  // Behind udp(any, 6081); optionOctets is a multiple of four. ethernet() or an IP header follows.
  FrameBuilder& geneve(uint32_t vni, size_t optionOctets = 0) {
    u8(static_cast<uint8_t>(optionOctets / 4)).u8(0);
    typeField(Field::etherType, 2);
    be32(vni << 8);
    const size_t at = fieldAt_;
    payload(optionOctets, 0);
    field_ = Field::etherType;
    fieldAt_ = at;
    return *this;
  }
  // Transparent Ethernet inside GRE or GENEVE.
  FrameBuilder& bridged(uint8_t sourceLast = 3, uint8_t destinationLast = 4) {
    announce(0x6558, -1, -1);
    return ethernet(sourceLast, destinationLast);
  }
  // Behind udp(any, 2152): a T-PDU; an IP header follows.
  FrameBuilder& gtpu(uint32_t teid) {
    u8(0x30).u8(0xff);
    lengthField(2, size() + 6);
    return be32(teid);
  }
  // Behind udp(any, 1701): a data message without options; ppp() follows.
  FrameBuilder& l2tp(uint16_t tunnel, uint16_t session) {
    return be16(0x0002).be16(tunnel).be16(session);
  }

  // Free octets.
  FrameBuilder& payload(size_t octets, uint8_t fill = 0x61) {
    data_.insert(data_.end(), octets, fill);
    return *this;
  }
  FrameBuilder& raw(std::initializer_list<uint8_t> octets) { return append(Octets(octets)); }
  FrameBuilder& append(const Octets& octets) {
    data_.insert(data_.end(), octets.begin(), octets.end());
    return *this;
  }
  FrameBuilder& u8(uint8_t value) {
    data_.push_back(value);
    return *this;
  }
  FrameBuilder& be16(uint16_t value) { return u8(static_cast<uint8_t>(value >> 8)).u8(static_cast<uint8_t>(value)); }
  FrameBuilder& be32(uint32_t value) {
    return be16(static_cast<uint16_t>(value >> 16)).be16(static_cast<uint16_t>(value));
  }
  size_t size() const { return data_.size(); }
  // Cut or change what was built, after frame() filled the lengths or with lengths as they are.
  void resize(size_t octets) { data_.resize(octets); }
  uint8_t& at(size_t offset) { return data_.at(offset); }

  // Fills the length fields; trailing octets added later (Ethernet padding, trailers) are not counted in them.
  FrameBuilder& finish() {
    for (const Length& length : lengths_) {
      const size_t value = size() - length.start;
      at(length.at) = static_cast<uint8_t>(value >> 8);
      at(length.at + 1) = static_cast<uint8_t>(value);
    }
    lengths_.clear();
    return *this;
  }
  // finish(), then the frame as capture would hand it over: whole, received, no GSO, no stripped tag.
  Frame frame(uint64_t ns = 0, LinkType linkType = LinkType::ethernet) {
    finish();
    Frame made{};
    made.data = data_.data();
    made.captured = made.wire = static_cast<uint32_t>(size());
    made.ns = ns;
    made.linkType = linkType;
    made.direction = FrameDirection::received;
    return made;
  }

 private:
  enum class Field : uint8_t { nothing, etherType, protocol, ppp };
  struct Length {
    size_t at, start;  // the field says how many octets follow from start
  };

  FrameBuilder& typeField(Field field, size_t octets) {
    field_ = field;
    fieldAt_ = size();
    return payload(octets, 0);
  }
  void lengthField(size_t octets, size_t start) {
    lengths_.push_back({size(), start});
    payload(octets, 0);
  }
  // Writes this layer's number into the type field of the layer in front; -1: has none of that kind.
  void announce(int etherType, int protocol, int pppProtocol) {
    const int number = field_ == Field::etherType ? etherType : field_ == Field::ppp ? pppProtocol : protocol;
    if (field_ != Field::nothing && number >= 0) {
      if (field_ != Field::protocol) at(fieldAt_++) = static_cast<uint8_t>(number >> 8);
      at(fieldAt_) = static_cast<uint8_t>(number);
    }
    field_ = Field::nothing;
  }
  FrameBuilder& address(int family, const char* text) {
    uint8_t octets[16] = {};
    inet_pton(family, text, octets);
    return append(Octets(octets, octets + (family == AF_INET ? 4 : 16)));
  }

  Octets data_;
  std::vector<Length> lengths_;
  Field field_ = Field::nothing;
  size_t fieldAt_ = 0;
};

}  // namespace weir::test
