#include "capture/af_packet.h"

#include <doctest/doctest.h>
#include <linux/if_tun.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <ctime>
#include <thread>

#include "capture/fanout.h"
#include "frame_collector.h"
#include "private_network.h"

using namespace weir;
using namespace weir::wire;

namespace {

uint64_t realtimeNs() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
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
  const UdpSender out(kThere, 5000);
  for (size_t i = 0; i < 1000; i++) REQUIRE(out.send(i));
  {
    const NetnsScope scope(network.peerPath());
    const UdpSender back(kHere, 5001);
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
  Collected frames;
  collect(*source, frames, SIZE_MAX, 4);
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
  PacketSourceOptions options = watching("wb");
  options.netns = network.peerPath();
  const auto source = opened(options);
  const FrameSender sender("wa");
  REQUIRE(sender.send(ethernet(0x8100, tag(0x602a, 0x88b5, filled(60)))));
  REQUIRE(sender.send(ethernet(0x88a8, tag(0x2007, 0x8100, tag(8, 0x88b5, filled(60))))));
  const Collected frames = collectAll(*source, 2);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].frame.vlanTpid == 0x8100);
  CHECK(frames[0].frame.vlanTci == 0x602a);
  CHECK(frames[0].frame.wire == 74);
  CHECK(frames[0].etherType() == 0x88b5);
  CHECK(frames[1].frame.vlanTpid == 0x88a8);
  CHECK(frames[1].frame.vlanTci == 0x2007);
  CHECK(frames[1].frame.wire == 78);
  CHECK(frames[1].etherType() == 0x8100);
  CHECK(loadBe16(&frames[1].data[14]) == 8);
}

TEST_CASE("live: VLAN sub-interface: tags on their way out") {
  WEIR_PRIVATE_NETWORK(network);
  if (!network.run("ip link add link wa name wa.42 type vlan id 42")) {
    MESSAGE("skipped: this kernel has no VLAN interfaces");
    return;
  }
  REQUIRE(network.run("ip link set wa.42 up && ip addr add 10.42.0.1/24 dev wa.42 && "
                      "ip neigh replace 10.42.0.3 lladdr 02:00:00:00:00:02 dev wa.42"));
  PacketSourceOptions options = watching("wb");
  options.netns = network.peerPath();
  const auto source = opened(options), sending = opened(watching("wa"));
  REQUIRE(UdpSender("10.42.0.3", 7).send(33));
  for (const auto* end : {&source, &sending}) {
    const Collected frames = collectAll(**end, 1);
    const auto udp = std::find_if(frames.begin(), frames.end(), [](const auto& frame) { return frame.isIp4(17); });
    REQUIRE(udp != frames.end());
    CHECK(udp->frame.vlanTpid == 0x8100);
    CHECK(udp->frame.vlanTci == 42);
    CHECK(udp->frame.wire == 14 + 28 + 33);
  }
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
    CHECK(sum.octets == info.tcpi_bytes_sent);
    CHECK(sum.packets == info.tcpi_data_segs_out);
  }
}

TEST_CASE("live: UDP super-packets (UDP_SEGMENT)") {
  WEIR_PRIVATE_NETWORK(network);
  PacketSourceOptions there = watching("wb");
  there.netns = network.peerPath();
  const auto source = opened(watching("wa")), peer = opened(there);
  const UdpSender sender(kThere, 5000);
  constexpr int kUdpSegment = 103;
  const int size = 1000;
  if (::setsockopt(sender.fd(), IPPROTO_UDP, kUdpSegment, &size, sizeof size) != 0 || !sender.send(10'500)) {
    MESSAGE("skipped: this kernel has no UDP_SEGMENT");
    return;
  }
  for (const auto* end : {&source, &peer}) {
    const Collected frames = collectAll(**end, 1);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].frame.gsoHeader == 1);
    CHECK(frames[0].frame.gsoSize == 1000);
    CHECK(frames[0].frame.wire == 14 + 28 + 10'500);
  }
}

TEST_CASE("live: offloads switched off give frames without a segment size") {
  WEIR_PRIVATE_NETWORK(network);
  const auto source = opened(watching("wa"));
  REQUIRE(UdpSender(kThere, 5000).send(1400));
  const Collected frames = collectAll(*source, 1);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].frame.gsoHeader == 0);
  CHECK(frames[0].frame.gsoSize == 0);
}

TEST_CASE("live: direction received or sent only") {
  WEIR_PRIVATE_NETWORK(network);
  for (const CaptureDirection direction : {CaptureDirection::received, CaptureDirection::sent}) {
    for (const uint32_t workers : {1u, 2u}) {
      std::vector<std::unique_ptr<FrameSource>> sources;
      const auto fanout = std::make_shared<FanoutState>();
      for (uint32_t worker = 0; worker < workers; worker++) {
        PacketSourceOptions options = watching("wa");
        options.direction = direction;
        options.workers = workers;
        options.workerIndex = worker;
        options.fanout = fanout;
        sources.push_back(opened(options));
      }
      for (int i = 0; i < 20; i++) REQUIRE(UdpSender(kThere, 5000).send(10));
      {
        const NetnsScope scope(network.peerPath());
        for (int i = 0; i < 20; i++) REQUIRE(UdpSender(kHere, 5001).send(10));
      }
      const bool sent = direction == CaptureDirection::sent;
      Collected frames;
      for (const auto& source : sources) collect(*source, frames, SIZE_MAX, 3);
      size_t wanted = 0;
      for (const CollectedFrame& frame : frames) {
        CHECK(frame.frame.direction == (sent ? FrameDirection::sent : FrameDirection::received));
        wanted += frame.isIp4(17) && frame.destinationPort() == (sent ? 5000 : 5001);
      }
      CHECK(wanted == 20);
      for (const auto& source : sources) CHECK(source->counters().filtered.get() == 0);
    }
  }
}

TEST_CASE("live: loopback packets are seen once") {
  WEIR_PRIVATE_NETWORK(network);
  PacketSourceOptions options = watching("lo");
  options.filter = "udp dst port 5000";
  PacketSourceOptions sent = options;
  sent.direction = CaptureDirection::sent;
  const auto source = opened(options), sentSource = opened(sent);
  for (int i = 0; i < 25; i++) REQUIRE(UdpSender("127.0.0.1", 5000).send(10));
  const Collected frames = collectAll(*source, 25);
  CHECK(frames.size() == 25);
  CHECK(frames[0].frame.direction == FrameDirection::received);
  CHECK(frames[0].frame.linkType == LinkType::ethernet);
  const Collected sentFrames = collectAll(*sentSource, 25);
  CHECK(sentFrames.size() == 25);
  CHECK(sentFrames[0].frame.direction == FrameDirection::sent);
}

TEST_CASE("live: filter and snap length in the kernel") {
  WEIR_PRIVATE_NETWORK(network);
  PacketSourceOptions options = watching("wa");
  options.filter = "udp dst port 5001";
  options.snapLength = 60;
  PacketSourceOptions unfiltered = watching("wa");
  unfiltered.snapLength = 96;
  const auto source = opened(options), all = opened(unfiltered);
  for (int i = 0; i < 10; i++) {
    REQUIRE(UdpSender(kThere, 5000).send(500));
    REQUIRE(UdpSender(kThere, 5001).send(i == 0 ? 1 : 500));
  }
  const Collected frames = collectAll(*source, 10);
  REQUIRE(frames.size() == 10);
  CHECK(frames[0].frame.captured == 43);
  CHECK(frames[0].frame.wire == 43);
  for (size_t i = 1; i < 10; i++) {
    CHECK(frames[i].destinationPort() == 5001);
    CHECK(frames[i].frame.captured == 60);
    CHECK(frames[i].frame.wire == 542);
  }
  const Collected unfilteredFrames = collectAll(*all, 20);
  CHECK(unfilteredFrames.size() == 20);
  CHECK(unfilteredFrames[0].frame.captured == 96);
  CHECK(unfilteredFrames[0].frame.wire == 542);
}

TEST_CASE("live: the filter knows tags that the kernel took out") {
  WEIR_PRIVATE_NETWORK(network);
  PacketSourceOptions options = watching("wb");
  options.netns = network.peerPath();
  options.filter = "vlan 42 and udp";
  const auto source = opened(options);
  options.filter = "vlan and vlan 43";
  const auto inner = opened(options);
  const FrameSender sender("wa");
  const Bytes packet = ip4(1, 2, 17, udp(1, 2, filled(30)));
  REQUIRE(sender.send(ethernet(0x0800, packet)));
  REQUIRE(sender.send(ethernet(0x8100, tag(42, 0x0800, packet))));
  REQUIRE(sender.send(ethernet(0x8100, tag(41, 0x0800, packet))));
  REQUIRE(sender.send(ethernet(0x88a8, tag(42, 0x8100, tag(43, 0x0800, packet)))));
  const Collected frames = collectAll(*source, 1), innerFrames = collectAll(*inner, 1);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].frame.vlanTci == 42);
  REQUIRE(innerFrames.size() == 1);
  CHECK(innerFrames[0].frame.vlanTpid == 0x88a8);
}

TEST_CASE("live: nothing from before the filter was there") {
  WEIR_PRIVATE_NETWORK(network);
  std::atomic<bool> stop{false};
  std::thread noise([&] {
    const FrameSender sender("wa");
    while (!stop) sender.send(ethernet(0x88b6, filled(60)));
  });
  size_t foreign = 0;
  for (int i = 0; i < 20; i++) {
    PacketSourceOptions options = watching("wa");
    options.ringBytes = 1;
    options.filter = "ether proto 0x88b5";
    const auto source = opened(options);
    Collected frames;
    collect(*source, frames, SIZE_MAX, 1, 30);
    foreign += frames.size();
  }
  stop = true;
  noise.join();
  CHECK(foreign == 0);
}

TEST_CASE("live: raw IP interfaces; link types that weir cannot decode are refused") {
  WEIR_PRIVATE_NETWORK(network);
  const Descriptor tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  ifreq request{};
  std::memcpy(request.ifr_name, "t1", 3);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (!tun || ::ioctl(tun.get(), TUNSETIFF, &request) != 0) {
    MESSAGE("skipped: no /dev/net/tun");
    return;
  }
  REQUIRE(network.run("ip addr add 10.77.0.1/24 dev t1 && ip link set t1 up"));
  const auto fanout = std::make_shared<FanoutState>();
  std::vector<std::unique_ptr<FrameSource>> sources;
  for (uint32_t worker = 0; worker < 2; worker++) {
    PacketSourceOptions options = watching("t1");
    options.workers = 2;
    options.workerIndex = worker;
    options.fanout = fanout;
    sources.push_back(opened(options));
  }
  constexpr uint32_t kHost = 0x0a4d0001, kOther = 0x0a4d0002;
  for (uint16_t port = 1; port <= 20; port++) {  // sent by the kernel, then received as the kernel sees it
    const UdpSender out("10.77.0.2", port);
    REQUIRE(out.send(10));
    sockaddr_in own{};
    socklen_t size = sizeof own;
    REQUIRE(::getsockname(out.fd(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
    const Bytes back = ip4(kOther, kHost, 17, udp(port, ntohs(own.sin_port), filled(10)));
    REQUIRE(::write(tun.get(), back.data(), back.size()) == static_cast<ssize_t>(back.size()));
  }
  size_t total = 0;
  for (uint32_t worker = 0; worker < 2; worker++) {
    Collected frames;
    collect(*sources[worker], frames, SIZE_MAX, 3);
    total += frames.size();
    for (const CollectedFrame& frame : frames) {
      CHECK(frame.frame.linkType == LinkType::raw);
      CHECK(frame.frame.wire == 38);
      CHECK(frame.data[0] == 0x45);
      const uint32_t hash = fanoutHash(mapped(kHost).data(), mapped(kOther).data(),
                                       loadBe16(&frame.data[frame.frame.direction == FrameDirection::sent ? 20 : 22]),
                                       loadBe16(&frame.data[frame.frame.direction == FrameDirection::sent ? 22 : 20]),
                                       false);
      CHECK(fanoutWorker(hash, 2) == worker);
    }
  }
  CHECK(total == 40);
  sources.clear();
  REQUIRE(network.run("ip link set t1 down"));
  constexpr int kArphrdCan = 280;
  REQUIRE(::ioctl(tun.get(), TUNSETLINK, kArphrdCan) == 0);
  REQUIRE(network.run("ip link set t1 up"));
  CHECK(codeOf([] { opened(watching("t1")); }) == "WEIR_LINKTYPE");
}
