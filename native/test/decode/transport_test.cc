#include "decode/transport.h"

#include "decode/decoding.h"

using namespace weir;
using namespace weir::test;

namespace {

FrameBuilder& ip(FrameBuilder& builder) { return builder.ethernet().ip4("10.0.0.1", "10.0.0.2"); }

}  // namespace

TEST_CASE("TCP: flags, numbers, window; options only of a SYN") {
  const std::vector<uint8_t> options = {2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
  FrameBuilder syn, data;
  Decoded decoded = decode(ip(syn).tcp(40000, 443, kSyn, {.sequence = 0x01020304, .window = 64240, .options = options})
                               .frame());
  REQUIRE(decoded.outcome == Outcome::metered);
  CHECK(decoded.has(hasTcp));
  CHECK(decoded.packet.tcpFlags == kSyn);
  CHECK(decoded.packet.sequence == 0x01020304);
  CHECK(decoded.packet.window == 64240);
  CHECK(decoded.packet.mss == 1460);
  CHECK(decoded.packet.windowScale == 7);
  CHECK(decoded.packet.payload == 0);
  CHECK_FALSE(decoded.has(hasPayload));

  ip(data).tcp(40000, 443, kAck | kPush, {.acknowledgment = 9, .options = options}).payload(3);
  decoded = decode(data.frame());
  CHECK(decoded.packet.acknowledgment == 9);
  CHECK(decoded.packet.mss == 0);
  CHECK(decoded.packet.windowScale == 255);
  CHECK(decoded.packet.payload == 3);
  CHECK(decoded.packet.payloadData[0] == 0x61);
}

TEST_CASE("TCP: option lists that end early or lie") {
  const std::vector<std::vector<uint8_t>> lists = {
      {0, 2, 4, 5}, {2, 0, 5, 6}, {2, 9, 5, 6}, {1, 1, 1, 2}, {3, 2, 1, 1}};
  for (const std::vector<uint8_t>& options : lists) {
    FrameBuilder builder;
    const Decoded decoded = decode(ip(builder).tcp(1, 2, kSyn, {.options = options}).frame());
    CHECK(decoded.outcome == Outcome::metered);
    CHECK(decoded.packet.mss == 0);
    CHECK(decoded.packet.windowScale == 255);
  }
  FrameBuilder large;  // RFC 7323: shifts above 14 count as 14
  CHECK(decode(ip(large).tcp(1, 2, kSyn, {.options = {3, 3, 200, 0}}).frame()).packet.windowScale == 14);
}

TEST_CASE("TCP: malformed data offsets; headers cut by the snap length") {
  FrameBuilder builder;
  const Frame frame = ip(builder).tcp(1, 2, kSyn, {.options = {2, 4, 1, 0}}).payload(100).frame();
  Decoded decoded = decode(snapped(frame, 14 + 20 + 4));
  CHECK(decoded.outcome == Outcome::metered);
  CHECK_FALSE(decoded.has(hasTcp));
  CHECK(decoded.sourcePort() == 1);
  CHECK(decoded.packet.payload == 104);  // options out of sight count as payload
  decoded = decode(snapped(frame, 14 + 20 + 22));
  CHECK(decoded.has(hasTcp));
  CHECK(decoded.packet.mss == 0);
  CHECK(decoded.packet.payload == 100);
  CHECK(decoded.packet.payloadCaptured == 0);
  builder.at(46) = 0x40;
  CHECK(decode(frame).outcome == Outcome::malformedTransport);
  FrameBuilder bare;
  const Frame empty = ip(bare).tcp(1, 2, kAck).frame();
  bare.at(46) = 0xf0;
  CHECK(decode(empty).outcome == Outcome::malformedTransport);
}

TEST_CASE("UDP: its length bounds the payload") {
  FrameBuilder builder;
  const Frame frame = ip(builder).udp(1, 2).payload(100).frame();
  builder.at(38) = 0, builder.at(39) = 28;
  Decoded decoded = decode(frame);
  CHECK(decoded.packet.octets == 128);
  CHECK(decoded.packet.payload == 20);
  CHECK(decoded.packet.payloadCaptured == 20);
  builder.at(39) = 8;
  decoded = decode(frame);
  CHECK(decoded.packet.payload == 0);
  CHECK_FALSE(decoded.has(hasPayload));
  builder.at(39) = 0;  // as jumbograms say it
  CHECK(decode(frame).packet.payload == 100);
  builder.at(38) = 0xff;  // more than there is
  CHECK(decode(frame).packet.payload == 100);
  builder.at(38) = 0, builder.at(39) = 7;
  CHECK(decode(frame).outcome == Outcome::malformedTransport);
  FrameBuilder tiny;
  CHECK(decode(ip(tiny).type(17).payload(6).frame()).outcome == Outcome::malformedTransport);
}

TEST_CASE("UDP-Lite, DCCP and SCTP have ports; INIT and INIT ACK tell the initiator") {
  FrameBuilder lite, dccp, init, answer, data;
  Decoded decoded = decode(ip(lite).udpLite(7, 8).payload(5).frame());
  CHECK(decoded.packet.key.protocol == 136);
  CHECK(decoded.sourcePort() == 7);
  CHECK(decoded.packet.payload == 5);
  decoded = decode(ip(dccp).dccp(7, 8).payload(5).frame());
  CHECK(decoded.packet.key.protocol == 33);
  CHECK(decoded.destinationPort() == 8);
  CHECK(decoded.packet.payload == 5);
  decoded = decode(ip(init).sctp(7, 8, 1).frame());
  CHECK(decoded.has(isRequest));
  CHECK(decoded.packet.payload == 4);
  decoded = decode(ip(answer).sctp(8, 7, 2).frame());
  CHECK(decoded.has(isReply));
  decoded = decode(ip(data).sctp(7, 8, 0).frame());
  CHECK_FALSE(decoded.has(isRequest));
  CHECK_FALSE(decoded.has(isReply));
}

TEST_CASE("ICMP and ICMPv6: type and code, echo directions, no ports") {
  FrameBuilder request, reply, unreachable, request6, reply6;
  Decoded decoded = decode(ip(request).icmp(8).payload(56).frame());
  CHECK(decoded.has(hasIcmp));
  CHECK(decoded.has(isRequest));
  CHECK(decoded.packet.payload == 56);
  CHECK(decoded.packet.key.port[0] == 0);
  CHECK(decoded.packet.key.port[1] == 0);
  decoded = decode(ip(reply).icmp(0).frame());
  CHECK(decoded.has(isReply));
  decoded = decode(ip(unreachable).icmp(3, 13).frame());
  CHECK(decoded.packet.icmpType == 3);
  CHECK(decoded.packet.icmpCode == 13);
  CHECK_FALSE(decoded.has(isRequest));
  CHECK(decode(request6.ethernet().ip6("fd00::1", "fd00::2").icmp6(128).frame()).has(isRequest));
  CHECK(decode(reply6.ethernet().ip6("fd00::1", "fd00::2").icmp6(129).frame()).has(isReply));
}

TEST_CASE("ESP tells its SPI; other protocols are metered without ports") {
  FrameBuilder esp, ospf;
  Decoded decoded = decode(ip(esp).esp(0xdeadbeef).payload(40).frame());
  CHECK(decoded.has(hasSpi));
  CHECK(decoded.packet.spi == 0xdeadbeef);
  CHECK(decoded.packet.payload == 40);
  decoded = decode(ip(ospf).type(89).payload(44).frame());
  CHECK(decoded.packet.key.protocol == 89);
  CHECK(decoded.packet.octets == 64);
  CHECK(decoded.packet.payload == 44);
}

TEST_CASE("every outcome has a name, and the decoder counts each frame once") {
  Decoder decoder({});
  FrameBuilder good, arp, cut;
  decode(decoder, ip(good).udp(1, 2).frame());
  decode(decoder, ip(good).frame());
  decode(decoder, arp.ethernet().type(0x0806).payload(46).frame());
  decode(decoder, snapped(ip(cut).udp(1, 2).frame(), 10));
  uint64_t sum = 0;
  for (const Counter& counter : decoder.counters().frames) sum += counter.get();
  CHECK(sum == 4);
  CHECK(decoder.counters().frames[static_cast<size_t>(Outcome::notIp)].get() == 1);
  CHECK(decoder.counters().frames[static_cast<size_t>(Outcome::truncatedLink)].get() == 1);
  for (size_t i = 0; i < kOutcomes; ++i) CHECK(std::string(outcomeName(static_cast<Outcome>(i))) != "unknown");
  CHECK(std::string(outcomeName(Outcome::unsupportedTunnelFragment)) == "unsupportedTunnelFragment");
  CHECK(std::string(outcomeName(Outcome::truncatedTransport)) == "truncatedTransport");
}
