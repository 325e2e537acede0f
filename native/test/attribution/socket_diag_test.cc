#include "attribution/socket_diag.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <vector>

#include "attribution/cgroups.h"
#include "attribution/event_recorder.h"
#include "attribution/socket_listing.h"
#include "base/descriptor.h"
#include "capture/namespace_process.h"
#include "capture/netns.h"
#include "capture/private_network.h"

using namespace weir;

namespace {

constexpr int kSocketCookie = 57;  // SO_COOKIE
constexpr int kNetnsCookie = 71;   // SO_NETNS_COOKIE
enum State : uint8_t { established = 1, finWait2 = 5, timeWait = 6, closed = 7, closeWait = 8, listening = 10 };

class Collector : public EventHandler {
 public:
  void onEvent(const weir_event& event, EventOrigin origin) override {
    CHECK(event.kind == WEIR_SNAPSHOT);
    CHECK(event.size == sizeof(weir_snapshot_event));
    CHECK(origin == EventOrigin::diag);
    weir_snapshot_event copy;
    std::memcpy(&copy, &event, sizeof copy);
    events.push_back(copy);
  }
  // Events of a socket, by its cookie.
  std::vector<weir_snapshot_event> of(int fd) const {
    uint64_t cookie = 0;
    socklen_t size = sizeof cookie;
    ::getsockopt(fd, SOL_SOCKET, kSocketCookie, &cookie, &size);
    std::vector<weir_snapshot_event> found;
    for (const auto& event : events) {
      if (event.socket.cookie == cookie) found.push_back(event);
    }
    return found;
  }
  weir_snapshot_event one(int fd) const {
    const auto found = of(fd);
    CHECK(found.size() == 1);
    return found.empty() ? weir_snapshot_event{} : found[0];
  }

  std::vector<weir_snapshot_event> events;
  DiagResult result;
};

Collector pass() {
  Collector collector;
  SocketDiag diag;
  collector.result = diag.dump(collector);
  return collector;
}

uint16_t portOf(int fd) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size);
  return ntohs(reinterpret_cast<const sockaddr_in*>(&own)->sin_port);
}

sockaddr_in6 address6(const char* text, uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  ::inet_pton(AF_INET6, text, &address.sin6_addr);
  return address;
}

template <typename Address>
Descriptor bound(int type, int protocol, const Address& address) {
  const auto* raw = reinterpret_cast<const sockaddr*>(&address);
  Descriptor fd(::socket(raw->sa_family, type | SOCK_CLOEXEC, protocol));
  if (fd && ::bind(fd.get(), raw, sizeof address) != 0) return {};
  return fd;
}

// A connection over loopback of the calling thread's namespace.
template <typename Address>
struct Connection {
  Descriptor listener, client, server;
  Connection(Address listen, Address (*to)(uint16_t port), int protocol = IPPROTO_TCP)
      : listener(bound(SOCK_STREAM, protocol, listen)) {
    if (!listener || ::listen(listener.get(), 4) != 0) return;
    const Address there = to(portOf(listener.get()));
    client = Descriptor(::socket(reinterpret_cast<const sockaddr&>(there).sa_family, SOCK_STREAM | SOCK_CLOEXEC, protocol));
    if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0) return;
    server = Descriptor(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
};

Connection<sockaddr_in> connection4(int protocol = IPPROTO_TCP) {
  return {address4("127.0.0.1", 0), [](uint16_t port) { return address4("127.0.0.1", port); }, protocol};
}

// The client sends `there` octets and the server `back`, both read.
void exchange(int client, int server, size_t there, size_t back) {
  std::vector<char> buffer(std::max(there, back));
  REQUIRE(::send(client, buffer.data(), there, 0) == static_cast<ssize_t>(there));
  REQUIRE(::recv(server, buffer.data(), there, MSG_WAITALL) == static_cast<ssize_t>(there));
  REQUIRE(::send(server, buffer.data(), back, 0) == static_cast<ssize_t>(back));
  REQUIRE(::recv(client, buffer.data(), back, MSG_WAITALL) == static_cast<ssize_t>(back));
}

void checkIsThisProcess(const weir_process& process) {
  const ProcessKey self = ProcessReader().keyOf(static_cast<uint32_t>(::getpid()));
  CHECK(process.tgid == self.tgid);
  CHECK(process.tid == self.tgid);
  CHECK(process.start_ns == self.startTicks * kNsPerTick);
  CHECK(process.uid == ::getuid());
  CHECK(process.gid == ::getgid());
  CHECK(process.euid == ::geteuid());
  CHECK(process.parent_tgid == static_cast<uint32_t>(::getppid()));
  CHECK(process.parent_start_ns != 0);
  CHECK(process.parent_name[0] != 0);
  char name[16] = {};
  ::prctl(PR_GET_NAME, name);
  CHECK(std::string(process.name) == name);
  struct stat status {};
  REQUIRE(::stat("/proc/self/ns/pid", &status) == 0);
  CHECK(process.pid_namespace == status.st_ino);
}

uint64_t netnsCookie(int fd) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  return ::getsockopt(fd, SOL_SOCKET, kNetnsCookie, &cookie, &size) == 0 ? cookie : 0;
}

uint32_t ownNetns() {
  struct stat status {};
  return ::stat("/proc/thread-self/ns/net", &status) == 0 ? static_cast<uint32_t>(status.st_ino) : 0;
}

// One end of a connection of this namespace: either port alone may be in others, and in those that wait for their end.
bool isEnd(const weir_socket& socket, uint16_t local, uint16_t remote) {
  return socket.netns == ownNetns() && socket.local_port == local && socket.remote_port == remote;
}

}  // namespace

TEST_CASE("a kernel without the module of a protocol: which one is said") {
  CHECK(listingRefusal(IPPROTO_TCP, ENOENT) ==
        "protocol 6: No such file or directory (the kernel module is not loaded: modprobe tcp_diag)");
  CHECK(listingRefusal(IPPROTO_UDP, ENOENT).find("modprobe udp_diag") != std::string::npos);
  CHECK(listingRefusal(IPPROTO_TCP, EPERM) == "protocol 6: Operation not permitted");
}

TEST_CASE("TCP: both ends and the listener, with process and namespace") {
  const auto made = connection4();
  REQUIRE(made.server);
  const Collector found = pass();
  CHECK(found.result.sockets >= 3);
  CHECK(found.result.owned >= 3);
  CHECK(found.result.owned <= found.result.sockets);
  CHECK(found.result.namespaces >= 1);

  const weir_snapshot_event client = found.one(made.client.get()), server = found.one(made.server.get()),
                            listener = found.one(made.listener.get());
  for (const weir_snapshot_event& event : {client, server, listener}) {
    checkIsThisProcess(event.process);
    CHECK(event.socket.family == AF_INET);
    CHECK(event.socket.protocol == IPPROTO_TCP);
    CHECK(event.socket.type == SOCK_STREAM);
    CHECK(event.socket.netns == ownNetns());
    if (netnsCookie(made.client.get()) != 0) CHECK(event.socket.netns_cookie == netnsCookie(made.client.get()));
    CHECK(event.event.time_ns != 0);
  }
  CHECK(client.socket.state == established);
  CHECK(server.socket.state == established);
  CHECK(listener.socket.state == listening);
  CHECK(client.socket.local_port == portOf(made.client.get()));
  CHECK(client.socket.remote_port == portOf(made.listener.get()));
  CHECK(server.socket.remote_port == client.socket.local_port);
  CHECK(listener.socket.remote_port == 0);
  const uint8_t loopback[4] = {127, 0, 0, 1};
  CHECK(std::memcmp(client.socket.local, loopback, 4) == 0);
  CHECK(std::memcmp(client.socket.remote, loopback, 4) == 0);
}

TEST_CASE("TCP over IPv6, and IPv4 in an IPv6 socket as the kernel has it") {
  const Connection<sockaddr_in6> six(address6("::1", 0), [](uint16_t port) { return address6("::1", port); });
  const Connection<sockaddr_in6> mapped(address6("::", 0), [](uint16_t port) { return address6("::ffff:127.0.0.1", port); });
  if (!six.server || !mapped.server) {
    MESSAGE("skipped: no IPv6 on loopback");
    return;
  }
  const Collector found = pass();
  CHECK(found.one(six.client.get()).socket.local[15] == 1);
  CHECK(found.one(six.client.get()).socket.family == AF_INET6);
  const weir_socket socket = found.one(mapped.server.get()).socket;
  const uint8_t expected[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  CHECK(socket.family == AF_INET6);
  CHECK(std::memcmp(socket.local, expected, 16) == 0);
  CHECK(std::memcmp(socket.remote, expected, 16) == 0);
}

TEST_CASE("TCP health: payload is what is left when the flags are taken off") {
  const auto made = connection4();
  REQUIRE(made.server);
  exchange(made.client.get(), made.server.get(), 1000, 3000);
  const auto payload = [](const weir_tcp_health& health) {
    return health.bytes_acked - (health.flags & 1) - (health.flags >> 1 & 1);
  };
  {
    const Collector found = pass();
    const weir_tcp_health client = found.one(made.client.get()).health, server = found.one(made.server.get()).health;
    CHECK(payload(client) == 1000);
    CHECK(payload(server) == 3000);
    CHECK((client.flags & 1) == 1);
    CHECK((server.flags & 1) == 0);  // accepted: its SYN is not in the sum
    CHECK(client.bytes_received == 3000);
    CHECK(server.bytes_received == 1000);
    CHECK(client.bytes_sent == 1000);
    CHECK(client.retransmits == 0);
    CHECK(client.segs_in >= 2);
    CHECK(client.segs_out >= 3);
    CHECK(client.cwnd > 0);
    CHECK(client.mss > 500);
    CHECK(client.srtt_us > 0);
    CHECK(client.min_rtt_us != UINT32_MAX);
    CHECK(found.one(made.listener.get()).health.cwnd == 0);
  }
  REQUIRE(::shutdown(made.client.get(), SHUT_WR) == 0);
  char end;
  REQUIRE(::recv(made.server.get(), &end, 1, 0) == 0);
  REQUIRE(::send(made.server.get(), "x", 1, 0) == 1);  // carries the acknowledgement of the FIN
  REQUIRE(::recv(made.client.get(), &end, 1, 0) == 1);
  const Collector found = pass();
  const weir_snapshot_event client = found.one(made.client.get()), server = found.one(made.server.get());
  CHECK(client.socket.state == finWait2);
  CHECK(client.health.flags == 3);
  CHECK(payload(client.health) == 1000);
  CHECK(server.socket.state == closeWait);
  CHECK(server.health.flags == 4);
  CHECK(server.health.bytes_received == 1001);
}

TEST_CASE("a connection nobody holds any more has no process") {
  auto made = connection4();
  REQUIRE(made.server);
  const uint16_t port = portOf(made.client.get()), server = portOf(made.listener.get());
  made.client = Descriptor();
  char end;
  REQUIRE(::recv(made.server.get(), &end, 1, 0) == 0);
  made.server = Descriptor();
  size_t waiting = 0;
  for (const weir_snapshot_event& event : pass().events) {
    if (event.socket.state != timeWait || !isEnd(event.socket, port, server)) continue;
    waiting++;
    CHECK(event.process.tgid == 0);
  }
  CHECK(waiting == 1);
}

TEST_CASE("UDP: connected, bound, and UDP-Lite") {
  const Descriptor open = bound(SOCK_DGRAM, 0, address4("127.0.0.1", 0));
  const UdpSender connected("127.0.0.1", portOf(open.get()));
  const Descriptor lite = bound(SOCK_DGRAM, IPPROTO_UDPLITE, address4("127.0.0.1", 0));
  const Collector found = pass();
  const weir_snapshot_event server = found.one(open.get()), client = found.one(connected.fd());
  checkIsThisProcess(server.process);
  CHECK(server.socket.protocol == IPPROTO_UDP);
  CHECK(server.socket.type == SOCK_DGRAM);
  CHECK(server.socket.state == closed);
  CHECK(server.socket.remote_port == 0);
  CHECK(client.socket.state == established);
  CHECK(client.socket.remote_port == server.socket.local_port);
  CHECK(client.health.segs_out == 0);
  if (!lite) {
    MESSAGE("skipped: no UDP-Lite in this kernel");
    return;
  }
  CHECK(found.one(lite.get()).socket.protocol == IPPROTO_UDPLITE);
}

TEST_CASE("raw and ping sockets") {
  const Descriptor raw4(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
  const Descriptor raw6(::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6));
  if (!raw4 || !raw6) {
    MESSAGE("skipped, needs CAP_NET_RAW: raw sockets");
    return;
  }
  const auto mine = [](const Collector& found, uint16_t family, uint8_t type, uint16_t protocol) {
    std::vector<weir_socket> sockets;
    for (const weir_snapshot_event& event : found.events) {
      const bool same = event.socket.family == family && event.socket.type == type && event.socket.protocol == protocol;
      if (same && event.process.tgid == static_cast<uint32_t>(::getpid())) sockets.push_back(event.socket);
    }
    return sockets;
  };
  const Collector found = pass();
  CHECK(mine(found, AF_INET, SOCK_RAW, IPPROTO_ICMP).size() == 1);
  CHECK(mine(found, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6).size() == 1);

  WEIR_PRIVATE_NETWORK(network);
  std::ofstream("/proc/sys/net/ipv4/ping_group_range") << "0 0";
  const Descriptor ping = bound(SOCK_DGRAM, IPPROTO_ICMP, address4("127.0.0.1", 4711));
  if (!ping) {
    MESSAGE("skipped: no ping sockets here");
    return;
  }
  const auto pings = mine(pass(), AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
  REQUIRE(pings.size() == 1);
  CHECK(pings[0].local_port == 4711);
  CHECK(pings[0].netns == ownNetns());
  const uint8_t loopback[4] = {127, 0, 0, 1};
  CHECK(std::memcmp(pings[0].local, loopback, 4) == 0);
}

TEST_CASE("MPTCP: its subflows name the process") {
  const auto made = connection4(IPPROTO_MPTCP);
  if (!made.server) {
    MESSAGE("skipped: no MPTCP in this kernel");
    return;
  }
  const uint16_t client = portOf(made.client.get()), server = portOf(made.listener.get());
  size_t ends = 0;
  for (const weir_snapshot_event& event : pass().events) {
    if (!isEnd(event.socket, client, server) && !isEnd(event.socket, server, client)) continue;
    ends++;
    CHECK(event.socket.protocol == IPPROTO_TCP);
    CHECK(event.process.tgid == static_cast<uint32_t>(::getpid()));
  }
  CHECK(ends == 2);
}

TEST_CASE("every holder of a socket is told, each once") {
  const Descriptor shared = bound(SOCK_DGRAM, 0, address4("127.0.0.1", 0));
  const Descriptor again(::fcntl(shared.get(), F_DUPFD_CLOEXEC, 0));
  const NamespaceProcess child;  // made by fork: it holds the socket too
  const auto holders = pass().of(shared.get());
  std::vector<uint32_t> ids;
  for (const weir_snapshot_event& event : holders) ids.push_back(event.process.tgid);
  std::sort(ids.begin(), ids.end());
  std::vector<uint32_t> expected{static_cast<uint32_t>(::getpid()), static_cast<uint32_t>(child.pid())};
  std::sort(expected.begin(), expected.end());
  CHECK(ids == expected);
}

TEST_CASE("live: other namespaces, each with its own cookie") {
  WEIR_PRIVATE_NETWORK(network);
  const NamespaceProcess process([] { return PrivateNetwork::run("ip link set lo up"); });
  REQUIRE(process.ready());
  Descriptor there;
  {
    const NetnsScope scope(process.path());
    there = bound(SOCK_DGRAM, 0, address4("127.0.0.1", 5353));
  }
  const Descriptor here = bound(SOCK_DGRAM, 0, address4("127.0.0.1", 5353));
  REQUIRE(there);
  REQUIRE(here);
  const uint32_t before = ownNetns();
  const Collector found = pass();
  CHECK(ownNetns() == before);
  CHECK(found.result.namespaces >= 2);
  CHECK(found.one(there.get()).socket.netns == process.inode());
  CHECK(found.one(here.get()).socket.netns == before);
  checkIsThisProcess(found.one(there.get()).process);
  CHECK(found.one(there.get()).socket.netns_cookie != found.one(here.get()).socket.netns_cookie);
  if (netnsCookie(there.get()) != 0) CHECK(found.one(there.get()).socket.netns_cookie == netnsCookie(there.get()));
}

TEST_CASE("live: the cgroup v2 id of the holder is its directory's inode") {
  const std::string mount = Cgroups().mount();
  const std::string folder = mount + "/weir-test-" + std::to_string(::getpid());
  if (mount.empty() || ::mkdir(folder.c_str(), 0755) != 0) {
    MESSAGE("skipped, needs root: a cgroup v2 hierarchy to make a group in");
    return;
  }
  const Descriptor socket = bound(SOCK_DGRAM, 0, address4("127.0.0.1", 0));
  uint64_t id = 0;
  {
    const NamespaceProcess child([&] {
      std::ofstream file(folder + "/cgroup.procs");
      file << "0" << std::flush;
      return file.good();
    });
    REQUIRE(child.ready());
    for (const weir_snapshot_event& event : pass().of(socket.get())) {
      if (event.process.tgid == static_cast<uint32_t>(child.pid())) id = event.process.cgroup_id;
    }
  }
  struct stat status {};
  REQUIRE(::stat(folder.c_str(), &status) == 0);
  CHECK(id == status.st_ino);
  CHECK(::rmdir(folder.c_str()) == 0);
}

TEST_CASE("without privileges the pass is complete all the same, and says what it lacks in words that stay the same") {
  const int status = inChild([] {
    if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) return 3;
    Collector collector;
    const DiagResult result = SocketDiag().dump(collector);
    if (!result.complete || result.sockets == 0) return 4;
    if (result.trouble.find("CAP_SYS_PTRACE") == std::string::npos) return 5;
    return result.trouble.find_first_of("0123456789") == std::string::npos ? 0 : 6;
  });
  if (status == 3) {
    MESSAGE("skipped, needs root: another user's id");
    return;
  }
  CHECK(status == 0);
}

TEST_CASE("more sockets than a pass may hold: the rest is left out, and said") {
  const Descriptor one = bound(SOCK_DGRAM, 0, address4("127.0.0.1", 0)), two = bound(SOCK_DGRAM, 0, address4("127.0.0.1", 0));
  Collector collector;
  SocketDiag diag("/proc", 1);
  const DiagResult result = diag.dump(collector);
  CHECK(result.sockets == 1);
  CHECK(!result.complete);
  CHECK(result.trouble.find("more than 1 sockets") != std::string::npos);
}

TEST_CASE("a /proc that is not there: sockets are found, nobody owns them") {
  const Descriptor socket = bound(SOCK_DGRAM, 0, address4("127.0.0.1", 0));
  Collector collector;
  SocketDiag diag("/proc/weir-does-not-exist");
  const DiagResult result = diag.dump(collector);
  CHECK(result.namespaces >= 1);
  CHECK(result.owned == 0);
  const weir_snapshot_event event = collector.one(socket.get());
  CHECK(event.process.tgid == 0);
  CHECK(event.process.uid == ::getuid());
}
