#include "capture/interface_peers.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "capture/namespaces.h"
#include "namespace_process.h"
#include "private_network.h"

using namespace weir;

namespace {

InterfaceInfo named(const std::vector<InterfaceInfo>& list, const std::string& name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& info) { return info.name == name; });
  return found == list.end() ? InterfaceInfo{} : *found;
}

uint32_t ownInode() {
  struct stat status {};
  return ::stat("/proc/thread-self/ns/net", &status) == 0 ? static_cast<uint32_t>(status.st_ino) : 0;
}

}  // namespace

TEST_CASE("the own namespace is listed without privilege, first and once") {
  const NetworkNamespaces known = networkNamespaces();
  REQUIRE(!known.list.empty());
  CHECK(known.list[0].own);
  CHECK(known.list[0].path().empty());
  CHECK(known.list[0].inode == ownInode());
  const auto same = [](const NetworkNamespace& one) { return one.inode == ownInode(); };
  CHECK(std::count_if(known.list.begin(), known.list.end(), same) == 1);
}

TEST_CASE("live: the namespace of a process is listed and can be entered") {
  WEIR_PRIVATE_NETWORK(network);
  const NamespaceProcess process([] { return PrivateNetwork::run("ip link add only-there type veth"); });
  REQUIRE(process.ready());
  const NetworkNamespaces known = networkNamespaces();
  const auto found = std::find_if(known.list.begin(), known.list.end(),
                                  [&](const NetworkNamespace& one) { return one.inode == process.inode(); });
  REQUIRE(found != known.list.end());
  CHECK_FALSE(found->own);
  CHECK(named(listInterfaces(found->path()), "only-there").index != 0);
}

TEST_CASE("live: the other ends of veth pairs") {
  WEIR_PRIVATE_NETWORK(network);
  const NamespaceProcess container;
  REQUIRE(container.ready());
  REQUIRE(network.run("ip link add host0 type veth peer name eth0 netns " + container.path()));
  REQUIRE(network.run("ip link add both0 type veth peer name both1"));
  const std::vector<InterfaceInfo> here = listInterfaces(), there = listInterfaces(container.path());

  // In another namespace that a process holds.
  CHECK(named(here, "host0").peerIndex == named(there, "eth0").index);
  CHECK(named(here, "host0").peerNamespaceId >= 0);
  // Both ends here; a device without another end.
  CHECK(named(here, "both0").peerIndex == named(here, "both1").index);
  CHECK(named(here, "both0").peerNamespaceId == -1);
  CHECK(named(here, "lo").peerIndex == 0);
  CHECK(named(here, "lo").peerNamespaceId == -1);

  const std::map<uint32_t, uint32_t> peers = peerNamespaces();
  CHECK(peers.size() == 1);  // wb's namespace is held by a descriptor only
  REQUIRE(peers.count(named(here, "host0").index) == 1);
  CHECK(peers.at(named(here, "host0").index) == container.inode());

  // The other way round: what the container's eth0 leads to.
  const std::map<uint32_t, uint32_t> back = peerNamespaces(container.path());
  REQUIRE(back.count(named(there, "eth0").index) == 1);
  CHECK(back.at(named(there, "eth0").index) == ownInode());
}

TEST_CASE("live: a device below is not another end") {
  WEIR_PRIVATE_NETWORK(network);
  if (!network.run("ip link add link wa name mv0 type macvlan")) {
    MESSAGE("skipped: this kernel has no macvlan");
    return;
  }
  CHECK(named(listInterfaces(), "mv0").peerIndex == 0);
}
