#include "capture/interfaces.h"

#include <doctest/doctest.h>
#include <net/if_arp.h>

#include <algorithm>

#include "base/error.h"
#include "private_network.h"

using namespace weir;

namespace {

const InterfaceInfo* find(const std::vector<InterfaceInfo>& list, const std::string& name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& info) { return info.name == name; });
  return found == list.end() ? nullptr : &*found;
}

// Polls until `count` events came or it stays quiet.
std::vector<std::string> events(InterfaceMonitor& monitor, size_t count) {
  constexpr const char* kNames[] = {"appeared", "vanished", "up", "down"};
  std::vector<std::string> all;
  for (int i = 0; i < 50 && all.size() < count; i++) {
    for (const InterfaceEvent& event : monitor.poll(100)) {
      all.push_back(event.interface.name + " " + kNames[event.kind]);
    }
  }
  return all;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("interface patterns: any, names, globs and lists") {
  CHECK(matchesInterface("eth0", "any"));
  CHECK(matchesInterface("eth0", "eth0"));
  CHECK_FALSE(matchesInterface("eth01", "eth0"));
  CHECK(matchesInterface("veth12", "veth*"));
  CHECK(matchesInterface("eth1", "lo,eth?,wlan0"));
  CHECK(matchesInterface("wlan0", "lo,eth?,wlan0"));
  CHECK_FALSE(matchesInterface("wlan1", "lo,eth?,wlan0"));
  CHECK(matchesInterface("eth3", "eth[0-3]"));
  CHECK_FALSE(matchesInterface("eth0", ""));
}

TEST_CASE("link types of interfaces") {
  CHECK(linkTypeOf(ARPHRD_ETHER, "e") == LinkType::ethernet);
  CHECK(linkTypeOf(ARPHRD_LOOPBACK, "lo") == LinkType::ethernet);
  CHECK(linkTypeOf(ARPHRD_NONE, "wg0") == LinkType::raw);
  CHECK(linkTypeOf(519, "rmnet0") == LinkType::raw);
  CHECK(linkTypeOf(ARPHRD_PPP, "ppp0") == LinkType::raw);
  CHECK(linkTypeOf(ARPHRD_SIT, "sit0") == LinkType::raw);
  try {
    linkTypeOf(ARPHRD_IEEE80211_RADIOTAP, "mon0");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == "WEIR_LINKTYPE");
    CHECK(std::string(error.what()).find("interface mon0 has ARPHRD link type 803") != std::string::npos);
  }
}

TEST_CASE("the own interfaces are listed without privilege") {
  const std::vector<InterfaceInfo> list = listInterfaces();
  const InterfaceInfo* loopback = find(list, "lo");
  REQUIRE(loopback != nullptr);
  CHECK(loopback->loopback);
  CHECK(loopback->arphrd == ARPHRD_LOOPBACK);
  CHECK(loopback->index == ::if_nametoindex("lo"));
}

TEST_CASE("live: interfaces of two namespaces") {
  WEIR_PRIVATE_NETWORK(network);
  REQUIRE(network.run("ip link set wa mtu 1234"));
  const std::vector<InterfaceInfo> own = listInterfaces(), peers = listInterfaces(network.peerPath());
  const InterfaceInfo* wa = find(own, "wa");
  const InterfaceInfo* wb = find(peers, "wb");
  REQUIRE(wa != nullptr);
  REQUIRE(wb != nullptr);
  CHECK(find(own, "wb") == nullptr);
  CHECK(wa->up);
  CHECK(wa->mtu == 1234);
  CHECK(wa->mac == std::array<uint8_t, 6>{2, 0, 0, 0, 0, 1});
  CHECK(wb->mac == std::array<uint8_t, 6>{2, 0, 0, 0, 0, 2});
  CHECK(wa->arphrd == ARPHRD_ETHER);
  CHECK(wa->index == ::if_nametoindex("wa"));
  CHECK_FALSE(find(peers, "lo")->up);
}

TEST_CASE("live: the monitor follows interfaces") {
  WEIR_PRIVATE_NETWORK(network);
  InterfaceMonitor monitor;
  CHECK(monitor.interfaces().count(::if_nametoindex("wa")) == 1);
  CHECK(monitor.poll(0).empty());
  REQUIRE(network.run("ip link add dx0 type veth peer name dx1"));
  Names seen = events(monitor, 2);
  std::sort(seen.begin(), seen.end());
  CHECK(seen == Names{"dx0 appeared", "dx1 appeared"});
  REQUIRE(network.run("ip link set dx0 up"));
  CHECK(events(monitor, 1) == Names{"dx0 up"});
  REQUIRE(network.run("ip link set dx0 down"));
  CHECK(events(monitor, 1) == Names{"dx0 down"});
  REQUIRE(network.run("ip link set dx0 name dy0"));
  CHECK(events(monitor, 2) == Names{"dx0 vanished", "dy0 appeared"});
  REQUIRE(network.run("ip link set dy0 up"));
  CHECK(events(monitor, 1) == Names{"dy0 up"});
  REQUIRE(network.run("ip link del dy0"));
  seen = events(monitor, 3);
  std::sort(seen.begin(), seen.end());
  CHECK(seen == Names{"dx1 vanished", "dy0 down", "dy0 vanished"});
}

TEST_CASE("live: the monitor survives more changes than its socket holds") {
  WEIR_PRIVATE_NETWORK(network);
  InterfaceMonitor monitor;
  const int small = 1;  // the least the kernel grants
  REQUIRE(::setsockopt(monitor.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0);
  REQUIRE(network.run("for i in 1 2 3 4 5 6; do ip link add dx0 type veth peer name dx1; ip link del dx0; done"));
  REQUIRE(network.run("ip link del wa"));
  REQUIRE(network.run("ip link add dz0 type veth peer name dz1 && ip link set dz0 up"));
  for (int i = 0; i < 5; i++) monitor.poll(20);
  Names names;
  for (const auto& [index, info] : monitor.interfaces()) names.push_back(info.name + (info.up ? " up" : ""));
  std::sort(names.begin(), names.end());
  std::string all;
  for (const std::string& name : names) all += name + ";";
  CHECK(all == "dz0 up;dz1;lo up;");
}
