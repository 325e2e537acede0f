// Translated connections by their addresses before and behind the translation. Not thread-safe; time (CLOCK_MONOTONIC) is a parameter.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "attribution/conntrack.h"
#include "base/hash.h"

namespace weir {

// As the kernel has a connection: what its first packet looked like when it came, and what answers look like when they come.
struct Translation {
  NatTuple original, reply;
  uint32_t id = 0;  // tells it from an earlier one of the same addresses
  bool operator==(const Translation&) const = default;
};

// The same packet's tuple in the other direction.
NatTuple inverted(const NatTuple& tuple);
// False for a connection that goes through as it is.
bool isTranslated(const Translation& connection);

class TranslationTable {
 public:
  TranslationTable(size_t capacity, uint64_t keepNs) : capacity_(capacity), keepNs_(keepNs), seed_(randomSeed()) {}

  // It is there, since beganNs when it was not known.
  void learn(const Translation& connection, uint64_t beganNs);
  void end(const Translation& connection, uint64_t nowNs);
  // Between the two everything that exists is learned again: what was not has ended.
  void beginDump() { dump_++; }
  void endDump(uint64_t nowNs);
  // Ended ones go when they were kept long enough.
  void forget(uint64_t nowNs);

  std::optional<NatView> find(const NatTuple& tuple, uint64_t atNs) const;
  size_t size() const { return open_.size() + ended_.size(); }
  uint64_t evicted() const { return evicted_; }

 private:
  struct Entry {
    Translation connection;
    uint64_t beganNs;
    uint64_t endedNs;  // UINT64_MAX = open
    uint32_t dump;     // last one that had it
  };
  using Entries = std::list<Entry>;  // oldest first
  // Both directions have one key: the ends in order.
  struct alignas(16) Key {
    Address address[2];
    uint16_t port[2];
    uint8_t protocol;
    uint8_t zero[11];
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    HashSeed seed;
    size_t operator()(const Key& key) const { return hashFixed<sizeof(Key)>(&key, seed); }
  };

  static Key keyOf(const NatTuple& tuple);
  static std::optional<NatView> viewOf(const Translation& connection, const NatTuple& tuple);
  std::optional<Entries::iterator> known(const Translation& connection) const;
  void endOlder(const Translation& connection, uint64_t nowNs);
  void endEntry(Entries::iterator entry, uint64_t nowNs);
  void remove(Entries& from, Entries::iterator entry);
  void unlink(const Key& key, Entries::iterator entry);
  void makeRoom();

  size_t capacity_;
  uint64_t keepNs_;
  HashSeed seed_;
  uint32_t dump_ = 0;
  uint64_t evicted_ = 0;
  Entries open_, ended_;
  std::unordered_multimap<Key, Entries::iterator, KeyHash> index_{64, KeyHash{seed_}};
};

}  // namespace weir
