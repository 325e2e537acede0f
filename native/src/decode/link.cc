#include "decode/link.h"

namespace weir {
namespace {

constexpr uint16_t kTypeIp4 = 0x0800, kTypeIp6 = 0x86dd, kTypeArp = 0x0806;
constexpr uint16_t kTypeMpls = 0x8847, kTypeMplsMulticast = 0x8848, kTypePppoe = 0x8864,
                   kTypeFabricPath = 0x8903;
constexpr uint16_t kPppIp4 = 0x0021, kPppIp6 = 0x0057, kPppMpls = 0x0281, kPppMplsMulticast = 0x0283;

bool isTag(uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200 || type == 0x9300;
}

// Goes on behind the EtherType as far as one step; next tells what comes then.
struct Step {
  Outcome outcome;
  enum Next : uint8_t { done, etherType, ppp, ethernet } next;
  uint16_t type;
};
constexpr Step stop(Outcome outcome) { return {outcome, Step::done, 0}; }

Step readTag(Link& link, Slice& slice) {
  if (link.tags == kTagLimit) return stop(Outcome::unsupportedNesting);
  if (!slice.has(4)) return stop(missing(slice, 4, Outcome::truncatedLink, Outcome::malformedLink));
  link.tag(slice.be16(0));
  const uint16_t type = slice.be16(2);
  slice.skip(4);
  return {Outcome::metered, Step::etherType, type};
}

// RFC 1042 SNAP, 802.1H bridge-tunnel SNAP, and RFC 948's IP SAP; all else above LLC is not IP.
Step readLlc(Slice& slice) {
  if (!slice.has(3)) return stop(missing(slice, 3, Outcome::truncatedLink, Outcome::malformedLink));
  if (slice.u8(0) == 0x06 && slice.u8(1) == 0x06 && slice.u8(2) == 0x03) {
    slice.skip(3);
    return {Outcome::metered, Step::etherType, kTypeIp4};
  }
  if (slice.u8(0) != 0xaa || slice.u8(1) != 0xaa || slice.u8(2) != 0x03) return stop(Outcome::notIp);
  if (!slice.has(8)) return stop(missing(slice, 8, Outcome::truncatedLink, Outcome::malformedLink));
  const uint32_t organization = loadBe24(slice.at + 3);
  const uint16_t type = slice.be16(6);
  if ((organization != 0 && organization != 0x0000f8) || type < 0x600) return stop(Outcome::notIp);
  slice.skip(8);
  return {Outcome::metered, Step::etherType, type};
}

// PPPoE session stage (RFC 2516 section 4): version and type 1, code 0.
Step readPppoe(Slice& slice) {
  if (!slice.has(6)) return stop(missing(slice, 6, Outcome::truncatedLink, Outcome::malformedLink));
  if (slice.u8(0) != 0x11) return stop(Outcome::malformedLink);
  if (slice.u8(1) != 0) return stop(Outcome::notIp);
  const uint32_t length = slice.be16(4);
  slice.skip(6);
  slice.bound(length);
  return {Outcome::metered, Step::ppp, 0};
}

Step readPppHeader(Slice& slice) {
  if (slice.has(2) && slice.u8(0) == 0xff && slice.u8(1) == 0x03) slice.skip(2);
  if (!slice.has(1)) return stop(missing(slice, 1, Outcome::truncatedLink, Outcome::malformedLink));
  uint16_t protocol = slice.u8(0);
  if ((protocol & 1) != 0) {  // compressed protocol field (RFC 1661 section 6.5)
    slice.skip(1);
  } else {
    if (!slice.has(2)) return stop(missing(slice, 2, Outcome::truncatedLink, Outcome::malformedLink));
    protocol = slice.be16(0);
    slice.skip(2);
  }
  switch (protocol) {
    case kPppIp4: return {Outcome::metered, Step::etherType, kTypeIp4};
    case kPppIp6: return {Outcome::metered, Step::etherType, kTypeIp6};
    case kPppMpls:
    case kPppMplsMulticast: return {Outcome::metered, Step::etherType, kTypeMpls};
    default: return stop(Outcome::notIp);
  }
}

// A pseudowire's payload says nowhere what it is: it is Ethernet only where type and version nibble agree.
bool looksLikeEthernet(const Slice& slice, uint32_t offset) {
  if (!slice.has(offset + 15)) return false;
  const uint16_t type = slice.be16(offset + 12);
  const uint8_t version = slice.u8(offset + 14) >> 4;
  if (type == kTypeIp4) return version == 4;
  if (type == kTypeIp6) return version == 6;
  return type == kTypeArp || type == kTypeMpls || type == kTypePppoe || isTag(type);
}

bool looksLikeIp4(const Slice& slice) {
  return (slice.u8(0) & 0x0f) >= 5 && (!slice.has(4) || slice.be16(2) >= 20) && !looksLikeEthernet(slice, 0);
}

// Behind the bottom label: the first nibble decides (RFC 4928), and never for sure: an Ethernet pseudowire may come
// with the control word (nibble 0, RFC 4448) or without (first nibble of a MAC address).
Step readMplsPayload(Slice& slice) {
  if (!slice.has(1)) return stop(missing(slice, 1, Outcome::truncatedLink, Outcome::malformedLink));
  const uint8_t nibble = slice.u8(0) >> 4;
  if (nibble == 4 && looksLikeIp4(slice)) return {Outcome::metered, Step::etherType, kTypeIp4};
  if (nibble == 6 && !looksLikeEthernet(slice, 0)) return {Outcome::metered, Step::etherType, kTypeIp6};
  if (nibble == 0 && looksLikeEthernet(slice, 4)) {
    slice.skip(4);
    return {Outcome::metered, Step::ethernet, 0};
  }
  if (nibble != 1 && looksLikeEthernet(slice, 0)) return {Outcome::metered, Step::ethernet, 0};
  return stop(Outcome::notIp);
}

Step readMpls(Link& link, Slice& slice) {
  for (;;) {
    if (link.mplsDepth == kLabelLimit) return stop(Outcome::unsupportedNesting);
    if (!slice.has(4)) return stop(missing(slice, 4, Outcome::truncatedLink, Outcome::malformedLink));
    const uint32_t entry = slice.be32(0);
    if (link.mplsDepth++ == 0) link.mplsTopEntry = entry;
    slice.skip(4);
    if ((entry & 0x100) != 0) return readMplsPayload(slice);
  }
}

// Cisco FabricPath: switch addresses and a tag in front of a whole Ethernet frame.
Step readFabricPath(Slice& slice) {
  if (!slice.has(2)) return stop(missing(slice, 2, Outcome::truncatedLink, Outcome::malformedLink));
  slice.skip(2);
  return {Outcome::metered, Step::ethernet, 0};
}

Step readType(uint16_t type, Link& link, Slice& slice) {
  if (type == kTypeIp4 || type == kTypeIp6) {
    if (!slice.has(1)) return stop(missing(slice, 1, Outcome::truncatedNetwork, Outcome::malformedNetwork));
    const uint8_t version = slice.u8(0) >> 4;
    return stop(version == (type == kTypeIp4 ? 4 : 6) ? Outcome::metered : Outcome::malformedNetwork);
  }
  if (isTag(type)) return readTag(link, slice);
  if (type == kTypeMpls || type == kTypeMplsMulticast) return readMpls(link, slice);
  if (type == kTypePppoe) return readPppoe(slice);
  if (type == kTypeFabricPath) return readFabricPath(slice);
  if (type <= 1500) return readLlc(slice);
  return stop(Outcome::notIp);
}

Step readMacs(Link& link, Slice& slice) {
  if (!slice.has(14)) return stop(missing(slice, 14, Outcome::truncatedLink, Outcome::malformedLink));
  if (link.mac == nullptr) link.mac = slice.at;
  const uint16_t type = slice.be16(12);
  slice.skip(14);
  return {Outcome::metered, Step::etherType, type};
}

// Every step takes octets or ends, so the loop is bounded by the frame.
Outcome run(Step step, Link& link, Slice& slice) {
  for (;;) {
    switch (step.next) {
      case Step::done: return step.outcome;
      case Step::etherType: step = readType(step.type, link, slice); break;
      case Step::ppp: step = readPppHeader(slice); break;
      case Step::ethernet: step = readMacs(link, slice); break;
    }
  }
}

// AF_INET is 2 everywhere; AF_INET6 is 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on Darwin, 10 on Linux, 23 on
// Windows. Families are small, so the wrong byte order shows itself.
Step readFamily(bool hostOrder, Slice& slice) {
  if (!slice.has(4)) return stop(missing(slice, 4, Outcome::truncatedLink, Outcome::malformedLink));
  uint32_t family = slice.be32(0);
  if (hostOrder && family > 0xffff) family = __builtin_bswap32(family);
  slice.skip(4);
  switch (family) {
    case 2: return {Outcome::metered, Step::etherType, kTypeIp4};
    case 10: case 23: case 24: case 28: case 30: return {Outcome::metered, Step::etherType, kTypeIp6};
    default: return stop(Outcome::notIp);
  }
}

// LINKTYPE_LINUX_SLL and SLL2: the packet type octet tells the direction (4 = sent by us).
Step readCooked(bool second, Link& link, Slice& slice) {
  const uint32_t size = second ? 20 : 16;
  if (!slice.has(size)) return stop(missing(slice, size, Outcome::truncatedLink, Outcome::malformedLink));
  const uint16_t packetType = second ? slice.u8(10) : slice.be16(0);
  const uint16_t hardware = second ? slice.be16(8) : slice.be16(2);
  const uint16_t type = second ? slice.be16(0) : slice.be16(14);
  link.direction = packetType == 4 ? FrameDirection::sent : FrameDirection::received;
  if (second) link.interface = slice.be32(4);
  slice.skip(size);
  constexpr uint16_t kNetlink = 824, kRadiotap = 803;  // their protocol field is no EtherType
  if (hardware == kNetlink || hardware == kRadiotap || type < 0x600) {
    return type == 4 && hardware != kNetlink ? readLlc(slice) : stop(Outcome::notIp);
  }
  return {Outcome::metered, Step::etherType, type};
}

// PPP, or Cisco's HDLC framing with an EtherType, which starts with 0x0f or 0x8f (RFC 1547 section 4.3.1): no PPP
// protocol has these as its compressed number.
Step readPppOrCisco(Slice& slice) {
  if (!slice.has(1)) return stop(missing(slice, 1, Outcome::truncatedLink, Outcome::malformedLink));
  if (slice.u8(0) != 0x0f && slice.u8(0) != 0x8f) return {Outcome::metered, Step::ppp, 0};
  if (!slice.has(4)) return stop(missing(slice, 4, Outcome::truncatedLink, Outcome::malformedLink));
  const uint16_t type = slice.be16(2);
  slice.skip(4);
  return {Outcome::metered, Step::etherType, type};
}

Step readRaw(const Slice& slice) {
  if (!slice.has(1)) return stop(missing(slice, 1, Outcome::truncatedNetwork, Outcome::malformedNetwork));
  return {Outcome::metered, Step::etherType, slice.u8(0) >> 4 == 6 ? kTypeIp6 : kTypeIp4};
}

}  // namespace

Outcome readEtherType(uint16_t type, Link& link, Slice& slice) {
  return run({Outcome::metered, Step::etherType, type}, link, slice);
}

Outcome readEthernet(Link& link, Slice& slice) { return run({Outcome::metered, Step::ethernet, 0}, link, slice); }

Outcome readPpp(Link& link, Slice& slice) { return run({Outcome::metered, Step::ppp, 0}, link, slice); }

Outcome readLink(const Frame& frame, Link& link, Slice& slice) {
  slice = {frame.data, frame.captured, std::max(frame.wire, frame.captured)};
  link.direction = frame.direction;
  if (frame.vlanTpid != 0) link.tag(frame.vlanTci);
  switch (frame.linkType) {
    case LinkType::ethernet: return readEthernet(link, slice);
    case LinkType::ppp:
    case LinkType::pppHdlc: return run(readPppOrCisco(slice), link, slice);
    case LinkType::pppoe: return run(readPppoe(slice), link, slice);
    case LinkType::raw:
    case LinkType::rawBsd:
    case LinkType::rawOpenBsd: return run(readRaw(slice), link, slice);
    case LinkType::ipv4: return readEtherType(kTypeIp4, link, slice);
    case LinkType::ipv6: return readEtherType(kTypeIp6, link, slice);
    case LinkType::null: return run(readFamily(true, slice), link, slice);
    case LinkType::loop: return run(readFamily(false, slice), link, slice);
    case LinkType::linuxCooked: return run(readCooked(false, link, slice), link, slice);
    case LinkType::linuxCooked2: return run(readCooked(true, link, slice), link, slice);
  }
  return Outcome::unsupportedLinkType;
}

}  // namespace weir
