#include "decode/fragments.h"

#include "decode/decoding.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

// A first fragment of UDP 1000 -> 2000 and a later one, each with 24 octets behind the IP header.
Frame first4(FrameBuilder& builder, uint16_t id, uint64_t ns = 0) {
  return builder.ethernet().ip4("10.0.0.9", "10.0.0.2", {.id = id, .fragment = 0x2000}).udp(1000, 2000).payload(16)
      .frame(ns);
}

Frame later4(FrameBuilder& builder, uint16_t id, uint64_t ns = 0, uint16_t fragment = 3) {
  return builder.ethernet().ip4("10.0.0.9", "10.0.0.2", {.id = id, .fragment = fragment}).type(17).payload(24)
      .frame(ns);
}

FragmentKey keyOf(uint32_t id) {
  FragmentKey key;
  key.id = id;
  return key;
}

}  // namespace

TEST_CASE("later IPv4 fragments get the ports of the first") {
  Decoder decoder({});
  FrameBuilder a, b, c;
  Decoded decoded = decode(decoder, first4(a, 7));
  CHECK(decoded.has(isFragment));
  CHECK_FALSE(decoded.has(isLaterFragment));
  CHECK(decoded.packet.fragmentFlags == 0x20);
  CHECK(decoded.packet.payload == 16);
  decoded = decode(decoder, later4(b, 7));
  CHECK(decoded.has(isLaterFragment));
  CHECK(decoded.sourcePort() == 1000);
  CHECK(decoded.destinationPort() == 2000);
  CHECK(decoded.packet.octets == 44);
  CHECK(decoded.packet.payload == 24);
  decoded = decode(decoder, later4(c, 8));
  CHECK(decoded.outcome == Outcome::metered);
  CHECK(decoded.sourcePort() == 0);
  CHECK(decoder.counters().fragmentsUnmatched.get() == 1);
}

TEST_CASE("fragments of another VLAN, Observation Point or direction are other datagrams") {
  Decoder decoder({});
  FrameBuilder a, b, c, d;
  decode(decoder, first4(a, 7));
  Frame other = later4(b, 7);
  other.observationPoint = 1;
  CHECK(decode(decoder, other).sourcePort() == 0);
  other = later4(c, 7);
  other.vlanTpid = 0x8100;
  other.vlanTci = 5;
  CHECK(decode(decoder, other).sourcePort() == 0);
  d.ethernet().ip4("10.0.0.2", "10.0.0.9", {.id = 7, .fragment = 3}).type(17).payload(24);
  CHECK(decode(decoder, d.frame()).sourcePort() == 0);
  CHECK(decoder.counters().fragmentsUnmatched.get() == 3);
}

TEST_CASE("a first fragment is forgotten after 30 s of packet time") {
  Decoder decoder({});
  FrameBuilder a, b, c;
  decode(decoder, first4(a, 7, kSecond));
  CHECK(decode(decoder, later4(b, 7, 31 * kSecond)).sourcePort() == 1000);
  CHECK(decode(decoder, later4(c, 7, 31 * kSecond + 1)).sourcePort() == 0);
}

TEST_CASE("IPv6 fragments: protocol and ports behind more headers; atomic fragments are whole packets") {
  Decoder decoder({});
  FrameBuilder a, b, c;
  a.ethernet().ip6("fd00::1", "fd00::2").fragment6(0, true, 99).extension(60).udp(1000, 2000).payload(8);
  Decoded decoded = decode(decoder, a.frame());
  CHECK(decoded.has(isFragment));
  CHECK(decoded.packet.payload == 8);
  b.ethernet().ip6("fd00::1", "fd00::2").fragment6(3, false, 99).type(60).payload(32);
  decoded = decode(decoder, b.frame());
  CHECK(decoded.packet.key.protocol == 17);
  CHECK(decoded.sourcePort() == 1000);
  CHECK(decoded.packet.octets == 40 + 8 + 32);
  CHECK(decoded.packet.payload == 32);
  c.ethernet().ip6("fd00::1", "fd00::2").fragment6(0, false, 100).udp(5, 6);
  decoded = decode(decoder, c.frame());
  CHECK_FALSE(decoded.has(isFragment));
  CHECK(decoded.destinationPort() == 6);
}

TEST_CASE("a first fragment may end inside its TCP header; ESP fragments keep the SPI") {
  Decoder decoder({});
  FrameBuilder tiny, esp, later;
  tiny.ethernet().ip4("10.0.0.1", "10.0.0.2", {.id = 1, .fragment = 0x2000}).type(6).be16(5).be16(6).be32(0);
  Decoded decoded = decode(decoder, tiny.frame());
  CHECK(decoded.outcome == Outcome::metered);
  CHECK(decoded.sourcePort() == 5);
  CHECK(decoded.packet.payload == 0);
  esp.ethernet().ip4("10.0.0.1", "10.0.0.2", {.id = 2, .fragment = 0x2000}).esp(0x77).payload(8);
  decode(decoder, esp.frame());
  later.ethernet().ip4("10.0.0.1", "10.0.0.2", {.id = 2, .fragment = 2}).type(50).payload(8);
  decoded = decode(decoder, later.frame());
  CHECK(decoded.has(hasSpi));
  CHECK(decoded.packet.spi == 0x77);
}

TEST_CASE("with tunnels on, later fragments of a tunnel datagram are in the inner packet already") {
  FrameBuilder whole, first, later;
  // The inner packet says 1028 octets; the outer fragment holds the start of them.
  whole.ip4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(1000).finish();
  first.ethernet().ip4("192.0.2.1", "192.0.2.2", {.id = 5, .fragment = 0x2000}).udp(50000, 4789).vxlan(1).ethernet()
      .type(0x0800);
  for (size_t i = 0; i < 400; ++i) first.u8(whole.at(i));
  later.ethernet().ip4("192.0.2.1", "192.0.2.2", {.id = 5, .fragment = 54}).type(17).payload(628);

  Decoder on(withTunnels());
  const Decoded decoded = decode(on, first.frame());
  CHECK(decoded.packet.octets == 1028);
  CHECK(decoded.packet.payload == 1000);
  CHECK_FALSE(decoded.has(isFragment));
  CHECK(decode(on, later.frame()).outcome == Outcome::unsupportedTunnelFragment);

  Decoder off({});
  CHECK(decode(off, first.frame()).packet.octets == 20 + 8 + 8 + 14 + 400);
  CHECK(decode(off, later.frame()).destinationPort() == 4789);
}

TEST_CASE("fragments inside a tunnel find their first by the inner addresses") {
  Decoder decoder(withTunnels());
  FrameBuilder a, b;
  a.ethernet().ip4("192.0.2.1", "192.0.2.2").gre().ip4("10.0.0.1", "10.0.0.2", {.id = 3, .fragment = 0x2000}).udp(1, 2)
      .payload(8);
  b.ethernet().ip4("192.0.2.1", "192.0.2.2").gre().ip4("10.0.0.1", "10.0.0.2", {.id = 3, .fragment = 2}).type(17)
      .payload(8);
  decode(decoder, a.frame());
  const Decoded decoded = decode(decoder, b.frame());
  CHECK(decoded.destinationPort() == 2);
  CHECK(decoded.has(isLaterFragment));
  CHECK(decoded.packet.tunnel.type == TunnelType::gre);
}

TEST_CASE("the table is bounded: the oldest leaves, counted while it was in its time") {
  FragmentTable table(4);
  for (uint32_t id = 0; id < 4; ++id) CHECK_FALSE(table.put(keyOf(id), id, {.ports = {static_cast<uint16_t>(id), 1}}));
  CHECK(table.put(keyOf(4), 4, {}));
  CHECK(table.find(keyOf(0), 5) == nullptr);
  REQUIRE(table.find(keyOf(1), 5) != nullptr);
  CHECK(table.find(keyOf(1), 5)->ports.source == 1);
  // Long gone entries make room without being counted.
  CHECK_FALSE(table.put(keyOf(5), 100 * kSecond, {}));
  // The same datagram again takes the place of what was told before.
  table.put(keyOf(5), 101 * kSecond, {.ports = {9, 9}});
  CHECK(table.find(keyOf(5), 101 * kSecond)->ports.source == 9);
}

TEST_CASE("the table survives many more datagrams than it has entries") {
  FragmentTable table(64);
  uint32_t evicted = 0;
  for (uint32_t id = 0; id < 10'000; ++id) {
    evicted += table.put(keyOf(id), id, {.ports = {static_cast<uint16_t>(id), 0}}) ? 1 : 0;
    REQUIRE(table.find(keyOf(id), id) != nullptr);
    REQUIRE(table.find(keyOf(id), id)->ports.source == static_cast<uint16_t>(id));
  }
  CHECK(evicted == 10'000 - 64);
  uint32_t found = 0;
  for (uint32_t id = 0; id < 10'000; ++id) found += table.find(keyOf(id), 10'000) != nullptr ? 1 : 0;
  CHECK(found == 64);
}

TEST_CASE("an evicted first fragment is counted by the decoder") {
  Decoder decoder({.fragmentEntries = 1});
  FrameBuilder a, b, c;
  decode(decoder, first4(a, 1));
  decode(decoder, first4(b, 2));
  CHECK(decoder.counters().fragmentsEvicted.get() == 1);
  CHECK(decode(decoder, later4(c, 1)).sourcePort() == 0);
}
