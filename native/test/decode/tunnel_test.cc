#include "decode/tunnel.h"

#include "decode/decoding.h"

using namespace weir;
using namespace weir::test;

namespace {

FrameBuilder& outer(FrameBuilder& builder) { return builder.ethernet().ip4("192.0.2.9", "192.0.2.1"); }

FrameBuilder& inner(FrameBuilder& builder) {
  return builder.ip4("10.0.0.1", "10.0.0.2").tcp(4000, 80, kAck).payload(5);
}

// The inner packet made the key and the counters; the envelope is told beside it.
void checkInner(const Decoded& decoded, TunnelType type, uint32_t id) {
  REQUIRE(decoded.name() == std::string("metered"));
  CHECK(decoded.packet.octets == 45);
  CHECK(decoded.packet.payload == 5);
  CHECK(decoded.source() == "10.0.0.1");
  CHECK(decoded.sourcePort() == 4000);
  REQUIRE(decoded.has(hasTunnel));
  CHECK(decoded.packet.tunnel.type == type);
  CHECK(decoded.packet.tunnel.depth == 1);
  CHECK(decoded.packet.tunnelId == id);
  CHECK(decoded.packet.tunnel.tunnelId[0] == id);
  CHECK(decoded.packet.tunnel.tunnelId[1] == 0);
  CHECK(Decoded::text(decoded.packet.tunnel.outerAddress[0], 4) == "192.0.2.9");
  CHECK(Decoded::text(decoded.packet.tunnel.outerAddress[1], 4) == "192.0.2.1");
  CHECK(decoded.packet.tunnel.outerIpVersion == 4);
}

}  // namespace

TEST_CASE("VXLAN: inner link header, id in the key; off means the outer flow") {
  for (const uint16_t port : std::initializer_list<uint16_t>{4789, 8472}) {
    FrameBuilder builder;
    builder.ethernet().vlan(9).ip4("192.0.2.9", "192.0.2.1").udp(50000, port).vxlan(0x123456).ethernet(5, 6).vlan(30);
    inner(builder);
    const Decoded decoded = decode(builder.frame(), withTunnels());
    checkInner(decoded, TunnelType::vxlan, 0x123456);
    CHECK(decoded.packet.key.tunnelKey == (2u << 24 | 0x123456));
    CHECK(decoded.packet.tunnel.outerPort[0] == 50000);
    CHECK(decoded.packet.tunnel.outerPort[1] == port);
    CHECK(decoded.packet.tunnel.outerProtocol == 17);
    CHECK(decoded.packet.key.vlanId == 30);
    CHECK(decoded.packet.mac[11] == 5);

    const Decoded off = decode(builder.frame());
    CHECK(off.packet.octets == 20 + 8 + 8 + 18 + 45);
    CHECK(off.packet.key.vlanId == 9);
    CHECK(off.packet.key.tunnelKey == 0);
    CHECK_FALSE(off.has(hasTunnel));
  }
}

TEST_CASE("GENEVE: options, Ethernet or IP inside") {
  FrameBuilder bridged, routed;
  const Decoded decoded =
      decode(inner(outer(bridged).udp(50000, 6081).geneve(77, 12).bridged()).frame(), withTunnels());
  checkInner(decoded, TunnelType::geneve, 77);
  CHECK(decoded.packet.key.tunnelKey == (3u << 24 | 77));
  checkInner(decode(inner(outer(routed).udp(50000, 6081).geneve(78)).frame(), withTunnels()), TunnelType::geneve, 78);
}

TEST_CASE("GRE: checksum, key, sequence; IPv4, IPv6, Ethernet, MPLS and PPP inside") {
  for (const uint16_t flags : std::initializer_list<uint16_t>{0x0000, 0x2000, 0x3000, 0xb000, 0x8000}) {
    FrameBuilder builder;
    const Decoded decoded = decode(inner(outer(builder).gre(flags, 0xcafe)).frame(), withTunnels());
    checkInner(decoded, TunnelType::gre, (flags & 0x2000) != 0 ? 0xcafe : 0);
    CHECK(decoded.packet.key.tunnelKey == 0);
    CHECK(decoded.has(hasMac));
  }
  FrameBuilder bridged, labelled, six, pptp;
  checkInner(decode(inner(outer(bridged).gre().bridged()).frame(), withTunnels()), TunnelType::gre, 0);
  const Decoded decoded = decode(inner(outer(labelled).gre().mpls(5)).frame(), withTunnels());
  checkInner(decoded, TunnelType::gre, 0);
  CHECK(decoded.packet.mplsDepth == 1);
  six.ethernet().ip6("fd00::1", "fd00::2").gre().ip6("fd01::1", "fd01::2").udp(1, 2);
  const Decoded over6 = decode(six.frame(), withTunnels());
  CHECK(over6.packet.octets == 48);
  CHECK(over6.packet.tunnel.outerIpVersion == 6);
  CHECK(Decoded::text(over6.packet.tunnel.outerAddress[0], 6) == "fd00::1");

  // RFC 2637: version 1, key = payload length and call id, sequence and acknowledgment numbers.
  outer(pptp).type(47).raw({0x30, 0x81, 0x88, 0x0b, 0, 49, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2}).ppp(true);
  checkInner(decode(inner(pptp).frame(), withTunnels()), TunnelType::gre, 9);
}

TEST_CASE("GRE with source routes (RFC 1701)") {
  FrameBuilder builder;
  outer(builder).gre(0x4000).type(0x0800).raw({0x08, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0});
  checkInner(decode(inner(builder).frame(), withTunnels()), TunnelType::gre, 0);
}

TEST_CASE("ERSPAN I, II and III carry mirrored frames") {
  FrameBuilder first, second, third, long3;
  outer(first).gre(0).type(0x88be).ethernet();
  checkInner(decode(inner(first).frame(), withTunnels()), TunnelType::erspan2, 0);
  outer(second).gre(0x1000).type(0x88be).raw({0x10, 0x0a, 0x00, 0x2a, 0, 0, 0, 1}).ethernet();
  checkInner(decode(inner(second).frame(), withTunnels()), TunnelType::erspan2, 42);
  outer(third).gre(0x1000).type(0x22eb).raw({0x20, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0}).ethernet();
  checkInner(decode(inner(third).frame(), withTunnels()), TunnelType::erspan3, 7);
  outer(long3).gre(0x1000).type(0x22eb).raw({0x20, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1}).payload(8, 0).ethernet();
  checkInner(decode(inner(long3).frame(), withTunnels()), TunnelType::erspan3, 7);
}

TEST_CASE("GTP-U: T-PDU with and without extension headers; other messages stay outer") {
  FrameBuilder plain, extended, echo;
  Decoded decoded = decode(inner(outer(plain).udp(2152, 2152).gtpu(0xabcdef01)).frame(), withTunnels());
  checkInner(decoded, TunnelType::gtpu, 0xabcdef01);
  CHECK(decoded.packet.key.tunnelKey == 0);
  outer(extended).udp(2152, 2152).gtpu(5);
  extended.at(42) |= 0x04;
  extended.raw({0, 0, 0, 0x85, 1, 0x10, 0, 0});  // sequence, N-PDU, PDU session container of four octets
  checkInner(decode(inner(extended).frame(), withTunnels()), TunnelType::gtpu, 5);
  outer(echo).udp(2152, 2152).gtpu(5).payload(30, 0x45);
  echo.at(43) = 1;
  decoded = decode(echo.frame(), withTunnels());
  CHECK(decoded.destinationPort() == 2152);
  CHECK_FALSE(decoded.has(hasTunnel));
}

TEST_CASE("IP in IP, 6in4, 4in6, 6in6") {
  FrameBuilder four, sixInFour, fourInSix, sixInSix;
  checkInner(decode(inner(outer(four)).frame(), withTunnels()), TunnelType::ipInIp, 0);
  Decoded decoded = decode(outer(sixInFour).ip6("fd01::1", "fd01::2").udp(1, 2).frame(), withTunnels());
  CHECK(decoded.packet.tunnel.type == TunnelType::sixInFour);
  CHECK(decoded.packet.tunnel.outerProtocol == 41);
  CHECK(decoded.packet.octets == 48);
  decoded = decode(inner(fourInSix.ethernet().ip6("fd00::1", "fd00::2")).frame(), withTunnels());
  CHECK(decoded.packet.tunnel.type == TunnelType::ipInIp);
  CHECK(decoded.packet.tunnel.outerIpVersion == 6);
  CHECK(decoded.packet.octets == 45);
  decoded = decode(sixInSix.ethernet().ip6("fd00::1", "fd00::2").ip6("fd01::1", "fd01::2").udp(1, 2).frame(),
                   withTunnels());
  CHECK(decoded.packet.tunnel.type == TunnelType::ipInIp);
  CHECK(decoded.source() == "fd01::1");
}

TEST_CASE("L2TPv2 data: short and with all optional fields; control stays outer") {
  FrameBuilder brief, full, control;
  outer(brief).udp(1701, 1701).l2tp(3, 4).ppp(true);
  checkInner(decode(inner(brief).frame(), withTunnels()), TunnelType::l2tp, 3u << 16 | 4);
  outer(full).udp(1701, 40000).be16(0x4a02).be16(0).be16(3).be16(4).be32(0).be16(2).payload(2, 0xff).ppp();
  checkInner(decode(inner(full).frame(), withTunnels()), TunnelType::l2tp, 3u << 16 | 4);
  outer(control).udp(1701, 1701).be16(0xc802).payload(20, 0);
  CHECK_FALSE(decode(control.frame(), withTunnels()).has(hasTunnel));
}

TEST_CASE("VXLAN-GPE goes by its next protocol") {
  FrameBuilder builder;
  outer(builder).udp(50000, 4790).be32(0x0c000001).be32(9 << 8).type(0);
  checkInner(decode(inner(builder).frame(), withTunnels()), TunnelType::vxlan, 9);
}

TEST_CASE("what is not IP inside, malformed or cut leaves the outer packet to be metered") {
  FrameBuilder arp, noFlag, badInner, cutInner;
  Decoded decoded = decode(
      outer(arp).udp(50000, 4789).vxlan(1).ethernet().type(0x0806).payload(28, 0).frame(), withTunnels());
  REQUIRE(decoded.outcome == Outcome::metered);
  CHECK(decoded.destinationPort() == 4789);
  CHECK(decoded.packet.octets == 20 + 8 + 8 + 14 + 28);
  CHECK_FALSE(decoded.has(hasTunnel));

  outer(noFlag).udp(50000, 4789).be32(0).be32(256).ethernet();
  CHECK_FALSE(decode(inner(noFlag).frame(), withTunnels()).has(hasTunnel));

  const Frame frame = inner(outer(badInner).gre()).frame();
  badInner.at(70) = 0x10;  // data offset of the inner TCP header
  decoded = decode(frame, withTunnels());
  CHECK(decoded.packet.key.protocol == 47);
  CHECK(decoded.packet.octets == 69);

  decoded = decode(snapped(inner(outer(cutInner).gre()).frame(), 14 + 20 + 4 + 20 + 2), withTunnels());
  CHECK(decoded.packet.key.protocol == 47);
  CHECK(decoded.outcome == Outcome::metered);
}

TEST_CASE("nested tunnels: the nearest envelope is told; beyond the limit the last allowed level is metered") {
  FrameBuilder builder;
  builder.ethernet().ip4("192.0.2.1", "192.0.2.2").gre(0x2000, 1).ip4("198.51.100.1", "198.51.100.2")
      .udp(50000, 4789).vxlan(2).ethernet();
  inner(builder);
  Decoded decoded = decode(builder.frame(), withTunnels());
  CHECK(decoded.packet.tunnel.depth == 2);
  CHECK(decoded.packet.tunnel.type == TunnelType::vxlan);
  CHECK(decoded.packet.tunnelId == 2);
  CHECK(Decoded::text(decoded.packet.tunnel.outerAddress[0], 4) == "198.51.100.1");
  CHECK(decoded.packet.octets == 45);
  decoded = decode(builder.frame(), withTunnels(1));
  CHECK(decoded.packet.tunnel.depth == 1);
  CHECK(decoded.packet.tunnel.type == TunnelType::gre);
  CHECK(decoded.destinationPort() == 4789);
  CHECK(decode(builder.frame(), withTunnels(0)).packet.key.protocol == 47);
}
