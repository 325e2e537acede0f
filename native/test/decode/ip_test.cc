#include "decode/ip.h"

#include "decode/decoding.h"

using namespace weir;
using namespace weir::test;

TEST_CASE("IPv4 with options: octets are the total length") {
  FrameBuilder builder;
  builder.ethernet().ip4("192.0.2.9", "192.0.2.1", {.ttl = 3, .tos = 0xb8, .fragment = 0x4000, .options = {1, 1, 1, 0}})
      .tcp(80, 50000, kAck).payload(10);
  const Decoded decoded = decode(builder.frame());
  REQUIRE(decoded.outcome == Outcome::metered);
  CHECK(decoded.packet.octets == 54);
  CHECK(decoded.packet.payload == 10);
  CHECK(decoded.packet.tos == 0xb8);
  CHECK(decoded.packet.ttl == 3);
  CHECK(decoded.packet.fragmentFlags == 0x40);
  CHECK(decoded.packet.side == 1);
  CHECK(decoded.source() == "192.0.2.9");
}

TEST_CASE("endpoints are canonical: lower address first, then lower port") {
  FrameBuilder up, down, same, six;
  CHECK(decode(up.ethernet().ip4("10.0.0.1", "10.0.0.2").udp(9, 1).frame()).packet.side == 0);
  CHECK(decode(down.ethernet().ip4("10.0.0.2", "10.0.0.1").udp(1, 9).frame()).packet.side == 1);
  const Decoded decoded = decode(same.ethernet().ip4("10.0.0.1", "10.0.0.1").udp(9, 1).frame());
  CHECK(decoded.packet.side == 1);
  CHECK(decoded.packet.key.port[0] == 1);
  CHECK(decode(six.ethernet().ip6("fd00::2", "fd00::1").udp(1, 9).frame()).packet.side == 1);
  // IPv4 lives as ::ffff:a.b.c.d.
  const Address expected = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
  CHECK(decoded.packet.key.address[0] == expected);
}

TEST_CASE("IPv4 lengths: shorter than its header is malformed, longer than the frame is metered") {
  FrameBuilder builder;
  const Frame frame = builder.ethernet().ip4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(50).frame();
  builder.at(16) = 0, builder.at(17) = 19;
  CHECK(decode(frame).outcome == Outcome::malformedNetwork);
  builder.at(16) = 0x10;
  const Decoded decoded = decode(frame);
  CHECK(decoded.outcome == Outcome::metered);
  CHECK(decoded.packet.octets == 0x1013);
  builder.at(14) = 0x44;  // header of 16 octets
  CHECK(decode(frame).outcome == Outcome::malformedNetwork);
  builder.at(14) = 0x65;  // version 6 behind EtherType 0x0800
  CHECK(decode(frame).outcome == Outcome::malformedNetwork);
}

TEST_CASE("the snap length does not change octets and payload") {
  FrameBuilder builder;
  const Frame frame = builder.ethernet().ip4("10.0.0.1", "10.0.0.2").tcp(1, 2, kAck).payload(1000).frame();
  for (const uint32_t cut : {54u, 60u, 100u}) {
    const Decoded decoded = decode(snapped(frame, cut));
    REQUIRE(decoded.outcome == Outcome::metered);
    CHECK(decoded.packet.octets == 1040);
    CHECK(decoded.packet.payload == 1000);
    CHECK(decoded.packet.payloadCaptured == cut - 54);
    CHECK(decoded.has(hasPayload) == (cut > 54));
  }
  for (uint32_t cut = 15; cut < 34; ++cut) CHECK(decode(snapped(frame, cut)).outcome == Outcome::truncatedNetwork);
  for (uint32_t cut = 34; cut < 38; ++cut) CHECK(decode(snapped(frame, cut)).outcome == Outcome::truncatedTransport);
}

TEST_CASE("IPv4 total length 0 means the whole rest: BIG TCP and captures before segmentation") {
  FrameBuilder builder;
  Frame frame = builder.ethernet().ip4("10.0.0.1", "10.0.0.2").tcp(1, 2, kAck).payload(80000).frame();
  builder.at(16) = builder.at(17) = 0;
  const Decoded decoded = decode(snapped(frame, 128));
  CHECK(decoded.packet.octets == 80040);
  CHECK(decoded.packet.payload == 80000);
}

TEST_CASE("IPv6: traffic class, flow label, octets with the header") {
  FrameBuilder builder;
  builder.ethernet().ip6("fd00::1", "fd00::2", {.hopLimit = 9, .trafficClass = 0xb8, .flowLabel = 0xabcde})
      .tcp(5, 6, kSyn).payload(7).finish().payload(20);
  const Decoded decoded = decode(builder.frame());
  CHECK(decoded.packet.octets == 67);
  CHECK(decoded.packet.payload == 7);
  CHECK(decoded.packet.tos == 0xb8);
  CHECK(decoded.packet.ttl == 9);
  CHECK(decoded.packet.flowLabel == 0xabcde);
}

TEST_CASE("IPv6 extension headers are walked to the transport header") {
  FrameBuilder builder;
  builder.ethernet().ip6("fd00::1", "fd00::2").extension(0).extension(43, 24).extension(60, 16).ah(0x1234)
      .extension(135).extension(139).extension(140).udp(53, 54).payload(4);
  const Decoded decoded = decode(builder.frame());
  REQUIRE(decoded.outcome == Outcome::metered);
  CHECK(decoded.packet.key.protocol == 17);
  CHECK(decoded.sourcePort() == 53);
  CHECK(decoded.packet.octets == 40 + 8 + 24 + 16 + 24 + 8 * 3 + 12);
  CHECK(decoded.packet.payload == 4);
  CHECK(decoded.has(hasSpi));
  CHECK(decoded.packet.spi == 0x1234);
}

TEST_CASE("IPv6: mobility alone is the protocol itself; no next header; too many headers; cut headers") {
  FrameBuilder mobility, none, many, cut;
  CHECK(decode(mobility.ethernet().ip6("fd00::1", "fd00::2").extension(135, 16).type(59).frame())
            .packet.key.protocol == 135);
  CHECK(decode(none.ethernet().ip6("fd00::1", "fd00::2").extension(60).type(59).frame()).packet.key.protocol == 59);
  many.ethernet().ip6("fd00::1", "fd00::2");
  for (int i = 0; i < 20; ++i) many.extension(60);
  CHECK(decode(many.udp(1, 2).frame()).outcome == Outcome::unsupportedNesting);
  const Frame frame = cut.ethernet().ip6("fd00::1", "fd00::2").extension(60, 16).udp(1, 2).frame();
  CHECK(decode(snapped(frame, 60)).outcome == Outcome::truncatedNetwork);
  cut.at(55) = 9;  // an extension header longer than the packet
  CHECK(decode(frame).outcome == Outcome::malformedNetwork);
}

TEST_CASE("IPv6 jumbo payload option, BIG TCP without it, and lies") {
  FrameBuilder jumbo;
  jumbo.ethernet().ip6("fd00::1", "fd00::2").type(0).raw({6, 0, 0xc2, 4}).be32(8 + 20 + 70000);
  FrameBuilder tcp;
  tcp.tcp(1, 2, kAck).payload(70000);
  tcp.finish();
  for (size_t i = 0; i < tcp.size(); ++i) jumbo.u8(tcp.at(i));
  const Frame frame = jumbo.finish().frame();
  jumbo.at(18) = jumbo.at(19) = 0;
  Decoded decoded = decode(snapped(frame, 200));
  REQUIRE(decoded.outcome == Outcome::metered);
  CHECK(decoded.packet.octets == 40 + 8 + 20 + 70000);
  CHECK(decoded.packet.payload == 70000);
  jumbo.at(58) = 0x7f;  // longer than the frame
  CHECK(decode(frame).outcome == Outcome::malformedNetwork);

  FrameBuilder plain;
  const Frame big = plain.ethernet().ip6("fd00::1", "fd00::2").tcp(1, 2, kAck).payload(80000).frame();
  plain.at(18) = plain.at(19) = 0;
  decoded = decode(big);
  CHECK(decoded.packet.octets == 80060);
  CHECK(decoded.packet.payload == 80000);
}

TEST_CASE("AH in front of TCP over IPv4 keeps its SPI") {
  FrameBuilder builder;
  const Decoded decoded = decode(builder.ethernet().ip4("10.0.0.1", "10.0.0.2").ah(77).tcp(1, 2, kAck).frame());
  CHECK(decoded.packet.key.protocol == 6);
  CHECK(decoded.packet.spi == 77);
  CHECK(decoded.has(hasTcp));
}
