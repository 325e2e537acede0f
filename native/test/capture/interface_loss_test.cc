// Interfaces that go down, vanish, come back or are not there.
#include <doctest/doctest.h>

#include <array>

#include "capture/af_packet.h"
#include "frame_collector.h"
#include "private_network.h"

using namespace weir;
using namespace weir::wire;

TEST_CASE("live: an interface that goes down and comes back") {
  WEIR_PRIVATE_NETWORK(network);
  const auto source = opened(watching("wa"));
  SourceCounters& counters = source->counters();
  REQUIRE(UdpSender(kThere, 5000).send(10));
  CHECK(collectAll(*source, 1).size() == 1);
  REQUIRE(network.run("ip link set wa down"));
  CHECK(readUntil(*source, [&] { return counters.interfaceLosses.get() == 1; }));
  CHECK(contains(source->takeNotices(), "wa: went down"));
  readUntil(*source, [] { return false; }, 3);
  CHECK(counters.interfaceLosses.get() == 1);
  REQUIRE(network.run("ip link set wa up"));
  CHECK(readUntil(*source, [&] { return counters.reattached.get() == 1; }));
  CHECK(contains(source->takeNotices(), "wa: is up"));
  const FrameSender sender("wa");
  for (int i = 0; i < 5; i++) REQUIRE(sender.send(ethernet(0x88b5, filled(60))));
  size_t own = 0;
  for (const CollectedFrame& frame : collectAll(*source, 5)) own += frame.etherType() == 0x88b5;
  CHECK(own == 5);
  CHECK_FALSE(source->ended());
  CHECK(counters.readErrors.get() == 0);
}

TEST_CASE("live: an interface that vanishes and is made again; what it left in the ring is not lost") {
  WEIR_PRIVATE_NETWORK(network);
  for (const uint32_t workers : {1u, 3u}) {
    const auto fanout = std::make_shared<FanoutState>();
    std::vector<std::unique_ptr<FrameSource>> sources;
    for (uint32_t worker = 0; worker < workers; worker++) {
      PacketSourceOptions options = watching("wa");
      options.workers = workers;
      options.workerIndex = worker;
      options.fanout = fanout;
      options.filter = "ether proto 0x88b5 or udp dst port 5000";
      sources.push_back(opened(options));
    }
    const uint32_t index = ::if_nametoindex("wa");
    for (uint16_t i = 0; i < 50; i++) REQUIRE(UdpSender(kThere, 5000).send(10));
    REQUIRE(network.run("ip link del wa"));
    REQUIRE(network.pair());
    REQUIRE(network.ip4());
    Collected frames;
    SourceCounters& first = sources[0]->counters();
    for (int round = 0; round < 200 && first.reattached.get() == 0; round++) {
      for (const auto& source : sources) collect(*source, frames, SIZE_MAX, 1, 10);
    }
    for (const auto& source : sources) collect(*source, frames, SIZE_MAX, 6, 50);
    CHECK(frames.size() == 50);
    CHECK(first.reattached.get() == 1);
    CHECK(::if_nametoindex("wa") != index);
    for (uint16_t i = 0; i < 50; i++) REQUIRE(UdpSender(kThere, 5000).send(10));
    frames.clear();
    for (const auto& source : sources) collect(*source, frames, SIZE_MAX, 3, 50);
    CHECK(frames.size() == 50);
    for (const CollectedFrame& frame : frames) CHECK(frame.frame.interface == ::if_nametoindex("wa"));
    uint64_t losses = 0;
    for (const auto& source : sources) losses += source->counters().interfaceLosses.get();
    CHECK(losses == 1);
    CHECK(contains(sources[0]->takeNotices(), "wa: went down or vanished"));
    CHECK(fanout->programInUse() == (workers > 1));
  }
}

TEST_CASE("live: an interface that is down at first is waited for; one that is not there is an error") {
  WEIR_PRIVATE_NETWORK(network);
  REQUIRE(network.run("ip link set wa down"));
  const auto source = opened(watching("wa"));
  CHECK(contains(source->takeNotices(), "wa: is down"));
  std::array<Frame, 8> burst;
  CHECK(source->read(burst, 0) == 0);
  REQUIRE(network.run("ip link set wa up"));
  bool up = false;
  CHECK(readUntil(*source, [&] { return up = up || contains(source->takeNotices(), "wa: is up"); }));
  REQUIRE(FrameSender("wa").send(ethernet(0x88b5, filled(60))));
  Collected frames;
  for (int i = 0; i < 20 && frames.empty(); i++) collect(*source, frames, 1);
  CHECK(frames.size() >= 1);
  CHECK(source->counters().interfaceLosses.get() == 0);
  CHECK(source->counters().reattached.get() == 0);

  CHECK(codeOf([] { opened(watching("nosuch0")); }) == "WEIR_INTERFACE");
  PacketSourceOptions options = watching("wa");
  options.netns = "/nonexistent/netns";
  CHECK(codeOf([&] { opened(options); }) == "WEIR_NETNS");
  options = watching("wa");
  options.filter = "port port";
  CHECK(codeOf([&] { opened(options); }) == "WEIR_FILTER");
}
