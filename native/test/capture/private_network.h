// Two network namespaces of the test's own, joined by a veth pair: `wa` here (10.9.0.1), `wb` there (10.9.0.2). The
// test's thread stays in the first one while this object lives. Nothing of the host's network is touched.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "base/descriptor.h"
#include "capture/netns.h"
#include "wire.h"

namespace weir {

// Addresses that reach the other end of the pair but belong to nobody, so nothing is answered.
inline constexpr const char* kThere = "10.9.0.3";
inline constexpr const char* kHere = "10.9.0.4";

class PrivateNetwork {
 public:
  PrivateNetwork() {
    home_ = here();
    if (::unshare(CLONE_NEWNET) != 0) {
      reason_ = std::string("unshare(CLONE_NEWNET): ") + std::strerror(errno);
      home_ = Descriptor();
      return;
    }
    quiet();
    there_ = here();
    if (::unshare(CLONE_NEWNET) != 0) reason_ = std::string("unshare(CLONE_NEWNET): ") + std::strerror(errno);
    quiet();
    if (!run("ip link set lo up") || !pair() || !ip4()) reason_ = "the ip command cannot make a veth pair";
  }
  ~PrivateNetwork() {
    if (home_) ::setns(home_.get(), CLONE_NEWNET);
  }
  PrivateNetwork(const PrivateNetwork&) = delete;
  PrivateNetwork& operator=(const PrivateNetwork&) = delete;

  // Empty when the network is there.
  const std::string& reason() const { return reason_; }
  std::string peerPath() const { return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(there_.get()); }

  // A shell command in the first namespace; `peer` in the second.
  static bool run(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }
  bool peer(const std::string& command) const {
    const NetnsScope scope(peerPath());
    return run(command);
  }
  // Makes the pair (again); both ends are switched on.
  bool pair() const {
    return run("ip link add wa type veth peer name wb netns " + peerPath()) && run("ip link set wa up") &&
           peer("ip link set wb up");
  }
  // Addresses, and fixed neighbours so that no ARP is to be seen.
  bool ip4() const {
    return run("ip link set wa address 02:00:00:00:00:01") && peer("ip link set wb address 02:00:00:00:00:02") &&
           run("ip addr add 10.9.0.1/24 dev wa") && peer("ip addr add 10.9.0.2/24 dev wb") &&
           run("ip neigh replace 10.9.0.2 lladdr 02:00:00:00:00:02 dev wa") &&
           run("ip neigh replace 10.9.0.3 lladdr 02:00:00:00:00:02 dev wa") &&
           peer("ip neigh replace 10.9.0.1 lladdr 02:00:00:00:00:01 dev wb") &&
           peer("ip neigh replace 10.9.0.4 lladdr 02:00:00:00:00:01 dev wb");
  }

 private:
  static Descriptor here() { return Descriptor(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)); }
  // No IPv6 chatter: a test counts every frame.
  static void quiet() {
    std::ofstream("/proc/sys/net/ipv6/conf/all/disable_ipv6") << 1;
    std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 1;
  }

  Descriptor home_, there_;
  std::string reason_;
};

// Declares `network`, or says why the test is skipped and returns.
#define WEIR_PRIVATE_NETWORK(network)                                  \
  PrivateNetwork network;                                              \
  if (!network.reason().empty()) {                                     \
    MESSAGE("skipped, needs root: " << network.reason());              \
    return;                                                            \
  }

// Sends whole frames out of an interface of the calling thread's namespace.
class FrameSender {
 public:
  explicit FrameSender(const std::string& interface)
      : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)), index_(::if_nametoindex(interface.c_str())) {}
  bool send(const wire::Bytes& frame) const {
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(index_);
    const auto* address = reinterpret_cast<const sockaddr*>(&to);
    return ::sendto(socket_.get(), frame.data(), frame.size(), 0, address, sizeof to) ==
           static_cast<ssize_t>(frame.size());
  }

 private:
  Descriptor socket_;
  uint32_t index_;
};

inline sockaddr_in address4(const char* text, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, text, &address.sin_addr);
  return address;
}

// Sends UDP datagrams of the kernel's own making.
class UdpSender {
 public:
  UdpSender(const char* address, uint16_t port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in to = address4(address, port);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) socket_ = Descriptor();
  }
  bool send(size_t octets) const {
    const wire::Bytes payload = wire::filled(octets);
    return ::send(socket_.get(), payload.data(), octets, 0) == static_cast<ssize_t>(octets);
  }
  int fd() const { return socket_.get(); }

 private:
  Descriptor socket_;
};

}  // namespace weir
