// Sockets in time: which process used which tuple when, from the events of one kernel. Several bindings under one tuple
// follow each other. Bounded: ended ones leave after a keep time, or at once when room is needed; not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

#include "attribution/chain_index.h"
#include "attribution/process_reader.h"
#include "attribution/socket_tuple.h"
#include "base/hash.h"

namespace weir {

inline constexpr uint64_t kStillOpen = UINT64_MAX;

inline ProcessKey processKeyOf(const weir_process& process) { return {process.tgid, process.start_ns / kNsPerTick}; }

struct SocketUser {
  ProcessKey process;
  uint32_t threadId = 0;
  uint64_t sinceNs = 0;  // CLOCK_MONOTONIC, as all times here
};

// Nearly always one: kept without memory of its own.
class SocketUsers {
 public:
  bool empty() const { return !known_; }
  size_t size() const { return known_ ? 1 + later_.size() : 0; }
  SocketUser& operator[](size_t i) { return i == 0 ? first_ : later_[i - 1]; }
  const SocketUser& operator[](size_t i) const { return i == 0 ? first_ : later_[i - 1]; }
  const SocketUser& front() const { return first_; }
  SocketUser& back() { return later_.empty() ? first_ : later_.back(); }
  const SocketUser& back() const { return later_.empty() ? first_ : later_.back(); }
  void push_back(const SocketUser& user) {
    if (known_) later_.push_back(user);
    else first_ = user;
    known_ = true;
  }
  void pop_back() {
    if (later_.empty()) known_ = false;
    else later_.pop_back();
  }
  void eraseSecond() { later_.erase(later_.begin()); }
  void clear() { *this = {}; }

 private:
  SocketUser first_;
  bool known_ = false;
  std::vector<SocketUser> later_;
};

struct SocketBinding {
  SocketTuple tuple;
  uint64_t cookie = 0;
  uint64_t otherCookie = 0;  // MPTCP: the connection and its first subflow are two sockets
  uint64_t netnsCookie = 0;
  uint32_t netns = 0;
  uint64_t startNs = 0;  // not open before; 0 = unknown
  uint64_t endNs = kStillOpen;
  uint64_t connectNs = 0, establishedNs = 0;  // of the side that connects
  uint64_t firstNs = 0, seenNs = 0;  // first and last event
  uint64_t healthNs = 0;  // when `health` was read, 0 = never
  weir_tcp_health health{};
  SocketUsers users;      // [0] is the opener, then in time
  EventOrigin origin = EventOrigin::bpf;  // of the first user
  uint8_t state = 0;      // net/tcp_states.h
  bool listener = false;
  bool connector = false; // it connected; false is no knowledge
  bool mptcp = false;
  bool several = false;   // a dump found several holders, and nobody used it since
  bool closed = false;    // an event said so; else its end is a guess

  uint64_t turnsFromNs = 0, turnsToNs = 0;  // several processes took turns then; 0 = never

  bool open() const { return endNs == kStillOpen; }
  const SocketUser* userAt(uint64_t ns) const;
  void use(const weir_process& process, uint64_t ns);
  // A process that a pass found to have it.
  void addHolder(const SocketUser& holder, bool firstOfPass);
  // Which of its users it was then cannot be told: not every change is told, nor who got which datagram.
  bool takesTurns(uint64_t fromNs, uint64_t toNs) const;
};

// Same namespace; by inode where a kernel without namespace cookies told one of them.
inline bool sameNetns(uint64_t cookieA, uint32_t inodeA, uint64_t cookieB, uint32_t inodeB) {
  return cookieA != 0 && cookieB != 0 ? cookieA == cookieB : inodeA != 0 && inodeA == inodeB;
}

struct SocketTableOptions {
  uint32_t capacity = 1u << 18;
  uint64_t keepNs = 20'000'000'000;  // ended bindings; flow records come so late
  uint64_t keepClosedNs = 7'000'000'000;  // of TCP that was seen to close, whose records come sooner
};

class SocketTable {
 public:
  explicit SocketTable(const SocketTableOptions& options);

  // What an event meant: the binding, and the EventTypes (1 << type) it brings.
  struct Change {
    const SocketBinding* binding = nullptr;
    uint32_t events = 0;
    bool added = false;
  };
  // Events about sockets, in order of time as far as possible; others change nothing.
  Change apply(const weir_event& event, EventOrigin origin);
  // Ended bindings whose keep time is over leave.
  void forget(uint64_t nowNs);
  void setKeep(uint64_t keepNs, uint64_t keepClosedNs) {
    options_.keepNs = keepNs;
    options_.keepClosedNs = keepClosedNs;
  }

  // A pass over all sockets (snapshots): what it did not find is gone. sinceNs: its start.
  void beginPass(uint64_t sinceNs);
  // complete: everything is listed (sock_diag); else only what a descriptor must hold (not TCP, and listeners).
  void endPass(bool complete);

  // Calls use(binding) for each binding of a tuple in any namespace; of unconnected sockets and listeners by port; of
  // a cookie.
  template <class Use>
  void withTuple(const SocketTuple& tuple, Use&& use) const {
    for (uint32_t at = byTuple_.first(hashOf(tuple)); at != kNoEntry; at = byTuple_.next(at)) {
      if (slots_[at].binding.tuple == tuple) use(slots_[at].binding);
    }
  }
  template <class Use>
  void withPort(uint8_t protocol, bool raw, uint16_t port, Use&& use) const {
    for (uint32_t at = byPort_.first(hashOf(protocol, raw, port)); at != kNoEntry; at = byPort_.next(at)) {
      const SocketTuple& tuple = slots_[at].binding.tuple;
      const bool same = tuple.protocol == protocol && tuple.raw == raw && portKey(tuple) == port;
      if (same && !isConnected(tuple)) use(slots_[at].binding);
    }
  }
  template <class Use>
  void withCookie(uint64_t cookie, Use&& use) const {
    for (uint32_t at = byCookie_.first(hashOf(cookie)); at != kNoEntry; at = byCookie_.next(at)) {
      if (slots_[at].binding.cookie == cookie) use(slots_[at].binding);
    }
  }

  // Cookies of the namespaces that open sockets are in. Walks over all of them.
  std::unordered_set<uint64_t> namespaces() const;
  size_t size() const { return open_.size + ended_.size; }
  size_t ended() const { return ended_.size; }
  uint64_t evicted() const { return evicted_; }              // open ones
  uint64_t forgottenEarly() const { return forgottenEarly_; }  // ended ones, while records might still come

 private:
  struct Slot {
    SocketBinding binding;
    ListLink link;
    uint32_t pass = 0;
    bool inTuple = false, inPort = false;
  };
  // Side by side, where they stay: sockets of one time are walked together.
  class Slots {
   public:
    Slot& operator[](uint32_t entry) { return parts_[entry / kPart][entry % kPart]; }
    const Slot& operator[](uint32_t entry) const { return parts_[entry / kPart][entry % kPart]; }
    uint32_t add() {
      if (size_ % kPart == 0) parts_.push_back(std::make_unique<Slot[]>(kPart));
      return size_++;
    }

   private:
    static constexpr uint32_t kPart = 256;
    std::vector<std::unique_ptr<Slot[]>> parts_;
    uint32_t size_ = 0;
  };

  uint64_t hashOf(const SocketTuple& tuple) const;
  uint64_t hashOf(uint8_t protocol, bool raw, uint16_t port) const;
  uint64_t hashOf(uint64_t cookie) const { return foldMultiply(cookie ^ seed_.a, seed_.b); }

  uint32_t find(const weir_socket& socket, const SocketTuple& tuple, const weir_event& event);
  uint32_t findByCookie(const weir_socket& socket, const SocketTuple& tuple, const weir_event& event) const;
  uint32_t findByTuple(const weir_socket& socket, const SocketTuple& tuple, const weir_event& event);
  uint32_t add(const weir_socket& socket, const SocketTuple& tuple, const weir_event& event, EventOrigin origin);
  uint64_t earliestStart(const weir_socket& socket, const SocketTuple& tuple, EventOrigin origin) const;
  uint64_t portFreeSince(const weir_socket& socket, const SocketTuple& tuple) const;
  void makeRoom(uint64_t nowNs);
  void place(uint32_t entry);
  void displace(uint32_t entry);
  void adoptTuple(uint32_t entry, const SocketTuple& tuple);
  void inherit(uint32_t entry, uint64_t cookie);
  void end(uint32_t entry, uint64_t ns);
  void reopen(uint32_t entry);
  void remove(uint32_t entry);
  void endSiblings(const SocketBinding& binding, uint64_t ns);

  uint32_t onOwner(uint32_t entry, const weir_owner_event& event);
  uint32_t onRelease(uint32_t entry, const weir_owner_event& event);
  uint32_t onClose(uint32_t entry, const weir_close_event& event);
  void onSnapshot(uint32_t entry, const weir_snapshot_event& event, EventOrigin origin);

  auto linkOf() {
    return [this](uint32_t entry) -> ListLink& { return slots_[entry].link; };
  }

  SocketTableOptions options_;
  HashSeed seed_ = randomSeed();
  ChainIndex byCookie_, byTuple_, byPort_;
  Slots slots_;
  std::vector<uint32_t> free_;
  OrderedList open_;   // least recently told of first
  OrderedList ended_;  // ended first, first
  uint64_t evicted_ = 0, forgottenEarly_ = 0;
  uint32_t pass_ = 0;
  uint64_t passNs_ = 0, previousPassNs_ = 0;
};

}  // namespace weir
