#include "decode/ip.h"

namespace weir {
namespace {

constexpr uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kNoNextHeader = 59, kDestination = 60, kMobility = 135,
                  kHip = 139, kShim6 = 140;

// AH (RFC 4302): length in 4-octet units minus 2; protocol and payload move behind it.
Outcome readAh(Ip& ip) {
  Slice& slice = ip.payload;
  if (!slice.has(12)) return missing(slice, 12, Outcome::truncatedNetwork, Outcome::malformedNetwork);
  const uint32_t length = (slice.u8(1) + 2u) * 4;
  if (length < 12 || !slice.had(length)) return Outcome::malformedNetwork;
  if (!slice.has(length)) return Outcome::truncatedNetwork;
  if (!ip.hasSpi) ip.spi = slice.be32(4);
  ip.hasSpi = true;
  ip.protocol = slice.u8(0);
  slice.skip(length);
  return Outcome::metered;
}

Outcome readIp4(Slice slice, Ip& ip) {
  if (!slice.has(20)) return missing(slice, 20, Outcome::truncatedNetwork, Outcome::malformedNetwork);
  const uint32_t header = (slice.u8(0) & 0x0fu) * 4;
  uint32_t octets = slice.be16(2);
  if (octets == 0) octets = slice.wire;  // a super-packet seen before segmentation; BIG TCP
  if (header < 20 || octets < header) return Outcome::malformedNetwork;
  if (!slice.has(header)) return missing(slice, header, Outcome::truncatedNetwork, Outcome::malformedNetwork);
  const uint16_t fragment = slice.be16(6);
  ip.version = 4;
  ip.start = slice.at;
  ip.octets = octets;
  ip.tos = slice.u8(1);
  ip.ttl = slice.u8(8);
  ip.protocol = slice.u8(9);
  ip.source = slice.at + 12;
  ip.destination = slice.at + 16;
  ip.fragmentFlags = static_cast<uint8_t>(fragment >> 8 & 0x60);
  ip.laterFragment = (fragment & 0x1fff) != 0;
  ip.fragment = (fragment & 0x3fff) != 0;
  ip.fragmentId = slice.be16(4);
  ip.fragmentProtocol = ip.protocol;
  slice.bound(octets);
  slice.skip(header);
  ip.payload = slice;
  for (uint32_t i = 0; ip.protocol == kProtocolAh && !ip.laterFragment; ++i) {
    if (i == kExtensionLimit) return Outcome::unsupportedNesting;
    if (const Outcome outcome = readAh(ip); outcome != Outcome::metered) return outcome;
  }
  return Outcome::metered;
}

// The jumbo payload option (RFC 2675) of a hop-by-hop header, or 0. body: the options.
uint32_t jumboLength(const uint8_t* body, uint32_t size) {
  for (uint32_t i = 0; i < size;) {
    if (body[i] == 0) {  // Pad1
      ++i;
      continue;
    }
    if (i + 2 > size || i + 2 + body[i + 1] > size) return 0;
    if (body[i] == 0xc2 && body[i + 1] == 4) return loadBe32(body + i + 2);
    i += 2u + body[i + 1];
  }
  return 0;
}

// Payload length 0 needs the jumbo option, and never for less than 65,536 octets (RFC 2675 section 3). BIG TCP senders
// leave the option out and mean "as long as it is".
Outcome applyJumbo(const uint8_t* body, uint32_t size, Ip& ip) {
  const uint32_t length = jumboLength(body, size);
  const uint32_t sent = ip.payload.wire;
  if (length == 0 && sent > 65535) return Outcome::metered;
  if (length <= 65535 || length > sent) return Outcome::malformedNetwork;
  ip.octets = 40 + length;
  ip.payload.bound(length);
  return Outcome::metered;
}

// Mobility, HIP and shim6 messages name no next header: then they are the protocol of the packet themselves.
bool carriesNothing(uint8_t number, uint8_t next) {
  return next == kNoNextHeader && (number == kMobility || number == kHip || number == kShim6);
}

// One extension header of the general layout (RFC 6564).
Outcome readExtension(bool jumbo, Ip& ip) {
  Slice& slice = ip.payload;
  if (!slice.has(8)) return missing(slice, 8, Outcome::truncatedNetwork, Outcome::malformedNetwork);
  const uint32_t length = (slice.u8(1) + 1u) * 8;
  if (!slice.had(length)) return Outcome::malformedNetwork;
  if (!slice.has(length)) return Outcome::truncatedNetwork;
  if (jumbo) {
    const Outcome outcome = applyJumbo(slice.at + 2, length - 2, ip);
    if (outcome != Outcome::metered) return outcome;
  }
  ip.protocol = slice.u8(0);
  slice.skip(length);
  return Outcome::metered;
}

Outcome readFragment(Ip& ip) {
  Slice& slice = ip.payload;
  if (!slice.has(8)) return missing(slice, 8, Outcome::truncatedNetwork, Outcome::malformedNetwork);
  const uint16_t field = slice.be16(2);
  ip.protocol = slice.u8(0);
  ip.fragmentId = slice.be32(4);
  ip.laterFragment = (field & 0xfff8) != 0;
  ip.fragment = (field & 0xfff9) != 0;  // offset 0 and no more: an atomic fragment is a whole packet (RFC 6946)
  if ((field & 1) != 0) ip.fragmentFlags = 0x20;
  slice.skip(8);
  return Outcome::metered;
}

Outcome readExtensions(bool noLength, Ip& ip) {
  for (uint32_t i = 0; !ip.laterFragment; ++i) {
    Outcome outcome;
    switch (ip.protocol) {
      case kHopByHop:
      case kRouting:
      case kDestination: outcome = readExtension(noLength && ip.protocol == kHopByHop, ip); break;
      case kMobility:
      case kHip:
      case kShim6:
        if (ip.payload.has(1) && carriesNothing(ip.protocol, ip.payload.u8(0))) return Outcome::metered;
        outcome = readExtension(false, ip);
        break;
      case kFragment: outcome = readFragment(ip); break;
      case kProtocolAh: outcome = readAh(ip); break;
      default: return Outcome::metered;
    }
    if (outcome != Outcome::metered) return outcome;
    if (i == kExtensionLimit) return Outcome::unsupportedNesting;
  }
  return Outcome::metered;
}

Outcome readIp6(Slice slice, Ip& ip) {
  if (!slice.has(40)) return missing(slice, 40, Outcome::truncatedNetwork, Outcome::malformedNetwork);
  const uint32_t first = slice.be32(0);
  const uint32_t length = slice.be16(4);
  ip.version = 6;
  ip.start = slice.at;
  ip.tos = static_cast<uint8_t>(first >> 20);
  ip.flowLabel = first & 0xfffff;
  ip.protocol = slice.u8(6);
  ip.ttl = slice.u8(7);
  ip.source = slice.at + 8;
  ip.destination = slice.at + 24;
  slice.skip(40);
  // A packet without a length is longer than a length can say, or carries nothing but link padding.
  const bool unsaid = length == 0 && (ip.protocol == kHopByHop || slice.wire > 65535);
  if (!unsaid) slice.bound(length);
  ip.octets = 40 + slice.wire;
  ip.payload = slice;
  return readExtensions(unsaid, ip);
}

}  // namespace

Outcome readIp(Slice slice, Ip& ip) { return slice.u8(0) >> 4 == 4 ? readIp4(slice, ip) : readIp6(slice, ip); }

}  // namespace weir
