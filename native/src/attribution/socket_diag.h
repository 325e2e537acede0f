// Tier T0: sockets by sock_diag (NETLINK_INET_DIAG: TCP, UDP, raw where the kernel has it, else /proc/net/raw), owners by
// /proc/PID/fd, in every network namespace that a process or /run/netns holds. Blocking; a thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "attribution/process_reader.h"
#include "attribution/socket_events.h"

namespace weir {

struct DiagResult {
  size_t sockets = 0;     // inet sockets found
  size_t owned = 0;       // of them, with a process
  size_t namespaces = 0;
  bool complete = true;   // of the namespaces that were entered, every socket was told
  std::string trouble;    // what could not be read, one line that stays the same from pass to pass; empty = nothing
};

class SocketDiag {
 public:
  // most: sockets told of in a pass at most; memory is bounded by it.
  explicit SocketDiag(std::string procRoot = "/proc", size_t most = 1u << 18);
  ~SocketDiag();
  // One pass: a WEIR_SNAPSHOT (origin diag) per socket and holding process, with weir_process filled from /proc (tid = tgid) and TCP
  // health from INET_DIAG_INFO. time_ns is CLOCK_MONOTONIC before the namespace's dump.
  DiagResult dump(EventHandler& handler);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
