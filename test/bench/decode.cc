// ns per packet of Decoder::decode with everything in cache: the floor that the packet path stands on.
// Usage: bench_decode [packets of one round in thousands, default 100]; the best of the rounds is printed.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "decode/decoder.h"
#include "../../native/test/frame_builder.h"

namespace {

using weir::Frame;
using weir::test::FrameBuilder;

constexpr size_t kFrames = 64;  // differing endpoints, so that no branch learns the one packet
constexpr int kRounds = 301;    // short ones: the best was not interrupted
constexpr size_t kBurst = 32;   // packets in flight, as in a worker

struct Trace {
  const char* name;
  bool tunnels;
  FrameBuilder (*build)(const char* source, const char* destination, uint16_t port);
};

FrameBuilder tcp4(const char* source, const char* destination, uint16_t port) {
  FrameBuilder builder;
  return builder.ethernet().ip4(source, destination).tcp(port, 443, weir::test::kAck).payload(100);
}

FrameBuilder udp6(const char* source, const char* destination, uint16_t port) {
  FrameBuilder builder;
  return builder.ethernet().ip6((std::string("2001:db8::") + source).c_str(),
                                (std::string("2001:db8::") + destination).c_str()).udp(port, 53).payload(40);
}

FrameBuilder vlanTcp4(const char* source, const char* destination, uint16_t port) {
  FrameBuilder builder;
  return builder.ethernet().vlan(100).ip4(source, destination).tcp(port, 443, weir::test::kAck).payload(100);
}

FrameBuilder vxlan(const char* source, const char* destination, uint16_t port) {
  FrameBuilder builder;
  return builder.ethernet().ip4("192.0.2.1", "192.0.2.2").udp(50000, 4789).vxlan(42).ethernet()
      .ip4(source, destination).tcp(port, 443, weir::test::kAck).payload(100);
}

double oneRound(weir::Decoder& decoder, const std::vector<Frame>& frames, std::vector<weir::Packet>& burst,
                size_t packets) {
  uint64_t sum = 0;
  const auto start = std::chrono::steady_clock::now();
  for (size_t i = 0; i < packets; ++i) {
    weir::Packet& packet = burst[i % kBurst];
    if (decoder.decode(frames[i % kFrames], packet) == weir::Outcome::metered) sum += packet.octets;
  }
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  if (sum == 0) std::abort();
  return spent.count() / static_cast<double>(packets);
}

double nsPerPacket(const Trace& trace, size_t packets) {
  std::vector<FrameBuilder> builders;
  std::vector<Frame> frames;
  builders.reserve(kFrames);
  for (size_t i = 0; i < kFrames; ++i) {
    const std::string a = "10.0." + std::to_string(i * 7 % 251) + ".9";
    const std::string b = "10.0." + std::to_string(i * 11 % 241) + ".8";
    builders.push_back(trace.build(a.c_str(), b.c_str(), static_cast<uint16_t>(1024 + i)));
    frames.push_back(builders.back().frame(i));
  }
  weir::Decoder decoder({.tunnels = trace.tunnels});
  std::vector<weir::Packet> burst(kBurst);
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) best = std::min(best, oneRound(decoder, frames, burst, packets));
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const size_t packets = (argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100) * 1'000;
  const Trace traces[] = {
      {"IPv4 TCP", false, tcp4},
      {"IPv6 UDP", false, udp6},
      {"802.1Q IPv4 TCP", false, vlanTcp4},
      {"VXLAN, outer metered", false, vxlan},
      {"VXLAN, inner metered", true, vxlan},
  };
  for (const Trace& trace : traces) std::printf("%-24s %6.1f ns/packet\n", trace.name, nsPerPacket(trace, packets));
  return 0;
}
