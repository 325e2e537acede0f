// Processes by (id, start): what events carried, then what /proc and the account files said, read once. A process that
// ended stays a while, since flow records come later. Bounded; not thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "attribution/cgroups.h"
#include "attribution/process_reader.h"
#include "attribution/socket_events.h"
#include "base/hash.h"

namespace weir {

// Names of ids, and what the cgroup path tells: found beside ProcessFacts, off the packet path.
struct ProcessNames {
  std::string user, group, effectiveUser, parentUser, loginUser, insideUser, insideGroup;
  uint32_t parentUid = UINT32_MAX;
  std::string cgroupPath;
  CgroupPlace place;
};

struct ProcessEntry {
  ProcessKey key;
  weir_process carried{};  // of the latest event; only key and name where a reader found it
  enum Reading : uint8_t { unread, queued, read, missed } reading = unread;
  bool hasFacts = false;
  ProcessFacts facts;      // of /proc
  ProcessNames names;
  uint64_t exitedNs = 0;   // CLOCK_MONOTONIC, 0 = lives, as far as events say
  uint64_t missedNs = 0;   // a reader found it gone
  uint64_t namedNs = 0;    // when it had carried.name
  uint64_t imageNs = 0;    // its latest exec

  ProcessKey parent() const;
  std::string name() const;
};

struct ProcessKeyHash {
  HashSeed seed = randomSeed();
  size_t operator()(const ProcessKey& key) const { return foldMultiply(key.tgid ^ seed.a, key.startTicks ^ seed.b); }
};

struct ProcessTableOptions {
  uint32_t capacity = 1u << 16;
  uint64_t keepNs = 120'000'000'000;  // after the exit
};

class ProcessTable {
 public:
  explicit ProcessTable(const ProcessTableOptions& options) : options_(options) {}

  // What an event carried at that time (CLOCK_MONOTONIC; 0 = long ago); the entry, new or known.
  ProcessEntry& carry(const weir_process& process, uint64_t atNs = 0);
  // exec: the image is another one, so what was read is stale. exit, fork. Processes nobody asked for stay unknown
  // unless `all`.
  void apply(const weir_process_event& event, bool all);
  // What a reader found that began at that time; false when the process is not in the table (any more). A process that has
  // another image since is `unread` again.
  bool complete(const ProcessKey& key, const std::optional<ProcessFacts>& facts, ProcessNames names, uint64_t readNs);
  // A process that only a reader told of: an ancestor.
  void add(const ProcessFacts& facts);

  const ProcessEntry* find(const ProcessKey& key) const;
  ProcessEntry* find(const ProcessKey& key);
  // "name:pid name:pid", nearest first, from the parent's parent on.
  std::string ancestors(const ProcessEntry& entry, unsigned count) const;
  // Those that ended long ago leave.
  void forget(uint64_t nowNs);

  size_t size() const { return entries_.size(); }
  uint64_t evicted() const { return evicted_; }

 private:
  struct Place {
    ProcessEntry entry;
    std::list<ProcessKey>::iterator at;  // in used_
  };
  Place& place(const ProcessKey& key);

  ProcessTableOptions options_;
  std::unordered_map<ProcessKey, Place, ProcessKeyHash> entries_;
  std::list<ProcessKey> used_;     // longest unused first
  std::list<ProcessKey> exited_;   // first exit first; may name those that left
  uint64_t evicted_ = 0;
};

}  // namespace weir
