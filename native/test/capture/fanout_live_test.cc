// The fan-out program inside the kernel: packets of every kind reach the worker that fanoutHash() names.
#include <doctest/doctest.h>
#include <linux/tcp.h>

#include <array>
#include <thread>

#include "capture/af_packet.h"
#include "capture/fanout.h"
#include "frame_collector.h"
#include "private_network.h"

using namespace weir;
using namespace weir::wire;

namespace {

constexpr uint32_t kWorkers = 4;
constexpr uint32_t kA = 0x0a010203, kB = 0xc0a80a63, kOuterA = 0xac100001, kOuterB = 0xac100002;
constexpr Ip6 kA6 = {0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6};
constexpr Ip6 kB6 = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0x11, 0x22, 0xff, 0xfe, 0x33, 0x44, 0x55};

// Four workers over one interface, read one after the other.
class Team {
 public:
  explicit Team(PacketSourceOptions options) : state_(std::make_shared<FanoutState>()) {
    options.workers = kWorkers;
    options.fanout = state_;
    for (options.workerIndex = 0; options.workerIndex < kWorkers; options.workerIndex++) {
      sources_.push_back(makePacketSource(options));
    }
    // Out of order, as threads do: the group is opened in the order of the workers all the same.
    for (size_t i = kWorkers; i > 0; i--) sources_[i - 1]->open();
  }
  // Until `enough` frames came in all, and what more has come by then.
  std::array<Collected, kWorkers> collect(size_t enough) {
    std::array<Collected, kWorkers> frames;
    size_t total = 0;
    for (int round = 0; round < 60 && (round == 0 || total < enough); round++) {
      total = 0;
      for (uint32_t worker = 0; worker < kWorkers; worker++) {
        weir::collect(*sources_[worker], frames[worker], SIZE_MAX, 1, worker == 0 ? 50 : 0);
        total += frames[worker].size();
      }
    }
    return frames;
  }
  FanoutState& state() { return *state_; }
  FrameSource& source(size_t worker) { return *sources_[worker]; }

 private:
  std::shared_ptr<FanoutState> state_;
  std::vector<std::unique_ptr<FrameSource>> sources_;
};

PacketSourceOptions teamOptions(bool tunnels) {
  PacketSourceOptions options = watching("wa");
  options.ringBytes = 2u << 20;
  options.tunnels = tunnels;
  return options;
}

using Wrap = Bytes (*)(const Bytes& inner, bool six, bool reversed);

Bytes plain(const Bytes& inner, bool six, bool reversed) { return ethernet(six ? 0x86dd : 0x0800, inner, reversed); }
Bytes tagged(const Bytes& inner, bool six, bool reversed) {
  return ethernet(0x8100, tag(42, six ? 0x86dd : 0x0800, inner), reversed);
}
Bytes qinq(const Bytes& inner, bool six, bool reversed) {
  return ethernet(0x88a8, tag(7, 0x8100, tag(42, six ? 0x86dd : 0x0800, inner)), reversed);
}
Bytes outer(uint8_t protocol, const Bytes& payload, bool reversed) {
  return ethernet(0x0800, ip4(reversed ? kOuterB : kOuterA, reversed ? kOuterA : kOuterB, protocol, payload), reversed);
}
Bytes inVxlan(const Bytes& inner, bool six, bool reversed) {
  return outer(17, udp(reversed ? 50001 : 50002, 4789, vxlan(plain(inner, six, reversed))), reversed);
}
Bytes inGeneve(const Bytes& inner, bool six, bool reversed) {
  return outer(17, udp(reversed ? 50001 : 50002, 6081, geneve(3, six ? 0x86dd : 0x0800, inner)), reversed);
}
Bytes inGre(const Bytes& inner, bool six, bool reversed) {
  return outer(47, gre(reversed ? 0x2000 : 0xb000, six ? 0x86dd : 0x0800, inner), reversed);
}
Bytes inGtpu(const Bytes& inner, bool, bool reversed) {
  return outer(17, udp(2152, 2152, gtpu(reversed, reversed ? 0 : 1, inner)), reversed);
}
Bytes inIp(const Bytes& inner, bool six, bool reversed) { return outer(six ? 41 : 4, inner, reversed); }

Bytes packetOf(bool six, bool reversed, uint16_t portA, uint16_t portB) {
  const Bytes segment = reversed ? tcp(portB, portA) : tcp(portA, portB);
  if (six) return reversed ? ip6(kB6, kA6, 6, segment) : ip6(kA6, kB6, 6, segment);
  return reversed ? ip4(kB, kA, 6, segment) : ip4(kA, kB, 6, segment);
}

// Sends 64 conversations both ways, one way out of each end, and checks where the frames of each went.
void checkConversations(const PrivateNetwork& network, Team& team, Wrap wrap, bool six) {
  REQUIRE(team.state().programInUse());
  const FrameSender here("wa");
  const uint16_t first = 1000, last = 1063;
  for (uint16_t port = first; port <= last; port++) {
    REQUIRE(here.send(wrap(packetOf(six, false, port, 80), six, false)));
  }
  {
    const NetnsScope scope(network.peerPath());
    const FrameSender there("wb");
    for (uint16_t port = first; port <= last; port++) {
      REQUIRE(there.send(wrap(packetOf(six, true, port, 80), six, true)));
    }
  }
  const auto frames = team.collect(128);
  size_t total = 0, busy = 0;
  for (uint32_t worker = 0; worker < kWorkers; worker++) {
    total += frames[worker].size();
    busy += !frames[worker].empty();
    for (const CollectedFrame& frame : frames[worker]) {
      const uint8_t* end = frame.data.data() + frame.data.size() - 20;  // the TCP header is last
      const bool sent = frame.frame.direction == FrameDirection::sent;
      const uint16_t port = loadBe16(sent ? end : end + 2);
      const uint32_t hash = six ? fanoutHash(kA6.data(), kB6.data(), port, 80, false)
                                : fanoutHash(mapped(kA).data(), mapped(kB).data(), port, 80, false);
      CHECK(fanoutWorker(hash, kWorkers) == worker);
    }
  }
  CHECK(total == 128);
  CHECK(busy == kWorkers);
}

}  // namespace

TEST_CASE("live fan-out: both directions of conversations reach the worker that the hash names") {
  WEIR_PRIVATE_NETWORK(network);
  for (const bool tunnels : {false, true}) {
    Team team(teamOptions(tunnels));
    for (const bool six : {false, true}) {
      for (const Wrap wrap : {plain, tagged, qinq}) checkConversations(network, team, wrap, six);
    }
  }
}

TEST_CASE("live fan-out: the order of the workers outlasts an interface that goes down and comes back") {
  WEIR_PRIVATE_NETWORK(network);
  PacketSourceOptions options = teamOptions(false);
  options.filter = "tcp";
  Team team(options);
  checkConversations(network, team, plain, false);
  for (int i = 0; i < 3; i++) {
    REQUIRE(network.run("ip link set wa down && ip link set wa up"));
    SourceCounters& counters = team.source(0).counters();
    CHECK(readUntil(team.source(0), [&] { return counters.reattached.get() == static_cast<uint64_t>(i + 1); }));
    checkConversations(network, team, plain, false);
  }
}

TEST_CASE("live fan-out: tunnels spread by what is inside") {
  WEIR_PRIVATE_NETWORK(network);
  Team team(teamOptions(true));
  for (const Wrap wrap : {inVxlan, inGeneve, inGre, inGtpu, inIp}) {
    for (const bool six : {false, true}) checkConversations(network, team, wrap, six);
  }
}

TEST_CASE("live fan-out: all fragments between two addresses reach one worker") {
  WEIR_PRIVATE_NETWORK(network);
  Team team(teamOptions(true));
  const FrameSender sender("wa");
  for (uint32_t i = 0; i < 40; i++) {
    const uint32_t a = kA + i;
    REQUIRE(sender.send(ethernet(0x0800, ip4(a, kB, 17, udp(5000 + i, 53, filled(64)), 0x2000))));
    REQUIRE(sender.send(ethernet(0x0800, ip4(a, kB, 17, filled(72), 0x2009))));
    REQUIRE(sender.send(ethernet(0x0800, ip4(a, kB, 17, filled(30), 0x0012))));
    REQUIRE(sender.send(ethernet(0x0800, ip4(kB, a, 17, filled(30), 0x0012))));
  }
  const auto frames = team.collect(160);
  size_t total = 0;
  for (uint32_t worker = 0; worker < kWorkers; worker++) {
    total += frames[worker].size();
    CHECK(frames[worker].size() % 4 == 0);
    for (const CollectedFrame& frame : frames[worker]) {
      const uint32_t source = loadBe32(&frame.data[26]), destination = loadBe32(&frame.data[30]);
      const uint32_t hash = fanoutHash(mapped(source).data(), mapped(destination).data(), 5000, 53, true);
      CHECK(fanoutWorker(hash, kWorkers) == worker);
    }
  }
  CHECK(total == 160);
}

TEST_CASE("live fan-out: a real TCP connection with super-packets stays on its worker") {
  WEIR_PRIVATE_NETWORK(network);
  PacketSourceOptions options = teamOptions(true);
  options.filter = "tcp port 6000";
  options.ringBytes = 16u << 20;
  Team team(options);
  Descriptor listener;
  {
    const NetnsScope scope(network.peerPath());
    listener = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = address4("10.9.0.2", 6000);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
  }
  const Descriptor sender(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in to = address4("10.9.0.2", 6000);
  REQUIRE(::connect(sender.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  sockaddr_in own{};
  socklen_t size = sizeof own;
  REQUIRE(::getsockname(sender.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
  std::thread receiver([&] {
    const Descriptor connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    Bytes buffer(1 << 16);
    while (::recv(connection.get(), buffer.data(), buffer.size(), 0) > 0) continue;
  });
  const Bytes data = filled(1'000'000);
  for (size_t done = 0; done < data.size();) {
    const ssize_t count = ::send(sender.get(), data.data() + done, data.size() - done, MSG_NOSIGNAL);
    if (count <= 0) break;
    done += static_cast<size_t>(count);
  }
  ::shutdown(sender.get(), SHUT_WR);
  receiver.join();
  const auto frames = team.collect(1);
  const uint32_t hash =
      fanoutHash(mapped(0x0a090001).data(), mapped(0x0a090002).data(), ntohs(own.sin_port), 6000, false);
  size_t superPackets = 0;
  for (uint32_t worker = 0; worker < kWorkers; worker++) {
    CHECK(frames[worker].empty() == (worker != fanoutWorker(hash, kWorkers)));
    for (const CollectedFrame& frame : frames[worker]) superPackets += frame.frame.gsoHeader;
  }
  CHECK(superPackets > 0);
}

TEST_CASE("live fan-out: without the program the kernel's hash spreads, said aloud") {
  WEIR_PRIVATE_NETWORK(network);
  PacketSourceOptions options = teamOptions(false);
  options.fanoutProgram = false;
  Team team(options);
  CHECK_FALSE(team.state().programInUse());
  CHECK(team.state().programRefused());
  CHECK(contains(team.source(0).takeNotices(), "the kernel's own hash spreads packets over 4 workers"));
  CHECK(team.source(1).takeNotices().empty());
  const FrameSender sender("wa");
  for (uint16_t port = 1000; port < 1064; port++) {
    REQUIRE(sender.send(plain(packetOf(false, false, port, 80), false, false)));
    REQUIRE(sender.send(plain(packetOf(false, true, port, 80), false, false)));
  }
  const auto frames = team.collect(128);
  size_t total = 0;
  std::array<int, 64> owner;
  owner.fill(-1);
  for (uint32_t worker = 0; worker < kWorkers; worker++) {
    total += frames[worker].size();
    for (const CollectedFrame& frame : frames[worker]) {
      const uint16_t source = loadBe16(&frame.data[34]);
      int& known = owner[static_cast<size_t>((source == 80 ? loadBe16(&frame.data[36]) : source) - 1000)];
      if (known == -1) known = static_cast<int>(worker);
      CHECK(known == static_cast<int>(worker));
    }
  }
  CHECK(total == 128);
}

TEST_CASE("live fan-out: without the program and with tunnels one worker has it all, said aloud") {
  WEIR_PRIVATE_NETWORK(network);
  PacketSourceOptions options = teamOptions(true);
  options.fanoutProgram = false;
  Team team(options);
  CHECK(team.state().programRefused());
  CHECK(contains(team.source(0).takeNotices(), "one worker captures instead of 4 workers"));
  CHECK_FALSE(team.source(0).ended());
  for (size_t worker = 1; worker < kWorkers; worker++) CHECK(team.source(worker).ended());
  const FrameSender sender("wa");
  for (uint16_t port = 1000; port < 1032; port++) {
    REQUIRE(sender.send(inVxlan(packetOf(false, false, port, 80), false, false)));
  }
  const auto frames = team.collect(32);
  CHECK(frames[0].size() == 32);
}
