#include "decode/link.h"

#include "decode/decoding.h"

using namespace weir;
using namespace weir::test;

namespace {

FrameBuilder& udp4(FrameBuilder& builder) {
  return builder.ip4("10.0.0.1", "10.0.0.2").udp(1000, 2000).payload(12);
}

void checkUdp4(const Decoded& decoded) {
  REQUIRE(decoded.name() == std::string("metered"));
  CHECK(decoded.packet.octets == 40);
  CHECK(decoded.packet.payload == 12);
  CHECK(decoded.source() == "10.0.0.1");
  CHECK(decoded.destination() == "10.0.0.2");
  CHECK(decoded.sourcePort() == 1000);
  CHECK(decoded.destinationPort() == 2000);
}

}  // namespace

TEST_CASE("Ethernet: addresses, padding is not counted") {
  FrameBuilder builder;
  udp4(builder.ethernet(7, 8)).finish().payload(100, 0);
  const Decoded decoded = decode(builder.frame(5));
  checkUdp4(decoded);
  CHECK(decoded.packet.ns == 5);
  CHECK(decoded.has(hasMac));
  CHECK(decoded.packet.mac[5] == 8);
  CHECK(decoded.packet.mac[11] == 7);
  CHECK(decoded.packet.key.vlanId == 0);
  CHECK(decoded.packet.payloadCaptured == 12);
}

TEST_CASE("802.1Q and 802.1ad: outer and inner id at any depth") {
  for (int tags = 1; tags <= 8; ++tags) {
    FrameBuilder builder;
    builder.ethernet();
    for (int i = 0; i < tags; ++i) {
      builder.vlan(static_cast<uint16_t>(100 + i), static_cast<uint8_t>(7 - i), i == 0 ? 0x88a8 : 0x8100);
    }
    const Decoded decoded = decode(udp4(builder).frame());
    checkUdp4(decoded);
    CHECK(decoded.packet.key.vlanId == 100);
    CHECK(decoded.packet.vlanPriority == 7);
    CHECK(decoded.packet.key.innerVlanId == (tags > 1 ? 101 : 0));
  }
}

TEST_CASE("more tags than the limit are unsupported nesting") {
  FrameBuilder builder;
  builder.ethernet();
  for (uint16_t i = 0; i < 9; ++i) builder.vlan(i);
  CHECK(decode(udp4(builder).frame()).outcome == Outcome::unsupportedNesting);
}

TEST_CASE("the tag that the kernel took out is the outermost") {
  FrameBuilder builder;
  Frame frame = udp4(builder.ethernet().vlan(20)).frame();
  frame.vlanTpid = 0x88a8;
  frame.vlanTci = 0x6000 | 10;
  const Decoded decoded = decode(frame);
  checkUdp4(decoded);
  CHECK(decoded.packet.key.vlanId == 10);
  CHECK(decoded.packet.key.innerVlanId == 20);
  CHECK(decoded.packet.vlanPriority == 3);

  FrameBuilder untagged;
  frame = udp4(untagged.ethernet()).frame();
  frame.vlanTpid = 0x8100;
  frame.vlanTci = 11;
  CHECK(decode(frame).packet.key.vlanId == 11);
}

TEST_CASE("802.3 with LLC and SNAP, also behind a tag; other LLC is not IP") {
  FrameBuilder plain, tagged;
  checkUdp4(decode(udp4(plain.ethernet().snap()).frame()));
  const Decoded decoded = decode(udp4(tagged.ethernet().vlan(5).snap()).frame());
  checkUdp4(decoded);
  CHECK(decoded.packet.key.vlanId == 5);
  FrameBuilder spanningTree;
  spanningTree.ethernet().type(38).raw({0x42, 0x42, 0x03}).payload(40, 0);
  CHECK(decode(spanningTree.frame()).outcome == Outcome::notIp);
}

TEST_CASE("EtherTypes that are not IP") {
  for (const uint16_t type : std::initializer_list<uint16_t>{0x0806, 0x88cc, 0x8863, 0x9000}) {
    FrameBuilder builder;
    builder.ethernet().type(type).payload(60, 0);
    CHECK(decode(builder.frame()).outcome == Outcome::notIp);
  }
}

TEST_CASE("MPLS: top entry, depth, payload by its first nibble") {
  FrameBuilder builder;
  Decoded decoded = decode(udp4(builder.ethernet().mpls(16001, false, 60).mpls(42)).frame());
  checkUdp4(decoded);
  CHECK(decoded.packet.mplsTopEntry == (16001u << 12 | 60));
  CHECK(decoded.packet.mplsDepth == 2);
  FrameBuilder six;
  decoded = decode(six.ethernet().mpls(7).ip6("fd00::1", "fd00::2").udp(1, 2).frame());
  CHECK(decoded.packet.key.ipVersion == 6);
  CHECK(decoded.packet.octets == 48);
}

TEST_CASE("MPLS: Ethernet pseudowire with and without control word, associated channel, too many labels") {
  FrameBuilder with, without, tagged, channel, deep;
  checkUdp4(decode(udp4(with.ethernet().mpls(7).be32(0).ethernet()).frame()));
  checkUdp4(decode(udp4(without.ethernet().mpls(7).ethernet()).frame()));
  const Decoded decoded = decode(udp4(tagged.ethernet().vlan(3).mpls(7).be32(9).ethernet().vlan(4)).frame());
  checkUdp4(decoded);
  CHECK(decoded.packet.key.vlanId == 3);
  CHECK(decoded.packet.key.innerVlanId == 4);
  CHECK(decode(channel.ethernet().mpls(7).be32(0x10000021).payload(40).frame()).outcome == Outcome::notIp);
  deep.ethernet();
  for (uint32_t i = 0; i < 17; ++i) deep.mpls(i, i == 16);
  CHECK(decode(udp4(deep).frame()).outcome == Outcome::unsupportedNesting);
}

TEST_CASE("a pseudowire's MAC address that starts with nibble 4 is no IPv4 header") {
  FrameBuilder builder;
  builder.ethernet().mpls(7).raw({0x48, 0x4d, 0x7e, 1, 2, 3, 0x02, 0, 0, 0, 0, 1, 0x08, 0x00});
  checkUdp4(decode(udp4(builder).frame()));
}

TEST_CASE("PPPoE session, discovery, bad version") {
  FrameBuilder builder, other;
  checkUdp4(decode(udp4(builder.ethernet().pppoe(77)).frame()));
  builder.at(14) = 0x21;
  CHECK(decode(builder.frame()).outcome == Outcome::malformedLink);
  other.ethernet().pppoe(77).raw({0, 0});
  other.at(20) = 0xc0;  // LCP
  CHECK(decode(other.frame()).outcome == Outcome::notIp);
}

TEST_CASE("PPP with and without address and control, compressed protocol; Cisco HDLC") {
  for (const LinkType type : {LinkType::ppp, LinkType::pppHdlc}) {
    FrameBuilder plain, hdlc, compressed, cisco;
    checkUdp4(decode(udp4(plain.ppp()).frame(0, type)));
    checkUdp4(decode(udp4(hdlc.ppp(true)).frame(0, type)));
    checkUdp4(decode(udp4(compressed.raw({0xff, 0x03, 0x21})).frame(0, type)));
    checkUdp4(decode(udp4(cisco.raw({0x0f, 0x00, 0x08, 0x00})).frame(0, type)));
  }
  FrameBuilder pppoe;
  pppoe.raw({0x11, 0, 0, 9, 0, 42, 0, 0x21});
  checkUdp4(decode(udp4(pppoe).frame(0, LinkType::pppoe)));
}

TEST_CASE("BSD loopback: both byte orders, every number of AF_INET6") {
  FrameBuilder little, big, loop, unknown;
  checkUdp4(decode(udp4(little.raw({2, 0, 0, 0})).frame(0, LinkType::null)));
  checkUdp4(decode(udp4(big.raw({0, 0, 0, 2})).frame(0, LinkType::null)));
  checkUdp4(decode(udp4(loop.raw({0, 0, 0, 2})).frame(0, LinkType::loop)));
  for (const uint8_t family : std::initializer_list<uint8_t>{10, 23, 24, 28, 30}) {
    FrameBuilder six;
    six.raw({family, 0, 0, 0}).ip6("fd00::1", "fd00::2").udp(1, 2);
    CHECK(decode(six.frame(0, LinkType::null)).packet.octets == 48);
  }
  CHECK(decode(udp4(unknown.raw({7, 0, 0, 0})).frame(0, LinkType::null)).outcome == Outcome::notIp);
}

TEST_CASE("raw IP link types go by the version nibble") {
  for (const LinkType type : {LinkType::raw, LinkType::rawBsd, LinkType::rawOpenBsd, LinkType::ipv4}) {
    FrameBuilder builder;
    const Decoded decoded = decode(udp4(builder).frame(0, type));
    checkUdp4(decoded);
    CHECK_FALSE(decoded.has(hasMac));
    CHECK(decoded.packet.mac == nullptr);
  }
  FrameBuilder six;
  six.ip6("fd00::1", "fd00::2").udp(1, 2);
  CHECK(decode(six.frame(0, LinkType::raw)).packet.key.ipVersion == 6);
  CHECK(decode(six.frame(0, LinkType::ipv6)).packet.key.ipVersion == 6);
  CHECK(decode(six.frame(0, LinkType::ipv4)).outcome == Outcome::malformedNetwork);
  FrameBuilder bad;
  CHECK(decode(bad.payload(40, 0x90).frame(0, LinkType::raw)).outcome == Outcome::malformedNetwork);
}

TEST_CASE("Linux cooked v1 and v2: direction, interface, tags, netlink") {
  FrameBuilder first;
  first.raw({0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0, 0, 12, 0x08, 0});
  Frame frame = udp4(first).frame(0, LinkType::linuxCooked);
  frame.direction = FrameDirection::unknown;
  Decoded decoded = decode(frame);
  checkUdp4(decoded);
  CHECK(decoded.packet.key.vlanId == 12);
  CHECK(decoded.packet.direction == static_cast<uint8_t>(FrameDirection::sent));

  FrameBuilder second;
  second.raw({0x08, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0});
  decoded = decode(udp4(second).frame(0, LinkType::linuxCooked2));
  checkUdp4(decoded);
  CHECK(decoded.packet.interface == 9);
  CHECK(decoded.packet.direction == static_cast<uint8_t>(FrameDirection::received));

  FrameBuilder netlink;
  netlink.raw({0, 4, 0x03, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10}).payload(40, 0x45);
  CHECK(decode(netlink.frame(0, LinkType::linuxCooked)).outcome == Outcome::notIp);
}

TEST_CASE("Cisco FabricPath carries a whole Ethernet frame") {
  FrameBuilder builder;
  checkUdp4(decode(udp4(builder.ethernet().type(0x8903).be16(0x0040).ethernet().vlan(2)).frame()));
}

TEST_CASE("an unknown link type, cut and short link headers") {
  FrameBuilder builder;
  const Frame frame = udp4(builder.ethernet().vlan(1)).frame();
  Frame other = frame;
  other.linkType = static_cast<LinkType>(127);
  CHECK(decode(other).outcome == Outcome::unsupportedLinkType);
  for (uint32_t cut = 0; cut < 18; ++cut) {
    CHECK(decode(snapped(frame, cut)).outcome == Outcome::truncatedLink);
    CHECK(decode(shortened(frame, cut)).outcome == Outcome::malformedLink);
  }
  CHECK(decode(snapped(frame, 18)).outcome == Outcome::truncatedNetwork);
}
