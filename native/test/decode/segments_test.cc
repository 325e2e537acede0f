// GSO and GRO super-packets count as the wire packets they stand for.
#include "decode/decoding.h"

using namespace weir;
using namespace weir::test;

namespace {

Decoded decodeGso(FrameBuilder& builder, uint16_t size, const DecoderOptions& options = {}) {
  Decoder decoder(options);
  Frame frame = builder.frame();
  frame.gsoHeader = 1;
  frame.gsoSize = size;
  const Decoded decoded = decode(decoder, frame);
  CHECK(decoder.counters().wirePackets.get() == decoded.packet.wirePackets);
  return decoded;
}

void checkCounts(const Decoded& decoded, uint32_t packets, uint32_t octets, uint32_t payload, uint32_t largest) {
  REQUIRE(decoded.outcome == Outcome::metered);
  CHECK(decoded.packet.wirePackets == packets);
  CHECK(decoded.packet.octets == octets);
  CHECK(decoded.packet.payload == payload);
  CHECK(decoded.packet.largest == largest);
}

}  // namespace

TEST_CASE("TCP: each segment repeats IP and TCP headers") {
  FrameBuilder builder, exact, small, six;
  const std::vector<uint8_t> options(12, 1);
  builder.ethernet().ip4("10.0.0.1", "10.0.0.2").tcp(1, 2, kAck, {.options = options}).payload(10'000);
  checkCounts(decodeGso(builder, 1448), 7, 7 * 52 + 10'000, 10'000, 1500);
  exact.ethernet().ip4("10.0.0.1", "10.0.0.2").tcp(1, 2, kAck).payload(2920);
  checkCounts(decodeGso(exact, 1460), 2, 3000, 2920, 1500);
  small.ethernet().ip4("10.0.0.1", "10.0.0.2").tcp(1, 2, kAck).payload(100);
  checkCounts(decodeGso(small, 1460), 1, 140, 100, 140);
  six.ethernet().ip6("fd00::1", "fd00::2").tcp(1, 2, kAck).payload(3000);
  checkCounts(decodeGso(six, 1440), 3, 3 * 60 + 3000, 3000, 1500);
}

TEST_CASE("UDP: each datagram repeats IP and UDP headers; BIG TCP without a length") {
  FrameBuilder udp, big;
  udp.ethernet().ip4("10.0.0.1", "10.0.0.2").udp(1, 443).payload(5000);
  checkCounts(decodeGso(udp, 1200), 5, 5 * 28 + 5000, 5000, 1228);
  big.ethernet().ip4("10.0.0.1", "10.0.0.2").tcp(1, 2, kAck).payload(146'000).finish();
  big.at(16) = big.at(17) = 0;
  checkCounts(decodeGso(big, 1460), 100, 150'000, 146'000, 1500);
}

TEST_CASE("an encapsulated super-packet: all headers in front of the inner payload repeat") {
  struct Case {
    void (*envelope)(FrameBuilder&);
    uint32_t outerHeaders, outerPayloadHeaders;
  };
  const Case cases[] = {
      {[](FrameBuilder& b) { b.udp(50000, 4789).vxlan(1).ethernet(); }, 20 + 8 + 8 + 14, 28},
      {[](FrameBuilder& b) { b.udp(50000, 6081).geneve(1, 4).bridged(); }, 20 + 8 + 12 + 14, 28},
      {[](FrameBuilder& b) { b.gre(0x2000, 1); }, 20 + 8, 20},
      {[](FrameBuilder&) {}, 20, 20},
  };
  for (const Case& one : cases) {
    FrameBuilder builder;
    builder.ethernet().ip4("192.0.2.1", "192.0.2.2");
    one.envelope(builder);
    builder.ip4("10.0.0.1", "10.0.0.2").tcp(1, 2, kAck).payload(3500);
    // Inner packet metered.
    checkCounts(decodeGso(builder, 1400, withTunnels()), 3, 3 * 40 + 3500, 3500, 1440);
    // Outer packet metered: the inner headers are its payload.
    const uint32_t headers = one.outerHeaders + 40;
    checkCounts(decodeGso(builder, 1400), 3, 3 * headers + 3500, 3 * (headers - one.outerPayloadHeaders) + 3500,
                headers + 1400);
  }
}

TEST_CASE("a UDP super-packet of tunnel datagrams is metered as the outer flow") {
  FrameBuilder builder;
  builder.ethernet().ip4("192.0.2.1", "192.0.2.2").udp(50000, 4789).vxlan(1).ethernet();
  builder.ip4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(50).finish();
  // Three more datagrams behind the first, told by the outer lengths only.
  const size_t part = builder.size() - 42;
  for (size_t i = 0; i < 3 * part; ++i) builder.u8(builder.at(42 + i));
  const size_t octets = builder.size() - 14;
  builder.at(16) = static_cast<uint8_t>(octets >> 8), builder.at(17) = static_cast<uint8_t>(octets);
  builder.at(38) = static_cast<uint8_t>((octets - 20) >> 8), builder.at(39) = static_cast<uint8_t>(octets - 20);
  const Decoded decoded = decodeGso(builder, static_cast<uint16_t>(part), withTunnels());
  CHECK(decoded.packet.wirePackets == 4);
  CHECK(decoded.packet.octets == 4 * (28 + part));
  CHECK_FALSE(decoded.has(hasTunnel));
}

TEST_CASE("a GSO size of 0 or no GSO header changes nothing") {
  FrameBuilder builder;
  builder.ethernet().ip4("10.0.0.1", "10.0.0.2").tcp(1, 2, kAck).payload(5000);
  checkCounts(decodeGso(builder, 0), 1, 5040, 5000, 5040);
  Frame frame = builder.frame();
  frame.gsoSize = 1460;
  CHECK(decode(frame).packet.wirePackets == 1);
}
