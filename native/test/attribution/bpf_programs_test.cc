// The BPF programs on this kernel, by events of sockets and processes that the test makes.
#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "attribution/bpf_host.h"
#include "attribution/cgroups.h"
#include "event_recorder.h"

namespace weir {
namespace {

const BpfProgramStatus& statusOf(const std::vector<BpfProgramStatus>& all, const std::string& name) {
  for (const BpfProgramStatus& one : all) {
    if (one.name == name) return one;
  }
  FAIL("no program " << name);
  return all.front();
}

std::string nameOf(const weir_process& process) { return {process.name, ::strnlen(process.name, sizeof process.name)}; }

std::string ownName() {
  std::string name;
  std::getline(std::ifstream("/proc/self/comm"), name);
  return name;
}

uint64_t ownCgroupId() {
  struct stat found{};
  std::ifstream mounts("/proc/self/cgroup");
  for (std::string line; std::getline(mounts, line);) {
    if (!line.starts_with("0::")) continue;
    const Descriptor root = openCgroupRoot().folder;
    const std::string path = line.substr(3) == "/" ? "." : line.substr(4);
    if (root && ::fstatat(root.get(), path.c_str(), &found, 0) == 0) return found.st_ino;
  }
  return 0;
}

void checkSelf(const weir_process& process) {
  CHECK(process.tgid == static_cast<uint32_t>(::getpid()));
  CHECK(process.uid == ::getuid());
  CHECK(process.gid == ::getgid());
  CHECK(process.euid == ::geteuid());
  CHECK(process.parent_tgid == static_cast<uint32_t>(::getppid()));
  CHECK(nameOf(process) == ownName());
  CHECK(process.start_ns > process.parent_start_ns);
  if (const uint64_t cgroup = ownCgroupId(); cgroup != 0) CHECK(process.cgroup_id == cgroup);
}

// Says why not: without trampolines, under lockdown=confidentiality before 6.2 or without a cgroup v2 hierarchy.
bool tellsReleases(const BpfPrograms& programs) {
  const auto status = programs.status();
  for (const char* name : {"socket_release", "socket_release_probe", "socket_release_entry"}) {
    if (statusOf(status, name).attached) return true;
  }
  MESSAGE("skipped: no event when a socket is released: " << statusOf(status, "socket_release_entry").reason);
  return false;
}

// The two ends of a TCP connection within this process.
struct TcpPair {
  Descriptor listener = boundSocket(SOCK_STREAM);
  uint16_t serverPort = portOf(listener);
  Descriptor client = connectedSocket(SOCK_STREAM, serverPort);
  uint16_t clientPort = portOf(client);
  Descriptor server{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
};

}  // namespace

TEST_CASE("what is wanted is attached, and its variants wait") {
  const auto programs = programsOrSkip();
  if (!programs) return;
  const auto status = programs->status();
  for (const BpfProgramStatus& one : status) {
    CAPTURE(one.name);
    CAPTURE(one.reason);
    if (one.attached) CHECK(one.reason.empty());
    if (!one.attached) CHECK_FALSE(one.reason.empty());
    CHECK(one.reason.find('\n') == std::string::npos);
    CHECK_FALSE(one.purpose.empty());
  }
  CHECK(statusOf(status, "tcp_state").attached);
  CHECK(statusOf(status, "receive_claim").attached != statusOf(status, "receive_space_claim").attached);
  CHECK_FALSE(statusOf(status, "process_fork").wanted);
  CHECK_FALSE(statusOf(status, "send_claim").wanted);
}

TEST_CASE("a TCP connection: who connects, who receives, and the close with its health") {
  const auto programs = programsOrSkip();
  if (!programs) return;
  EventRecorder events;
  uint16_t clientPort = 0, serverPort = 0;
  {
    TcpPair pair;
    clientPort = pair.clientPort;
    serverPort = pair.serverPort;
    say(pair.client, 1000);
    hear(pair.server, 1000);
    say(pair.server, 30000);
    hear(pair.client, 30000);
    programs->poll(events);

    const auto connect = events.all(WEIR_CONNECT, [serverPort](const RecordedEvent& one) {
      return one.socket.socket.remote_port == serverPort;
    });
    REQUIRE(connect.size() == 1);
    checkSelf(connect[0].socket.process);
    const weir_socket& socket = connect[0].socket.socket;
    CHECK(socket.family == AF_INET);
    CHECK(socket.protocol == IPPROTO_TCP);
    CHECK(socket.type == SOCK_STREAM);
    CHECK(socket.state == TCP_SYN_SENT);
    const in_addr_t home = htonl(INADDR_LOOPBACK);
    CHECK(std::memcmp(socket.remote, &home, sizeof home) == 0);

    const auto established = events.ofPort(WEIR_ESTABLISHED, clientPort);
    REQUIRE(established.size() == 1);
    CHECK(established[0].socket.socket.cookie == socket.cookie);
    CHECK(established[0].event.time_ns > connect[0].event.time_ns);

    const auto listen = events.ofPort(WEIR_LISTEN, serverPort);
    REQUIRE(listen.size() == 1);
    checkSelf(listen[0].socket.process);

    const auto owner = events.ofPort(WEIR_OWNER, serverPort);
    REQUIRE(owner.size() == 1);
    checkSelf(owner[0].socket.process);
    CHECK(owner[0].socket.socket.remote_port == clientPort);
    CHECK(owner[0].socket.socket.netns_cookie == socket.netns_cookie);
    CHECK(owner[0].socket.socket.cookie != socket.cookie);
    struct stat netns{};
    REQUIRE(::stat("/proc/self/ns/net", &netns) == 0);
    CHECK(owner[0].socket.socket.netns == netns.st_ino);

    pair.client = Descriptor();
    char end = 0;
    CHECK(::recv(pair.server.get(), &end, 1, 0) == 0);
    pair.server = Descriptor();
  }
  programs->poll(events);
  const auto here = events.ofPort(WEIR_CLOSE, clientPort);
  REQUIRE(here.size() == 1);
  CHECK(here[0].close.socket.remote_port == serverPort);
  CHECK(here[0].close.health.bytes_acked == 1000 + 2);
  CHECK(here[0].close.health.flags == (WEIR_SUM_SYN | WEIR_SUM_FIN_SENT | (here[0].close.health.flags & WEIR_SUM_FIN_RECEIVED)));
  const bool finSeen = here[0].close.health.flags & WEIR_SUM_FIN_RECEIVED;
  CHECK(here[0].close.health.bytes_received == 30000u + finSeen);
  CHECK(here[0].close.health.bytes_sent == 1000);
  CHECK(here[0].close.health.srtt_us > 0);
  CHECK(here[0].close.health.mss > 500);
  CHECK(here[0].close.health.segs_out > 2);

  const auto there = events.all(WEIR_CLOSE, [&](const RecordedEvent& one) {
    return one.close.socket.local_port == serverPort && one.close.socket.remote_port == clientPort;
  });
  REQUIRE(there.size() == 1);
  CHECK(there[0].close.health.bytes_acked == 30000 + 1);
  CHECK(there[0].close.health.bytes_received == 1000 + 1);
  CHECK(there[0].close.health.flags == (WEIR_SUM_FIN_SENT | WEIR_SUM_FIN_RECEIVED));
}

TEST_CASE("a refused connection: its process, and a close out of SYN_SENT with the port") {
  const auto programs = programsOrSkip();
  if (!programs) return;
  uint16_t port = 0;
  {
    const Descriptor gone(boundSocket(SOCK_DGRAM));
    port = portOf(gone);  // of UDP: nobody listens there by TCP
  }
  const Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  CHECK(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0);
  EventRecorder events;
  programs->poll(events);
  const auto connect = events.all(WEIR_CONNECT, [port](const RecordedEvent& one) {
    return one.socket.socket.remote_port == port && one.socket.process.tgid == static_cast<uint32_t>(::getpid());
  });
  REQUIRE(connect.size() == 1);
  const auto close = events.all(WEIR_CLOSE, [&](const RecordedEvent& one) {
    return one.close.socket.cookie == connect[0].socket.socket.cookie;
  });
  REQUIRE(close.size() == 1);
  checkSelf(connect[0].socket.process);
  CHECK(close[0].close.socket.old_state == TCP_SYN_SENT);
  CHECK(close[0].close.socket.local_port != 0);
  CHECK(close[0].close.socket.remote_port == port);
  CHECK(close[0].close.health.segs_out == 1);
  CHECK(close[0].close.health.flags == 0);
}

TEST_CASE("accepted by the parent, used by a child, then by the parent: each is told") {
  const auto programs = programsOrSkip();
  if (!programs) return;
  TcpPair pair;
  say(pair.client, 3);
  pid_t child = 0;
  CHECK(inChild([&] { return ::recv(pair.server.get(), &child, 1, 0) == 1 ? 0 : 1; }, &child) == 0);
  hear(pair.server, 1);
  hear(pair.server, 1);
  EventRecorder events;
  programs->poll(events);
  const auto owners = events.ofPort(WEIR_OWNER, pair.serverPort);
  REQUIRE(owners.size() == 2);
  CHECK(owners[0].socket.process.tgid == static_cast<uint32_t>(child));
  CHECK(owners[0].socket.process.parent_tgid == static_cast<uint32_t>(::getpid()));
  CHECK(owners[0].socket.process.parent_start_ns == owners[1].socket.process.start_ns);
  checkSelf(owners[1].socket.process);
}

TEST_CASE("accepted MPTCP connections, which have their listener's cookie, are told one by one") {
  const auto programs = programsOrSkip();
  if (!programs) return;
  const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP));
  if (!listener) {
    MESSAGE("skipped: no MPTCP in this kernel");
    return;
  }
  const sockaddr_in address = loopback(0);
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener.get(), 8) == 0);
  const sockaddr_in server = loopback(portOf(listener));
  std::set<uint16_t> ports;
  for (int i = 0; i < 3; ++i) {
    const Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP));
    REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0);
    const Descriptor accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    say(client, 10);
    hear(accepted, 5);
    hear(accepted, 5);  // told once
    ports.insert(portOf(client));
  }
  EventRecorder events;
  programs->poll(events);
  const auto owners = events.ofPort(WEIR_OWNER, ntohs(server.sin_port));
  REQUIRE(owners.size() == 3);
  for (const RecordedEvent& one : owners) {
    checkSelf(one.socket.process);
    CHECK(ports.erase(one.socket.socket.remote_port) == 1);
  }
}

TEST_CASE("an MPTCP peer that comes back from the same port is told again") {
  const auto programs = programsOrSkip();
  if (!programs) return;
  const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP));
  if (!listener) {
    MESSAGE("skipped: no MPTCP in this kernel");
    return;
  }
  sockaddr_in address = loopback(0);
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener.get(), 8) == 0);
  const sockaddr_in server = loopback(portOf(listener));
  sockaddr_in own = loopback(0);
  for (int i = 0; i < 2; ++i) {
    Descriptor client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP));
    const int on = 1;
    const linger reset{1, 0};  // its port is free at once
    ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    ::setsockopt(client.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    REQUIRE(::bind(client.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
    own.sin_port = htons(portOf(client));
    REQUIRE(::connect(client.get(), reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0);
    const Descriptor accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    say(client, 5);
    hear(accepted, 5);
    client = Descriptor();
    char end = 0;
    CHECK(::recv(accepted.get(), &end, 1, 0) <= 0);
  }
  EventRecorder events;
  programs->poll(events);
  CHECK(events.ofPort(WEIR_OWNER, ntohs(server.sin_port)).size() == 2);
}

TEST_CASE("a process that has another name since is told again") {
  const auto programs = programsOrSkip();
  if (!programs) return;
  TcpPair pair;
  say(pair.client, 3);
  const std::string before = ownName();
  hear(pair.server, 1);
  ::prctl(PR_SET_NAME, "weir-renamed");
  hear(pair.server, 1);
  ::prctl(PR_SET_NAME, before.c_str());
  EventRecorder events;
  programs->poll(events);
  const auto owners = events.ofPort(WEIR_OWNER, pair.serverPort);
  REQUIRE(owners.size() == 2);
  CHECK(nameOf(owners[0].socket.process) == before);
  CHECK(nameOf(owners[1].socket.process) == "weir-renamed");
}

TEST_CASE("an accepted connection that nobody received on has a release") {
  const auto programs = programsOrSkip();
  if (!programs) return;
  uint16_t port = 0;
  {
    const TcpPair pair;
    port = pair.serverPort;
  }
  EventRecorder events;
  programs->poll(events);
  if (!tellsReleases(*programs)) return;
  const auto release = events.all(WEIR_RELEASE, [port](const RecordedEvent& one) {
    return one.socket.socket.local_port == port && one.socket.socket.remote_port != 0;
  });
  REQUIRE(release.size() == 1);
  checkSelf(release[0].socket.process);
}

TEST_CASE("UDP: the receiver at once, everybody at the release; sums of lengths when asked for") {
  for (const bool lengths : {false, true}) {
    CAPTURE(lengths);
    BpfOptions options;
    options.lengths = lengths;
    const auto programs = programsOrSkip(options);
    if (!programs) return;
    const bool summed = lengths && statusOf(programs->status(), "receive_claim").attached &&
                        statusOf(programs->status(), "socket_release").attached;
    if (lengths && !summed) MESSAGE("skipped: no lengths of receives on this kernel");
    EventRecorder events;
    uint16_t clientPort = 0, serverPort = 0;
    {
      const Descriptor server = boundSocket(SOCK_DGRAM);
      serverPort = portOf(server);
      const Descriptor client = connectedSocket(SOCK_DGRAM, serverPort);
      clientPort = portOf(client);
      say(client, 100);
      say(client, 50);
      char octets[200];
      CHECK(::recv(server.get(), octets, sizeof octets, MSG_PEEK) == 100);
      sockaddr_in from{};
      socklen_t length = sizeof from;
      CHECK(::recvfrom(server.get(), octets, sizeof octets, 0, reinterpret_cast<sockaddr*>(&from), &length) == 100);
      CHECK(::sendto(server.get(), octets, 7, 0, reinterpret_cast<sockaddr*>(&from), length) == 7);
      CHECK(::recv(client.get(), octets, sizeof octets, 0) == 7);
      programs->poll(events);
      const auto owner = events.ofPort(WEIR_OWNER, serverPort);
      if (statusOf(programs->status(), "receive_claim").attached) {
        REQUIRE(owner.size() == 1);
        checkSelf(owner[0].socket.process);
        CHECK(owner[0].socket.socket.type == SOCK_DGRAM);
        CHECK(owner[0].socket.socket.remote_port == 0);
      }
    }
    programs->poll(events);
    if (!tellsReleases(*programs)) continue;
    const auto ofClient = events.ofPort(WEIR_RELEASE, clientPort);
    const auto ofServer = events.ofPort(WEIR_RELEASE, serverPort);
    REQUIRE(ofClient.size() == 1);
    REQUIRE(ofServer.size() == 1);
    checkSelf(ofClient[0].socket.process);
    CHECK(ofClient[0].socket.socket.remote_port == serverPort);
    CHECK(ofServer[0].event.size == sizeof(weir_owner_event));
    CHECK(ofClient[0].event.size == (summed ? sizeof(weir_snapshot_event) : sizeof(weir_owner_event)));
    if (!summed) continue;
    CHECK(ofClient[0].socket.health.bytes_sent == 150);
    CHECK(ofClient[0].socket.health.segs_out == 2);
    CHECK(ofClient[0].socket.health.bytes_received == 7);
    CHECK(ofClient[0].socket.health.segs_in == 1);
  }
}

TEST_CASE("a socket says that it may share its port") {
  const auto programs = programsOrSkip();
  if (!programs || !tellsReleases(*programs)) return;
  const int on = 1;
  uint16_t ports[3];
  for (int i = 0; i < 3; ++i) {
    const Descriptor made = boundSocket(SOCK_DGRAM);
    ports[i] = portOf(made);
    if (i > 0) REQUIRE(::setsockopt(made.get(), SOL_SOCKET, i == 1 ? SO_REUSEADDR : SO_REUSEPORT, &on, sizeof on) == 0);
  }
  EventRecorder events;
  programs->poll(events);
  for (int i = 0; i < 3; ++i) {
    const auto release = events.ofPort(WEIR_RELEASE, ports[i]);
    REQUIRE(release.size() == 1);
    CHECK(release[0].socket.socket.flags == (i > 0 ? WEIR_SHARES_PORT : 0));
  }
}

TEST_CASE("a process is told when it turns into another program and when it ends") {
  BpfOptions options;
  options.forks = true;
  const auto programs = programsOrSkip(options);
  if (!programs) return;
  pid_t child = 0;
  inChild([] { return ::execl("/bin/sleep", "sleep", "0", nullptr); }, &child);
  EventRecorder events;
  programs->poll(events);
  const auto fork = events.ofProcess(WEIR_FORK, child);
  const auto exec = events.ofProcess(WEIR_EXEC, child);
  const auto exit = events.ofProcess(WEIR_EXIT, child);
  REQUIRE(fork.size() == 1);
  REQUIRE(exec.size() == 1);
  REQUIRE(exit.size() == 1);
  CHECK(nameOf(fork[0].process.process) == ownName());
  CHECK(fork[0].process.process.parent_tgid == static_cast<uint32_t>(::getpid()));
  CHECK(nameOf(exec[0].process.process) == "sleep");
  CHECK(exec[0].process.process.start_ns == fork[0].process.process.start_ns);
  CHECK(exit[0].process.process.start_ns == fork[0].process.process.start_ns);
  CHECK(exit[0].event.time_ns > exec[0].event.time_ns);
}

TEST_CASE("the snapshot finds sockets older than the programs") {
  const TcpPair pair;
  const Descriptor udp = boundSocket(SOCK_DGRAM);
  say(pair.client, 400);
  const auto programs = programsOrSkip();
  if (!programs) return;
  EventRecorder events;
  const size_t told = programs->snapshot(events);
  CHECK(told == events.events.size());
  const auto client = events.ofPort(WEIR_SNAPSHOT, pair.clientPort);
  REQUIRE(client.size() == 1);
  CHECK(client[0].origin == EventOrigin::snapshot);
  checkSelf(client[0].socket.process);
  CHECK(client[0].socket.socket.state == TCP_ESTABLISHED);
  CHECK(client[0].socket.socket.remote_port == pair.serverPort);
  CHECK(client[0].socket.health.bytes_acked == 401);
  CHECK(client[0].socket.health.flags == WEIR_SUM_SYN);
  const auto server = events.ofPort(WEIR_SNAPSHOT, pair.serverPort);
  REQUIRE(server.size() == 2);  // the listener and the connection
  for (const RecordedEvent& one : server) {
    if (one.socket.socket.remote_port == 0) continue;
    CHECK(one.socket.health.bytes_received == 400);
    CHECK(one.socket.health.flags == 0);
  }
  CHECK(events.ofPort(WEIR_SNAPSHOT, portOf(udp)).size() == 1);
}

TEST_CASE("a cgroup is told with its path when it is made") {
  const auto programs = programsOrSkip();
  if (!programs) return;
  const auto status = programs->status();
  if (!statusOf(status, "cgroup_made").attached) {
    MESSAGE("skipped: " << statusOf(status, "cgroup_made").reason);
    return;
  }
  const Descriptor root = openCgroupRoot().folder;
  const std::string name = "weir-test-" + std::to_string(::getpid());
  struct stat made{};
  if (!root || ::mkdirat(root.get(), name.c_str(), 0755) != 0) {
    MESSAGE("skipped: no cgroup v2 hierarchy to write to");
    return;
  }
  CHECK(::fstatat(root.get(), name.c_str(), &made, 0) == 0);
  CHECK(::unlinkat(root.get(), name.c_str(), AT_REMOVEDIR) == 0);
  EventRecorder events;
  programs->poll(events);
  const auto found = events.all(WEIR_CGROUP, [&](const RecordedEvent& one) { return one.cgroup.cgroup_id == made.st_ino; });
  REQUIRE(found.size() == 1);
  CHECK(std::string(found[0].cgroup.path) == "/" + name);
  CHECK(found[0].cgroup.hierarchy == 0);
}

TEST_CASE("two processes that take turns at one socket do not flood the ring, and it is counted") {
  const auto programs = programsOrSkip();
  if (!programs || !statusOf(programs->status(), "receive_claim").attached) return;
  const Descriptor server = boundSocket(SOCK_DGRAM);
  const Descriptor client = connectedSocket(SOCK_DGRAM, portOf(server));
  int turn[2], back[2];
  REQUIRE(::pipe(turn) == 0);
  REQUIRE(::pipe(back) == 0);
  constexpr int kTurns = 300;
  const pid_t child = ::fork();
  if (child == 0) {
    char octet = 0;
    for (int i = 0; i < kTurns; ++i) {
      if (::read(turn[0], &octet, 1) != 1 || ::recv(server.get(), &octet, 1, 0) != 1) ::_exit(1);
      if (::write(back[1], &octet, 1) != 1) ::_exit(1);
    }
    ::_exit(0);
  }
  char octet = 0;
  for (int i = 0; i < kTurns; ++i) {
    say(client, 1);
    REQUIRE(::write(turn[1], &octet, 1) == 1);
    REQUIRE(::read(back[0], &octet, 1) == 1);
    say(client, 1);
    hear(server, 1);
  }
  ::waitpid(child, nullptr, 0);
  for (const int fd : {turn[0], turn[1], back[0], back[1]}) ::close(fd);
  EventRecorder events;
  programs->poll(events);
  const auto owners = events.ofPort(WEIR_OWNER, portOf(server)).size();
  CHECK(owners >= 2);
  CHECK(owners + programs->counters().rateLimited >= kTurns);  // of two turns at least one is a change of owner
}

TEST_CASE("a full ring is counted, not waited for") {
  BpfOptions options;
  options.ringOctets = 1;  // the least there is: 64 KiB
  const auto programs = programsOrSkip(options);
  if (!programs) return;
  for (int i = 0; i < 600; ++i) const TcpPair pair;
  EventRecorder events;
  programs->poll(events);
  const BpfCounters counters = programs->counters();
  CHECK(counters.dropped > 0);
  CHECK(counters.events >= events.events.size());
  CHECK(events.events.size() > 100);
  const TcpPair after;  // there is room again
  programs->poll(events);
  CHECK(events.ofPort(WEIR_ESTABLISHED, after.clientPort).size() >= 1);
}

TEST_CASE("without the kernel's type information the error says where it was looked for") {
  BpfOptions options;
  options.btfPath = "/nonexistent/vmlinux";
  try {
    const BpfPrograms programs(options);
    FAIL("loaded");
  } catch (const Error& error) {
    CHECK(error.code() == "WEIR_BPF");
    CHECK(std::string(error.what()).find("/nonexistent/vmlinux") != std::string::npos);
  }
}

TEST_CASE("without a cgroup v2 hierarchy the hooks of its root are replaced, or said to be off") {
  if (!programsOrSkip()) return;
  const int result = inChild([] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 3;
    for (std::string mount; !(mount = Cgroups().mount()).empty();) {
      if (::umount2(mount.c_str(), MNT_DETACH) != 0) return 4;
    }
    const BpfPrograms programs{BpfOptions{}};
    const auto status = programs.status();
    const BpfProgramStatus& hook = statusOf(status, "socket_release");
    const BpfProgramStatus& instead = statusOf(status, "socket_release_entry");
    if (hook.attached || hook.reason != "no cgroup v2 hierarchy is mounted") return 5;
    if (hook.wanted == instead.attached) return 6;
    if (!statusOf(status, "tcp_state").attached) return 7;
    return instead.attached || instead.reason.starts_with("needs trampolines (fentry) (") ? 0 : 8;
  });
  CHECK(result == 0);
}

TEST_CASE("without privileges the error names what is missing") {
  const int status = inChild([] {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2]{};
    if (::syscall(SYS_capset, &header, none) != 0) return 3;
    try {
      const BpfPrograms programs{BpfOptions{}};
      return 4;
    } catch (const Error& error) {
      const std::string text = error.what();
      return error.code() == "WEIR_BPF" && text.find("CAP_BPF and no CAP_PERFMON") != std::string::npos ? 0 : 5;
    }
  });
  if (::access(kKernelBtf.c_str(), R_OK) != 0) {
    MESSAGE("skipped: this kernel has no BTF, which is said first");
    return;
  }
  CHECK(status == 0);
}

namespace {

// Ids of the programs that a process holds, themselves or by links.
std::set<uint32_t> programsHeldBy(pid_t pid) {
  std::set<uint32_t> ids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fdinfo")) {
    std::ifstream info(entry.path());
    for (std::string line; std::getline(info, line);) {
      if (line.starts_with("prog_id:")) ids.insert(static_cast<uint32_t>(std::stoul(line.substr(8))));
    }
  }
  return ids;
}

bool anyLeft(const std::set<uint32_t>& ids) {
  for (uint32_t id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    if (ids.contains(id)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("kill -9 leaves no program behind") {
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      const BpfPrograms programs{BpfOptions{}};
      if (::write(ready[1], "", 1) == 1) ::pause();
    } catch (const Error&) {
    }
    ::_exit(1);
  }
  ::close(ready[1]);
  char octet = 0;
  const bool loaded = ::read(ready[0], &octet, 1) == 1;
  ::close(ready[0]);
  const auto ids = loaded ? programsHeldBy(child) : std::set<uint32_t>();
  ::kill(child, SIGKILL);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  if (!loaded) {
    MESSAGE("skipped: nothing could be loaded");
    return;
  }
  CHECK(ids.size() >= 4);
  // The kernel frees them a moment after the last descriptor is closed.
  bool left = anyLeft(ids);
  for (int i = 0; i < 500 && left; ++i, left = anyLeft(ids)) ::usleep(10'000);
  CHECK_FALSE(left);
}

}  // namespace weir
