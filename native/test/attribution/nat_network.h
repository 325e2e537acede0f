// A router with translation between a client and a server, in namespaces of the test's own. The test's thread stays in the
// router's namespace. Client 10.8.1.2 / fd08:1::2, server 10.8.2.2 / fd08:2::2, the router .1 / ::1 to both.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>
#include <string>

#include "attribution/conntrack.h"
#include "base/descriptor.h"
#include "capture/namespace_process.h"
#include "capture/netns.h"
#include "capture/private_network.h"

namespace weir {

// Rules: to the router's port 80 -> the server's 8080 with masquerade; 81 -> 8081 as it is; to the server's 9000 masquerade.
class NatNetwork {
 public:
  NatNetwork() {
    if (!router_.reason().empty()) {
      reason_ = router_.reason();
    } else if (!client_.ready() || !server_.ready() || !joins("c0", client_, "1") || !joins("s0", server_, "2")) {
      reason_ = "the ip command cannot make veth pairs";
    } else if (!rules("iptables", "10.8.1.1", "10.8.2.2")) {
      reason_ = "iptables cannot translate addresses here";
    } else {
      std::ofstream("/proc/sys/net/ipv4/ip_forward") << 1;
      std::ofstream("/proc/sys/net/ipv6/conf/all/forwarding") << 1;
      hasIp6_ = rules("ip6tables", "fd08:1::1", "[fd08:2::2]");
    }
  }
  const std::string& reason() const { return reason_; }
  bool hasIp6() const { return hasIp6_; }
  std::string client() const { return client_.path(); }
  std::string server() const { return server_.path(); }
  static bool run(const std::string& command) { return PrivateNetwork::run(command); }

 private:
  static bool joins(const std::string& device, const NamespaceProcess& end, const std::string& net) {
    const std::string path = end.path();
    if (!run("ip link add " + device + " type veth peer name eth0 netns " + path)) return false;
    std::ofstream("/proc/sys/net/ipv6/conf/" + device + "/disable_ipv6") << 0;
    run("ip -6 addr add fd08:" + net + "::1/64 dev " + device + " nodad");
    const bool here = run("ip addr add 10.8." + net + ".1/24 dev " + device + " && ip link set " + device + " up");
    const NetnsScope scope(path);
    run("ip -6 addr add fd08:" + net + "::2/64 dev eth0 nodad");
    const bool there = run("ip addr add 10.8." + net + ".2/24 dev eth0 && ip link set eth0 up && ip route add default via 10.8." +
                           net + ".1");
    run("ip -6 route add default via fd08:" + net + "::1");
    return here && there;
  }
  static bool rules(const std::string& tool, const std::string& router, const std::string& server) {
    const std::string rule = tool + " -w -t nat -A ";
    for (const std::string protocol : {"tcp", "udp"}) {
      const std::string to = rule + "PREROUTING -d " + router + " -p " + protocol + " --dport ";
      const std::string out = rule + "POSTROUTING -o s0 -p " + protocol + " --dport ";
      if (!run(to + "80 -j DNAT --to-destination " + server + ":8080")) return false;
      if (!run(to + "81 -j DNAT --to-destination " + server + ":8081")) return false;
      if (!run(out + "8080 -j MASQUERADE") || !run(out + "9000 -j MASQUERADE")) return false;
    }
    return true;
  }

  PrivateNetwork router_;
  NamespaceProcess client_, server_;
  std::string reason_;
  bool hasIp6_ = false;
};

#define WEIR_NAT_NETWORK(network)                             \
  NatNetwork network;                                         \
  if (!network.reason().empty()) {                            \
    MESSAGE("skipped, needs root: " << network.reason());     \
    return;                                                   \
  }

// An address and port of either family.
struct Place {
  sockaddr_storage storage{};
  Place() = default;
  Place(const std::string& text, uint16_t port) {
    auto* four = reinterpret_cast<sockaddr_in*>(&storage);
    auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
    const bool isSix = text.find(':') != std::string::npos;
    storage.ss_family = isSix ? AF_INET6 : AF_INET;
    (isSix ? six->sin6_port : four->sin_port) = htons(port);
    ::inet_pton(storage.ss_family, text.c_str(), isSix ? static_cast<void*>(&six->sin6_addr) : &four->sin_addr);
  }
  sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
  uint16_t port() const { return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port); }
  Address address() const {
    Address result{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (storage.ss_family == AF_INET) std::memcpy(&result[12], &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr, 4);
    if (storage.ss_family == AF_INET6) std::memcpy(&result, &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr, 16);
    return result;
  }
};

// A TCP connection, or a datagram, from the client to `to`, received by the server at `at`. Both ends as they see themselves and the other.
struct Conversation {
  Descriptor listener, client, server;
  NatTuple before{}, after{};
  bool made = false;

  Conversation(const NatNetwork& network, int type, const Place& to, const Place& at) {
    open(network, type, at);
    if (!client || !listener) return;
    socklen_t size = sizeof to.storage;
    Place own, peer;
    if (::connect(client.get(), to.raw(), size) != 0 || ::send(client.get(), "x", 1, 0) != 1) return;
    if (type == SOCK_STREAM) {
      server = Descriptor(::accept4(listener.get(), peer.raw(), &size, SOCK_CLOEXEC));
      made = bool(server);
    } else {
      char octet;
      made = ::recvfrom(listener.get(), &octet, 1, 0, peer.raw(), &size) == 1;
    }
    size = sizeof own.storage;
    ::getsockname(client.get(), own.raw(), &size);
    const uint8_t protocol = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
    before = {own.address(), to.address(), own.port(), to.port(), protocol};
    after = {peer.address(), at.address(), peer.port(), at.port(), protocol};
  }

 private:
  void open(const NatNetwork& network, int type, const Place& at) {
    {
      const NetnsScope scope(network.server());
      listener = Descriptor(::socket(at.storage.ss_family, type | SOCK_CLOEXEC, 0));
    }
    {
      const NetnsScope scope(network.client());
      client = Descriptor(::socket(at.storage.ss_family, type | SOCK_CLOEXEC, 0));
    }
    const int on = 1;
    const timeval patience{5, 0};
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    for (const int fd : {listener.get(), client.get()}) {
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    }
    if (::bind(listener.get(), at.raw(), sizeof at.storage) != 0) listener = Descriptor();
    if (type == SOCK_STREAM && listener && ::listen(listener.get(), 8) != 0) listener = Descriptor();
  }
};

}  // namespace weir
