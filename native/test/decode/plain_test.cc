// The short way and the long way must say the same of the same frame.
#include <cstring>

#include "decode/decoding.h"

using namespace weir;
using namespace weir::test;

namespace {

// A GSO header without a size changes nothing but forces the long way.
void checkSame(Frame frame) {
  Decoder decoder({});
  Packet plain, general;
  std::memset(static_cast<void*>(&plain), 0xaa, sizeof plain);
  std::memset(static_cast<void*>(&general), 0x55, sizeof general);
  REQUIRE(decoder.decode(frame, plain) == Outcome::metered);
  frame.gsoHeader = 1;
  REQUIRE(decoder.decode(frame, general) == Outcome::metered);
  CHECK(std::memcmp(&plain.key, &general.key, sizeof plain.key) == 0);
#define WEIR_SAME(member) CHECK(plain.member == general.member)
  WEIR_SAME(ns); WEIR_SAME(octets); WEIR_SAME(payload); WEIR_SAME(wirePackets); WEIR_SAME(largest);
  WEIR_SAME(present); WEIR_SAME(side); WEIR_SAME(tcpFlags); WEIR_SAME(tos); WEIR_SAME(ttl); WEIR_SAME(fragmentFlags);
  WEIR_SAME(icmpType); WEIR_SAME(icmpCode); WEIR_SAME(mplsDepth); WEIR_SAME(vlanPriority); WEIR_SAME(windowScale);
  WEIR_SAME(mss); WEIR_SAME(window); WEIR_SAME(sequence); WEIR_SAME(acknowledgment); WEIR_SAME(flowLabel);
  WEIR_SAME(spi); WEIR_SAME(mplsTopEntry); WEIR_SAME(interface); WEIR_SAME(direction); WEIR_SAME(mac);
  WEIR_SAME(payloadData); WEIR_SAME(payloadCaptured); WEIR_SAME(tunnelId);
#undef WEIR_SAME
}

void checkVariants(FrameBuilder& builder) {
  Frame frame = builder.frame(123456789);
  frame.interface = 3;
  frame.observationPoint = 2;
  for (const uint32_t cut : {64u, 70u, 82u, 90u, 2000u}) {
    checkSame(snapped(frame, cut));
    Frame tagged = snapped(frame, cut);
    tagged.vlanTpid = 0x8100;
    tagged.vlanTci = 0xa123;
    tagged.direction = FrameDirection::sent;
    checkSame(tagged);
  }
}

}  // namespace

TEST_CASE("short and long way agree") {
  const std::vector<uint8_t> options = {2, 4, 5, 0xb4, 1, 3, 3, 9};
  for (const bool tagged : {false, true}) {
    for (const char* pair : {"12", "21"}) {
      for (const size_t octets : {0, 1, 400}) {
        const std::string a = std::string("10.0.0.") + pair[0], b = std::string("10.0.0.") + pair[1];
        const std::string a6 = "fd00::" + a, b6 = "fd00::" + b;
        FrameBuilder tcp4, syn4, udp4, tcp6, udp6;
        for (FrameBuilder* builder : {&tcp4, &syn4, &udp4, &tcp6, &udp6}) {
          builder->ethernet();
          if (tagged) builder->vlan(77, 5);
        }
        checkVariants(tcp4.ip4(a.c_str(), b.c_str(), {.tos = 4, .fragment = 0x4000}).tcp(9, 8, kAck, {1, 2, 3, {}})
                          .payload(octets));
        checkVariants(syn4.ip4(a.c_str(), b.c_str()).tcp(8, 9, kSyn, {1, 2, 3, options}).payload(octets));
        checkVariants(udp4.ip4(a.c_str(), b.c_str()).udp(53, 54).payload(octets).finish().payload(20));
        checkVariants(tcp6.ip6(a6.c_str(), b6.c_str(), {9, 0x12, 0xfffff}).tcp(9, 8, kAck | kFin).payload(octets));
        checkVariants(udp6.ip6(a6.c_str(), b6.c_str()).udp(53, 54).payload(octets));
      }
    }
  }
}
