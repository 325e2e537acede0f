#include "capture/af_packet.h"

#include <doctest/doctest.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

#include <algorithm>
#include <ctime>
#include <thread>

#include "base/error.h"
#include "frame_collector.h"
#include "private_network.h"

using namespace weir;
using namespace weir::wire;

namespace {

PacketSourceOptions watching(const std::string& interface) {
  PacketSourceOptions options;
  options.interface = interface;
  options.ringBytes = 4u << 20;
  return options;
}

std::unique_ptr<FrameSource> opened(const PacketSourceOptions& options) {
  auto source = makePacketSource(options);
  source->open();
  return source;
}

uint64_t realtimeNs() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

std::string codeOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

// Wire packets with payload that a TCP frame stands for, and its payload octets.
struct TcpData {
  uint64_t packets = 0, octets = 0;
};
TcpData tcpData(const CollectedFrame& frame) {
  const uint32_t header = 14 + 20 + (frame.data[46] >> 4) * 4u;
  const uint32_t octets = 14 + loadBe16(&frame.data[16]) - header;
  if (octets == 0) return {};
  const uint32_t size = frame.frame.gsoHeader != 0 ? frame.frame.gsoSize : octets;
  return {(octets + size - 1) / size, octets};
}

}  // namespace

TEST_CASE("live: UDP datagrams over veth, counted exactly, with times, lengths and directions") {
  WEIR_PRIVATE_NETWORK(network);
  const auto source = opened(watching("wa"));
  CHECK(source->live());
  const uint64_t before = realtimeNs();
  const UdpSender out("10.9.0.2", 5000);
  for (size_t i = 0; i < 1000; i++) REQUIRE(out.send(i));
  {
    const NetnsScope scope(network.peerPath());
    const UdpSender back("10.9.0.1", 5001);
    for (size_t i = 0; i < 10; i++) REQUIRE(back.send(100));
  }
  const Collected frames = collectAll(*source, 1010);
  const uint64_t after = realtimeNs();
  std::vector<size_t> sizes;
  size_t received = 0;
  uint64_t octets = 0, last = 0;
  for (const CollectedFrame& frame : frames) {
    octets += frame.frame.wire;
    CHECK(frame.frame.linkType == LinkType::ethernet);
    CHECK(frame.frame.interface == ::if_nametoindex("wa"));
    CHECK(frame.frame.vlanTpid == 0);
    CHECK(frame.frame.ns >= before);
    CHECK(frame.frame.ns <= after);
    CHECK(frame.frame.ns >= last);
    last = frame.frame.ns;
    if (!frame.isIp4(17)) continue;
    if (frame.destinationPort() == 5000) {
      CHECK(frame.frame.direction == FrameDirection::sent);
      CHECK(frame.frame.captured == frame.frame.wire);
      sizes.push_back(frame.frame.wire - 42);
    } else if (frame.destinationPort() == 5001) {
      CHECK(frame.frame.direction == FrameDirection::received);
      ++received;
    }
  }
  REQUIRE(sizes.size() == 1000);
  for (size_t i = 0; i < 1000; i++) CHECK(sizes[i] == i);
  CHECK(received == 10);
  source->refresh();
  CHECK(source->counters().frames.get() == frames.size());
  CHECK(source->counters().wireOctets.get() == octets);
  CHECK(source->counters().kernelDrops.get() == 0);
  CHECK(source->counters().filtered.get() == 0);
  CHECK(source->counters().readErrors.get() == 0);
  CHECK(source->takeNotices().empty());
}

TEST_CASE("live: what the ring has no room for is counted by the kernel, to the unit") {
  WEIR_PRIVATE_NETWORK(network);
  PacketSourceOptions options = watching("wa");
  options.ringBytes = 1;  // the least: two blocks of 256 KiB
  options.filter = "ether proto 0x88b5";
  const auto source = opened(options);
  const FrameSender sender("wa");
  const size_t sent = 2000;
  for (size_t i = 0; i < sent; i++) REQUIRE(sender.send(ethernet(0x88b5, filled(1000))));
  const Collected frames = collectAll(*source, sent);
  source->refresh();
  const uint64_t dropped = source->counters().kernelDrops.get();
  CHECK(dropped > 0);
  CHECK(frames.size() + dropped == sent);
  source->refresh();
  CHECK(source->counters().kernelDrops.get() == dropped);
  REQUIRE(sender.send(ethernet(0x88b5, filled(70))));  // the ring recovers
  CHECK(collectAll(*source, 1).size() == 1);
}

TEST_CASE("live: VLAN tags that the kernel took out, and inner ones that it left in") {
  WEIR_PRIVATE_NETWORK(network);
  REQUIRE(network.run("ip link add link wa name wa.42 type vlan id 42 && ip link set wa.42 up && "
                      "ip addr add 10.42.0.1/24 dev wa.42 && "
                      "ip neigh replace 10.42.0.2 lladdr 02:00:00:00:00:02 dev wa.42"));
  PacketSourceOptions options = watching("wb");
  options.netns = network.peerPath();
  const auto source = opened(options), sending = opened(watching("wa"));
  REQUIRE(UdpSender("10.42.0.2", 7).send(33));
  const FrameSender sender("wa");
  REQUIRE(sender.send(ethernet(0x88a8, tag(0x2007, 0x8100, tag(8, 0x88b5, filled(60))))));
  for (const auto* end : {&source, &sending}) {
    const Collected frames = collectAll(**end, 2);
    const auto udp = std::find_if(frames.begin(), frames.end(), [](const auto& frame) { return frame.isIp4(17); });
    REQUIRE(udp != frames.end());
    CHECK(udp->frame.vlanTpid == 0x8100);
    CHECK(udp->frame.vlanTci == 42);
    CHECK(udp->frame.wire == 14 + 28 + 33);
  }
  const Collected none = collectAll(*source, 0);
  CHECK(none.empty());
  REQUIRE(sender.send(ethernet(0x88a8, tag(0x2007, 0x8100, tag(8, 0x88b5, filled(60))))));
  const Collected frames = collectAll(*source, 1);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].frame.vlanTpid == 0x88a8);
  CHECK(frames[0].frame.vlanTci == 0x2007);
  CHECK(frames[0].etherType() == 0x8100);
  CHECK(loadBe16(&frames[0].data[14]) == 8);
}

TEST_CASE("live: TCP super-packets carry their segment size; segments agree with the sender's own count") {
  WEIR_PRIVATE_NETWORK(network);
  PacketSourceOptions options = watching("wa");
  options.ringBytes = 32u << 20;
  options.filter = "tcp dst port 6000";
  PacketSourceOptions peerOptions = options;
  peerOptions.interface = "wb";
  peerOptions.netns = network.peerPath();
  const auto source = opened(options), peer = opened(peerOptions);
  Descriptor listener;
  {
    const NetnsScope scope(network.peerPath());
    listener = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = address4("10.9.0.2", 6000);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
  }
  constexpr size_t kOctets = 3'000'000;
  std::thread receiver([&] {
    const Descriptor connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    Bytes buffer(1 << 16);
    while (::recv(connection.get(), buffer.data(), buffer.size(), 0) > 0) continue;
  });
  tcp_info info{};
  {
    const Descriptor sender(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in to = address4("10.9.0.2", 6000);
    CHECK(::connect(sender.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    const Bytes data = filled(kOctets);
    for (size_t done = 0; done < kOctets;) {
      const ssize_t count = ::send(sender.get(), data.data() + done, kOctets - done, MSG_NOSIGNAL);
      if (count <= 0) break;
      done += static_cast<size_t>(count);
    }
    ::shutdown(sender.get(), SHUT_WR);
    receiver.join();
    Bytes rest(1);
    CHECK(::recv(sender.get(), rest.data(), 1, 0) == 0);  // all was acknowledged
    socklen_t size = sizeof info;
    REQUIRE(::getsockopt(sender.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
  }
  struct SegmentsOut {  // tcp_info of newer kernels goes on behind glibc's
    uint32_t value = 0;
  };
  for (const auto* end : {&source, &peer}) {
    Collected frames;
    collect(**end, frames, SIZE_MAX, 3);
    TcpData sum;
    size_t superPackets = 0;
    for (const CollectedFrame& frame : frames) {
      const TcpData data = tcpData(frame);
      sum.packets += data.packets;
      sum.octets += data.octets;
      if (frame.frame.gsoHeader == 0) continue;
      ++superPackets;
      CHECK(frame.frame.gsoSize == info.tcpi_snd_mss);
    }
    (*end)->refresh();
    CHECK((*end)->counters().kernelDrops.get() == 0);
    CHECK(superPackets > 0);
    CHECK(sum.octets == kOctets + info.tcpi_total_retrans * 0);
  }
}
