// When sockets gave up their ports: another one on such a port cannot have been open before. Of fixed size; an entry may
// push out another one, then nothing is known.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "attribution/socket_tuple.h"
#include "base/hash.h"

namespace weir {

class PortEnds {
 public:
  PortEnds() : entries_(kEntries) {}

  // Under its own address, and among all that a socket of any address excludes.
  void put(uint64_t netns, const SocketTuple& tuple, uint64_t ns) {
    put(hashOf(netns, tuple, tuple.local), ns);
    if (isIp4(tuple.local)) put(hashOf(netns, tuple, kAll4), ns);
    put(hashOf(netns, tuple, kAll), ns);
  }
  // The end of the last socket that excluded one of this name; 0 = unknown.
  uint64_t before(uint64_t netns, const SocketTuple& tuple) const {
    const auto end = [&](const Address& local) { return at(hashOf(netns, tuple, local)); };
    if (tuple.local == kAny6) return end(kAll);
    if (tuple.local == kAny4) return std::max(end(kAll4), end(kAny6));
    const uint64_t same = std::max(end(tuple.local), end(kAny6));
    return isIp4(tuple.local) ? std::max(same, end(kAny4)) : same;
  }

 private:
  static constexpr size_t kEntries = 1u << 16;
  static constexpr Address kAll4{0, 1, 4}, kAll{0, 1, 6};  // of a range that is reserved: no socket has them

  struct Entry {
    uint64_t hash = 0, endNs = 0;
  };

  uint64_t hashOf(uint64_t netns, const SocketTuple& tuple, const Address& local) const {
    uint8_t key[32] = {};
    std::memcpy(key, local.data(), 16);
    std::memcpy(key + 16, &netns, 8);
    std::memcpy(key + 24, &tuple.localPort, 2);
    key[26] = tuple.protocol;
    return hashFixed<sizeof key>(key, seed_);
  }
  uint64_t at(uint64_t hash) const {
    const Entry& entry = entries_[hash & (kEntries - 1)];
    return entry.hash == hash ? entry.endNs : 0;
  }
  void put(uint64_t hash, uint64_t ns) {
    Entry& entry = entries_[hash & (kEntries - 1)];
    entry = {hash, entry.hash == hash ? std::max(entry.endNs, ns) : ns};
  }

  HashSeed seed_ = randomSeed();
  std::vector<Entry> entries_;
};

}  // namespace weir
