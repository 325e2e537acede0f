// Keeps the events that a BpfPrograms gave, and finds them again; loopback sockets to make some.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <optional>
#include <vector>

#include "attribution/bpf_programs.h"
#include "base/descriptor.h"
#include "base/error.h"

namespace weir {

// An event with room for the largest of them; members behind the event's own size are zero.
struct RecordedEvent {
  union {
    weir_event event;
    weir_snapshot_event socket;   // also owner, release
    weir_close_event close;
    weir_process_event process;
    weir_cgroup_event cgroup;
  };
  EventOrigin origin;
};

class EventRecorder : public EventHandler {
 public:
  void onEvent(const weir_event& event, EventOrigin origin) override {
    RecordedEvent kept;
    std::memset(static_cast<void*>(&kept), 0, sizeof kept);
    std::memcpy(static_cast<void*>(&kept), &event, event.size);
    kept.origin = origin;
    events.push_back(kept);
  }
  std::vector<RecordedEvent> all(uint16_t kind, const std::function<bool(const RecordedEvent&)>& fits) const {
    std::vector<RecordedEvent> found;
    for (const RecordedEvent& one : events) {
      if (one.event.kind == kind && fits(one)) found.push_back(one);
    }
    return found;
  }
  // Events of a socket by its local port.
  std::vector<RecordedEvent> ofPort(uint16_t kind, uint16_t port) const {
    return all(kind, [port](const RecordedEvent& one) { return one.socket.socket.local_port == port; });
  }
  std::vector<RecordedEvent> ofProcess(uint16_t kind, pid_t pid) const {
    return all(kind, [pid](const RecordedEvent& one) { return one.process.process.tgid == static_cast<uint32_t>(pid); });
  }

  std::vector<RecordedEvent> events;
};

inline sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline uint16_t portOf(const Descriptor& socket) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  return ntohs(address.sin_port);
}

inline Descriptor boundSocket(int type) {
  Descriptor made(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(0);
  REQUIRE(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  if (type == SOCK_STREAM) REQUIRE(::listen(made.get(), 8) == 0);
  return made;
}

inline Descriptor connectedSocket(int type, uint16_t port) {
  Descriptor made(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  REQUIRE(::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return made;
}

inline void say(const Descriptor& socket, size_t octets) {
  const std::vector<uint8_t> payload(octets, 'w');
  REQUIRE(::send(socket.get(), payload.data(), octets, 0) == static_cast<ssize_t>(octets));
}

inline void hear(const Descriptor& socket, size_t octets) {
  std::vector<uint8_t> payload(octets);
  REQUIRE(::recv(socket.get(), payload.data(), octets, MSG_WAITALL) == static_cast<ssize_t>(octets));
}

// Runs work in a forked child; its status.
inline int inChild(const std::function<int()>& work, pid_t* pid = nullptr) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  if (pid != nullptr) *pid = child;
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Programs that are loaded, or nothing and the reason is said.
inline std::unique_ptr<BpfPrograms> programsOrSkip(const BpfOptions& options = {}) {
  try {
    return std::make_unique<BpfPrograms>(options);
  } catch (const Error& error) {
    MESSAGE("skipped: " << std::string(error.what()));
    return nullptr;
  }
}

}  // namespace weir
