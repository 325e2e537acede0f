#include "decode/tunnel.h"

namespace weir {
namespace {

constexpr uint16_t kTypeIp4 = 0x0800, kTypeIp6 = 0x86dd, kTypeBridged = 0x6558, kTypePpp = 0x880b, kTypeMpls = 0x8847,
                   kTypeErspan2 = 0x88be, kTypeErspan3 = 0x22eb;

// What an envelope holds: an EtherType, kTypeBridged for an Ethernet frame, or kTypePpp. 0 = nothing to open.
struct Inside {
  Slice slice;
  uint16_t type = 0;
};

constexpr Inside kNothing{};

uint16_t typeByVersion(const Slice& slice) {
  if (!slice.has(1)) return 0;
  const uint8_t version = slice.u8(0) >> 4;
  return version == 4 ? kTypeIp4 : version == 6 ? kTypeIp6 : 0;
}

// Source routes (RFC 1701): entries of {family 2, offset 1, length 1, route}, closed by one of family and length 0.
bool skipRoutes(Slice& slice) {
  for (;;) {
    if (!slice.has(4)) return false;
    const uint32_t length = slice.u8(3);
    const bool last = slice.be16(0) == 0 && length == 0;
    if (!slice.has(4 + length)) return false;
    slice.skip(4 + length);
    if (last) return true;
  }
}

// Type I has no header of its own, II has eight octets, III twelve and an optional subheader of eight.
Inside openErspan(uint16_t type, bool sequenced, Slice slice, Envelope& envelope) {
  const bool third = type == kTypeErspan3;
  envelope.type = third ? TunnelType::erspan3 : TunnelType::erspan2;
  if (!third && !sequenced) return {slice, kTypeBridged};
  if (!slice.has(third ? 12 : 8) || slice.u8(0) >> 4 != (third ? 2 : 1)) return kNothing;
  envelope.id = slice.be16(2) & 0x3ff;
  if (!third) {
    slice.skip(8);
    return {slice, kTypeBridged};
  }
  const uint16_t flags = slice.be16(10);
  const uint32_t header = (flags & 1) != 0 ? 20 : 12;
  if (!slice.has(header)) return kNothing;
  slice.skip(header);
  return {slice, (flags >> 10 & 0x1f) == 2 ? typeByVersion(slice) : kTypeBridged};
}

// PPTP's GRE (RFC 2637 section 4.1): the key is payload length and call id; no payload in a mere acknowledgment.
Inside openPptp(uint16_t flags, Slice slice, Envelope& envelope) {
  if (slice.be16(2) != kTypePpp || (flags & 0x2000) == 0) return kNothing;
  const uint32_t header = 8u + ((flags & 0x1000) != 0 ? 4 : 0) + ((flags & 0x0080) != 0 ? 4 : 0);
  if (!slice.has(header) || slice.be16(4) == 0) return kNothing;
  envelope.id = slice.be16(6);
  const uint32_t length = slice.be16(4);
  slice.skip(header);
  slice.bound(length);
  return {slice, kTypePpp};
}

Inside openGre(Slice slice, Envelope& envelope) {
  if (!slice.has(4)) return kNothing;
  const uint16_t flags = slice.be16(0);
  const uint16_t type = slice.be16(2);
  envelope.type = TunnelType::gre;
  if ((flags & 7) == 1) return openPptp(flags, slice, envelope);
  if ((flags & 7) != 0) return kNothing;
  const uint32_t key = 4u + ((flags & 0xc000) != 0 ? 4 : 0);
  const uint32_t header = key + ((flags & 0x2000) != 0 ? 4 : 0) + ((flags & 0x1000) != 0 ? 4 : 0);
  if (!slice.has(header)) return kNothing;
  if ((flags & 0x2000) != 0) envelope.id = slice.be32(key);
  slice.skip(header);
  if ((flags & 0x4000) != 0 && !skipRoutes(slice)) return kNothing;
  if (type == kTypeErspan2 || type == kTypeErspan3) return openErspan(type, (flags & 0x1000) != 0, slice, envelope);
  return {slice, type};
}

// Flag I says that the VNI is valid; VXLAN-GPE adds P and the next protocol (draft-ietf-nvo3-vxlan-gpe section 3).
Inside openVxlan(bool generic, Slice slice, Envelope& envelope) {
  if (!slice.has(8) || (slice.u8(0) & 0x08) == 0) return kNothing;
  envelope.type = TunnelType::vxlan;
  envelope.id = loadBe24(slice.at + 4);
  const uint8_t next = generic && (slice.u8(0) & 0x04) != 0 ? slice.u8(3) : 3;
  slice.skip(8);
  switch (next) {
    case 1: return {slice, kTypeIp4};
    case 2: return {slice, kTypeIp6};
    case 3: return {slice, kTypeBridged};
    case 5: return {slice, kTypeMpls};
    default: return kNothing;
  }
}

Inside openGeneve(Slice slice, Envelope& envelope) {
  if (!slice.has(8) || slice.u8(0) >> 6 != 0) return kNothing;
  const uint32_t header = 8u + (slice.u8(0) & 0x3fu) * 4;
  const uint16_t type = slice.be16(2);
  if (!slice.has(header)) return kNothing;
  envelope.type = TunnelType::geneve;
  envelope.id = loadBe24(slice.at + 4);
  slice.skip(header);
  return {slice, type};
}

// GTPv1-U: version 1, protocol type 1, message 255 (T-PDU); extension headers in 4-octet units, next type last.
Inside openGtpu(Slice slice, Envelope& envelope) {
  if (!slice.has(8) || slice.u8(0) >> 4 != 3 || slice.u8(1) != 0xff) return kNothing;
  const bool extended = (slice.u8(0) & 0x07) != 0;
  bool more = (slice.u8(0) & 0x04) != 0;
  envelope.type = TunnelType::gtpu;
  envelope.id = slice.be32(4);
  slice.skip(8);
  if (extended) {
    if (!slice.has(4)) return kNothing;
    more = more && slice.u8(3) != 0;
    slice.skip(4);
    while (more) {
      const uint32_t length = slice.has(1) ? slice.u8(0) * 4u : 0;
      if (length == 0 || !slice.has(length)) return kNothing;
      more = slice.u8(length - 1) != 0;
      slice.skip(length);
    }
  }
  return {slice, typeByVersion(slice)};
}

// L2TPv2 data message (RFC 2661 section 3.1): T clear, version 2; L, S and O announce optional fields.
Inside openL2tp(Slice slice, Envelope& envelope) {
  if (!slice.has(2)) return kNothing;
  const uint16_t flags = slice.be16(0);
  if ((flags & 0x8000) != 0 || (flags & 0x000f) != 2) return kNothing;
  const uint32_t ids = (flags & 0x4000) != 0 ? 4 : 2;
  const uint32_t offset = ids + 4 + ((flags & 0x0800) != 0 ? 4 : 0);
  uint32_t header = offset + ((flags & 0x0200) != 0 ? 2 : 0);
  if (!slice.has(header)) return kNothing;
  if ((flags & 0x0200) != 0) header += slice.be16(offset);
  if (!slice.has(header)) return kNothing;
  envelope.type = TunnelType::l2tp;
  envelope.id = slice.be32(ids);
  slice.skip(header);
  return {slice, kTypePpp};
}

Inside openUdp(Slice slice, Envelope& envelope) {
  if (!slice.has(8)) return kNothing;
  envelope.ports = {slice.be16(0), slice.be16(2)};
  if (!isTunnelPort(envelope.ports)) return kNothing;
  const uint32_t length = slice.be16(4);
  if (length >= 8 && length < slice.wire) slice.bound(length);
  slice.skip(8);
  switch (envelope.ports.destination) {
    case 4789:
    case 8472: return openVxlan(false, slice, envelope);
    case 4790: return openVxlan(true, slice, envelope);
    case 6081: return openGeneve(slice, envelope);
    case 2152: return openGtpu(slice, envelope);
    default: return openL2tp(slice, envelope);
  }
}

Inside open(const Ip& ip, Envelope& envelope) {
  switch (ip.protocol) {
    case kProtocolUdp: return openUdp(ip.payload, envelope);
    case kProtocolGre: return openGre(ip.payload, envelope);
    case kProtocolIp4:
      envelope.type = TunnelType::ipInIp;
      return {ip.payload, kTypeIp4};
    case kProtocolIp6:
      envelope.type = ip.version == 4 ? TunnelType::sixInFour : TunnelType::ipInIp;
      return {ip.payload, kTypeIp6};
    default: return kNothing;
  }
}

}  // namespace

bool openEnvelope(const Level& outer, Level& inner) {
  if (outer.ip.laterFragment) return false;
  inner = Level{};
  Inside inside = open(outer.ip, inner.envelope);
  if (inside.type < 0x600) return false;  // nothing, or an 802.3 length where only an EtherType may be
  Outcome outcome;
  switch (inside.type) {
    case kTypeBridged:
      inner.link.direction = outer.link.direction;
      inner.link.interface = outer.link.interface;
      outcome = readEthernet(inner.link, inside.slice);
      break;
    case kTypePpp:
      inner.link = outer.link;
      outcome = readPpp(inner.link, inside.slice);
      break;
    default:
      inner.link = outer.link;
      outcome = readEtherType(inside.type, inner.link, inside.slice);
  }
  return outcome == Outcome::metered && readIp(inside.slice, inner.ip) == Outcome::metered;
}

}  // namespace weir
