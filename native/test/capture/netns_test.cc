#include "capture/netns.h"

#include <doctest/doctest.h>


#include "base/error.h"
#include "capture/af_packet.h"
#include "capture/interfaces.h"
#include "frame_collector.h"
#include "private_network.h"

using namespace weir;

namespace {

constexpr const char* kWrong[] = {"@netns:", "@netns:..", "@netns:a/b", "@pid:", "@pid:12x", "@pid:-1", "blue", "@x:y"};

}  // namespace

TEST_CASE("network namespaces by name, process or path") {
  CHECK(netnsPath("") == "");
  CHECK(netnsPath("@netns:blue") == "/run/netns/blue");
  CHECK(netnsPath("netns:blue-2") == "/run/netns/blue-2");
  CHECK(netnsPath("@pid:4711") == "/proc/4711/ns/net");
  CHECK(netnsPath("/proc/1/ns/net") == "/proc/1/ns/net");
  for (const char* wrong : kWrong) CHECK(codeOf([&] { netnsPath(wrong); }) == "WEIR_NETNS");
}

TEST_CASE("a namespace that does not exist is an error and changes nothing") {
  try {
    const NetnsScope scope("/run/netns/weir-does-not-exist");
    FAIL("entered");
  } catch (const Error& error) {
    CHECK(error.code() == "WEIR_NETNS");
    CHECK(std::string(error.what()).find("weir-does-not-exist") != std::string::npos);
  }
  CHECK_NOTHROW(NetnsScope(""));
}

TEST_CASE("live: a stay in another namespace, and capture there") {
  WEIR_PRIVATE_NETWORK(network);
  CHECK(::if_nametoindex("wa") != 0);
  CHECK(::if_nametoindex("wb") == 0);
  {
    const NetnsScope scope(network.peerPath());
    CHECK(::if_nametoindex("wb") != 0);
    CHECK(::if_nametoindex("wa") == 0);
  }
  CHECK(::if_nametoindex("wa") != 0);

  PacketSourceOptions options;
  options.interface = "wb";
  options.netns = network.peerPath();
  const auto source = makePacketSource(options);
  source->open();
  CHECK(::if_nametoindex("wa") != 0);  // back again
  REQUIRE(UdpSender(kThere, 5000).send(77));
  const Collected frames = collectAll(*source, 1);
  REQUIRE(!frames.empty());
  CHECK(frames[0].frame.direction == FrameDirection::received);
  CHECK(frames[0].frame.wire == 42 + 77);
}

TEST_CASE("live: a namespace that is replaced by another of the same name") {
  WEIR_PRIVATE_NETWORK(network);
  const std::string link = "weir-netns-test." + std::to_string(::getpid());
  char folder[] = "/tmp/weir-test-XXXXXX";
  REQUIRE(::mkdtemp(folder) != nullptr);
  const std::string path = std::string(folder) + "/" + link;
  REQUIRE(::symlink(network.peerPath().c_str(), path.c_str()) == 0);
  PacketSourceOptions options;
  options.interface = "lo";
  options.netns = path;
  REQUIRE(network.peer("ip link set lo up"));
  const auto source = makePacketSource(options);
  source->open();
  source->refresh();
  CHECK(source->takeNotices().empty());
  ::unlink(path.c_str());
  source->refresh();
  CHECK(contains(source->takeNotices(), "was removed or replaced"));
  std::array<Frame, 4> burst;
  CHECK(source->read(burst, 0) == 0);
  CHECK(contains(source->takeNotices(), "cannot open network namespace"));
  REQUIRE(::symlink(("/proc/" + std::to_string(::getpid()) + "/task/" + std::to_string(::gettid()) + "/ns/net").c_str(),
                    path.c_str()) == 0);
  CHECK(readUntil(*source, [&] { return source->counters().reattached.get() == 1; }));
  REQUIRE(UdpSender("127.0.0.1", 9).send(5));
  CHECK(!collectAll(*source, 1).empty());
  ::unlink(path.c_str());
  ::rmdir(folder);
}
