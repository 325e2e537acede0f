// Socket events as the kernel would tell them, for tests of what is made of them.
#pragma once

#include <arpa/inet.h>

#include <cmath>
#include <cstring>
#include <string>

#include "attribution/socket_table.h"

namespace weir {

inline constexpr uint64_t kHostNetns = 1, kOtherNetns = 7;
inline constexpr uint64_t kSecond = 1'000'000'000;

struct Ends {
  std::string local;
  uint16_t localPort;
  std::string remote;
  uint16_t remotePort;
};

struct SocketSpec {
  uint64_t cookie = 0;
  Ends ends{"0.0.0.0", 0, "0.0.0.0", 0};
  uint16_t protocol = IPPROTO_TCP;
  uint64_t netns = kHostNetns;
  uint8_t type = 0;  // by the protocol
  uint8_t state = 1;
  uint8_t oldState = 0;
  uint8_t flags = 0;
};

inline Address address(const std::string& text) {
  uint8_t octets[16] = {};
  const bool six = text.find(':') != std::string::npos;
  ::inet_pton(six ? AF_INET6 : AF_INET, text.c_str(), octets);
  return addressOf(six ? AF_INET6 : AF_INET, octets);
}

inline weir_socket socketOf(const SocketSpec& spec) {
  weir_socket socket{};
  const bool six = spec.ends.local.find(':') != std::string::npos;
  socket.cookie = spec.cookie;
  socket.netns_cookie = spec.netns;
  socket.netns = static_cast<uint32_t>(4026531840 + spec.netns);
  socket.family = six ? AF_INET6 : AF_INET;
  socket.protocol = spec.protocol;
  socket.local_port = spec.ends.localPort;
  socket.remote_port = spec.ends.remotePort;
  socket.state = spec.state;
  socket.old_state = spec.oldState;
  socket.flags = spec.flags;
  const bool stream = spec.protocol == IPPROTO_TCP || spec.protocol == kMptcp;
  socket.type = spec.type != 0 ? spec.type : static_cast<uint8_t>(stream ? SOCK_STREAM : SOCK_DGRAM);
  ::inet_pton(socket.family, spec.ends.local.c_str(), socket.local);
  ::inet_pton(socket.family, spec.ends.remote.c_str(), socket.remote);
  return socket;
}

inline weir_process processOf(uint32_t tgid, uint64_t startNs = 5 * kSecond, const char* name = "server") {
  weir_process process{};
  process.start_ns = startNs;
  process.tgid = tgid;
  process.tid = tgid + 1;
  process.uid = process.euid = 1000;
  process.gid = process.egid = 100;
  process.parent_tgid = 1;
  process.parent_start_ns = kNsPerTick;
  std::strncpy(process.name, name, sizeof process.name - 1);
  std::strncpy(process.parent_name, "init", sizeof process.parent_name - 1);
  return process;
}

// Feeds a table; times in seconds of CLOCK_MONOTONIC.
class Events {
 public:
  explicit Events(SocketTable& table) : table_(table) {}

  SocketTable::Change owner(double seconds, uint16_t kind, const SocketSpec& spec, const weir_process& process) {
    weir_owner_event event{};
    start(event.event, seconds, kind, sizeof event);
    event.socket = socketOf(spec);
    event.process = process;
    return table_.apply(event.event, EventOrigin::bpf);
  }
  SocketTable::Change state(double seconds, uint16_t kind, const SocketSpec& spec) {
    weir_socket_event event{};
    start(event.event, seconds, kind, sizeof event);
    event.socket = socketOf(spec);
    return table_.apply(event.event, EventOrigin::bpf);
  }
  SocketTable::Change close(double seconds, SocketSpec spec, const weir_tcp_health& health = {}) {
    weir_close_event event{};
    start(event.event, seconds, WEIR_CLOSE, sizeof event);
    spec.state = 7;
    if (spec.oldState == 0) spec.oldState = 4;
    event.socket = socketOf(spec);
    event.health = health;
    return table_.apply(event.event, EventOrigin::bpf);
  }
  SocketTable::Change snapshot(double seconds, const SocketSpec& spec, const weir_process& process,
                               EventOrigin origin = EventOrigin::snapshot, const weir_tcp_health& health = {}) {
    weir_snapshot_event event{};
    start(event.event, seconds, WEIR_SNAPSHOT, sizeof event);
    event.socket = socketOf(spec);
    event.process = process;
    event.health = health;
    return table_.apply(event.event, origin);
  }
  // connect() that succeeds, as BPF tells it: the local port comes with the second event.
  void connect(double seconds, const SocketSpec& spec, const weir_process& process) {
    SocketSpec pending = spec;
    pending.ends.localPort = 0;
    pending.state = 2;
    owner(seconds, WEIR_CONNECT, pending, process);
    state(seconds + 0.001, WEIR_ESTABLISHED, spec);
  }

  static uint64_t ns(double seconds) { return static_cast<uint64_t>(std::llround(seconds * 1e9)); }

 private:
  static void start(weir_event& event, double seconds, uint16_t kind, size_t size) {
    event.time_ns = ns(seconds);
    event.kind = kind;
    event.size = static_cast<weir_u16>(size);
  }
  SocketTable& table_;
};

inline bool tells(const SocketTable::Change& change, EventType type) {
  return change.events == 1u << static_cast<unsigned>(type);
}

}  // namespace weir
