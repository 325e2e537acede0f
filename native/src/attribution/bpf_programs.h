// Tier T1: the BPF programs of native/ebpf, loaded one by one (each is optional), attached by links that end with the
// process, and the ring buffer they write to. Not thread-safe: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attribution/socket_events.h"

namespace weir {

struct BpfOptions {
  size_t ringOctets = 4u << 20;
  bool sends = false;        // sock_send_length: owners of sockets that only send, at once
  bool retransmits = false;  // WEIR_RETRANSMIT
  bool forks = false;        // WEIR_FORK
  bool lengths = false;      // sums of octets and calls of connected UDP sockets, with their release and in snapshots
  bool stateTimes = false;   // when connections came to ESTABLISHED and left it
  std::string btfPath;       // of the kernel; empty = its own. Tests name one that is missing
};

struct BpfProgramStatus {
  std::string name;    // as in native/ebpf
  std::string purpose; // a few words for weir doctor
  bool attached = false;
  bool wanted = true;  // false: not asked for, or another variant is in use
  std::string reason;  // why it is not attached: the verifier's or kernel's last words, one line
};

// Event counts of the kernel side, summed over its processors.
struct BpfCounters {
  uint64_t events = 0;       // written to the ring
  uint64_t dropped = 0;      // the ring was full
  uint64_t rateLimited = 0;  // owner changes not told because a socket changed its owner too often
};

class BpfPrograms {
 public:
  // Loads and attaches what this kernel allows. Throws Error WEIR_BPF, in one line with the cause and the remedy, when not
  // even the events of TCP state and of first use can be had: then tier T0 is for the caller to start.
  explicit BpfPrograms(const BpfOptions& options);
  ~BpfPrograms();

  // Hands on everything that waits in the ring; returns how many events. Never blocks.
  size_t poll(EventHandler& handler);
  // Every inet socket of every process in all network namespaces (iter/task_file): WEIR_SNAPSHOT events.
  // Returns how many; 0 when that program is not there.
  size_t snapshot(EventHandler& handler);
  std::vector<BpfProgramStatus> status() const;
  BpfCounters counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
