#include "dpi/quic_packet.h"

namespace weir {
namespace {

constexpr size_t kLongestConnectionId = 20;
constexpr uint32_t kVersion1 = 1, kVersion2 = 0x6b3343cf, kVersion2Draft00 = 0xff020000, kVersion2Draft01 = 0x709a50c4;
constexpr uint32_t kQ046 = 0x51303436, kQ050 = 0x51303530, kT050 = 0x54303530, kT051 = 0x54303531;

// Initial salts: RFC 9001 section 5.2, its drafts, RFC 9369 section 3.3.1 and drafts; Google's as Chromium had them.
constexpr uint8_t kSalt1[] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                              0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
constexpr uint8_t kSalt2[] = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
                              0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
constexpr uint8_t kSalt2Draft[] = {0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d,
                                   0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3};
constexpr uint8_t kSaltDraft22[] = {0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
                                    0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a};
constexpr uint8_t kSaltDraft23[] = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
                                    0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};
constexpr uint8_t kSaltDraft29[] = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
                                    0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};
constexpr uint8_t kSaltQ050[] = {0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94,
                                 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45};
constexpr uint8_t kSaltT050[] = {0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
                                 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10};
constexpr uint8_t kSaltT051[] = {0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
                                 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d};

QuicVersion ietf(const uint8_t* salt, bool variableParameters, bool version2 = false) {
  return {QuicKind::ietf, {salt, version2}, true, variableParameters};
}

QuicVersion draft(unsigned number) {
  if (number == 22) return ietf(kSaltDraft22, false);
  if (number >= 23 && number <= 28) return ietf(kSaltDraft23, number >= 27);
  if (number >= 29 && number <= 32) return ietf(kSaltDraft29, true);
  if (number == 33 || number == 34) return ietf(kSalt1, true);
  return {};
}

bool isLong(uint8_t first) { return (first & 0x80) != 0; }

QuicPacket::Type typeOf(uint8_t first, const QuicVersion& version, uint32_t number) {
  unsigned bits = first >> 4 & 3;
  // RFC 9369 moved the types by one; its draft 00 had not yet.
  if (version.protection.version2 && number != kVersion2Draft00) bits = (bits + 3) & 3;
  return static_cast<QuicPacket::Type>(bits);
}

// Connection IDs with their lengths before them.
bool takeConnectionId(Cursor& at, Octets& id) {
  if (!at.has(1) || at.u8() > kLongestConnectionId || !at.has(1u + at.u8())) return false;
  id = {at.at + 1, at.u8()};
  at.skip(1 + id.size());
  return true;
}

bool isGoogleInClear(uint32_t version) {
  const unsigned number = googleVersion(version);
  return number >= 24 && number <= 46;
}

}  // namespace

unsigned googleVersion(uint32_t version) {
  const unsigned tens = (version >> 8 & 0xff) - '0', ones = (version & 0xff) - '0';
  return version >> 16 == 0x5130 && tens <= 9 && ones <= 9 ? tens * 10 + ones : 0;
}

QuicVersion quicVersion(uint32_t version) {
  if (version >> 8 == 0xff0000) return draft(version & 0xff);
  switch (version) {
    case kVersion1: return ietf(kSalt1, true);
    case kVersion2: return ietf(kSalt2, true, true);
    case kVersion2Draft00:
    case kVersion2Draft01: return ietf(kSalt2Draft, true, true);
    case kQ050: return {QuicKind::googleProtected, {kSaltQ050, false}, false, false};
    case kT050: return {QuicKind::googleProtected, {kSaltT050, false}, true, false};
    case kT051: return {QuicKind::googleProtected, {kSaltT051, false}, true, true};
    case 0xfaceb001: return draft(22);
    default: break;
  }
  // mvfst numbers its later versions and experiments on top of draft 27.
  if (version >> 8 == 0xfaceb0) return draft(27);
  if (isGoogleInClear(version)) return {QuicKind::google, {}, false, false};
  if ((version & 0x0f0f0f0f) == 0x0a0a0a0a) return {QuicKind::reserved, {}, true, true};
  return {};
}

bool takeQuicInteger(Cursor& at, uint64_t& value) {
  if (!at.has(1)) return false;
  const size_t size = size_t{1} << (at.u8() >> 6);
  if (!at.has(size)) return false;
  value = at.u8() & 0x3f;
  for (size_t i = 1; i < size; i++) value = value << 8 | at.u8(i);
  at.skip(size);
  return true;
}

bool takeQuicPacket(Octets& datagram, QuicPacket& packet) {
  Cursor at(datagram.data(), datagram.size());
  if (!at.has(5) || !isLong(at.u8())) return false;
  const uint8_t first = at.u8();
  packet.version = at.be32(1);
  at.skip(5);
  const QuicVersion version = quicVersion(packet.version);
  if (!takeConnectionId(at, packet.destination) || !takeConnectionId(at, packet.source)) return false;
  packet.type = packet.version == 0 ? QuicPacket::Type::negotiation : typeOf(first, version, packet.version);
  packet.octets = datagram;
  packet.numberOffset = 0;
  // Neither has a length: they end with the datagram.
  if (packet.type == QuicPacket::Type::negotiation || packet.type == QuicPacket::Type::retry) {
    datagram = {};
    return true;
  }
  uint64_t length = 0;
  if (packet.type == QuicPacket::Type::initial) {
    if (!takeQuicInteger(at, length) || !at.has(length)) return false;
    at.skip(length);  // token
  }
  if (!takeQuicInteger(at, length) || !at.has(length)) return false;
  packet.numberOffset = datagram.size() - at.left();
  packet.octets = datagram.first(packet.numberOffset + length);
  datagram = datagram.subspan(packet.octets.size());
  return true;
}

bool readGooglePacket(Octets datagram, GooglePacket& packet) {
  constexpr size_t kHash = 12;  // of the packet, as it is not encrypted
  constexpr uint8_t kHasVersion = 0x01, kReset = 0x02, kLongConnectionId = 0x08;
  static constexpr uint8_t kNumberSizes[] = {1, 2, 4, 6};
  Cursor at(datagram.data(), datagram.size());
  if (!at.has(1)) return false;
  const uint8_t first = at.u8();
  size_t header;
  if (isLong(first)) {
    // Q046: lengths of the connection IDs in one octet, 8 and 0 from a client; packet numbers of 1 to 4 octets.
    if (!at.has(6) || at.be32(1) != kQ046 || (first & 0x30) != 0 || at.u8(5) != 0x50) return false;
    packet.version = kQ046;
    header = 6 + 8 + (first & 3u) + 1 + kHash;
  } else {
    constexpr uint8_t kWanted = kHasVersion | kLongConnectionId;
    if ((first & 0xc0) != 0 || (first & kReset) != 0 || (first & kWanted) != kWanted || !at.has(13)) return false;
    packet.version = at.be32(9);
    if (!isGoogleInClear(packet.version) || packet.version >= kQ046) return false;
    header = 13u + kNumberSizes[first >> 4 & 3] + kHash;
    if (googleVersion(packet.version) <= 33) header++;  // private flags
  }
  if (!at.has(header)) return false;
  at.skip(header);
  packet.frames = {at.at, at.left()};
  return true;
}

bool looksLikeQuic(Octets datagram) {
  GooglePacket google;
  if (readGooglePacket(datagram, google)) return true;
  Cursor at(datagram.data(), datagram.size());
  if (!at.has(7) || !isLong(at.u8())) return false;
  const QuicKind kind = quicVersion(at.be32(1)).kind;
  if (kind == QuicKind::unknown || kind == QuicKind::google) return false;
  if (kind == QuicKind::reserved && (at.u8() & 0x40) == 0) return false;
  at.skip(5);
  Octets destination, source;
  return takeConnectionId(at, destination) && takeConnectionId(at, source);
}

}  // namespace weir
