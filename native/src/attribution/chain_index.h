// Hash chains through entries that live elsewhere: the index holds numbers, each entry the number of the next one.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

inline constexpr uint32_t kNoEntry = UINT32_MAX;

class ChainIndex {
 public:
  explicit ChainIndex(size_t entries) : heads_(std::bit_ceil(entries < 16 ? size_t{16} : entries), kNoEntry) {}

  uint32_t first(uint64_t hash) const { return heads_[slot(hash)]; }
  void insert(uint64_t hash, uint32_t entry, uint32_t& next) {
    uint32_t& head = heads_[slot(hash)];
    next = head;
    head = entry;
  }
  // nextOf(entry) gives a reference to the entry's link of this index.
  template <class NextOf>
  void erase(uint64_t hash, uint32_t entry, NextOf&& nextOf) {
    for (uint32_t* at = &heads_[slot(hash)]; *at != kNoEntry; at = &nextOf(*at)) {
      if (*at != entry) continue;
      *at = nextOf(entry);
      return;
    }
  }

 private:
  size_t slot(uint64_t hash) const { return hash & (heads_.size() - 1); }

  std::vector<uint32_t> heads_;
};

// Entries in the order they were put at the back, by links within them.
struct OrderedList {
  uint32_t head = kNoEntry, tail = kNoEntry;
  uint32_t size = 0;

  // linkOf(entry) gives a structure with `before` and `behind`.
  template <class LinkOf>
  void pushBack(uint32_t entry, LinkOf&& linkOf) {
    linkOf(entry).before = tail;
    linkOf(entry).behind = kNoEntry;
    (tail == kNoEntry ? head : linkOf(tail).behind) = entry;
    tail = entry;
    size++;
  }
  template <class LinkOf>
  void remove(uint32_t entry, LinkOf&& linkOf) {
    const auto link = linkOf(entry);
    (link.before == kNoEntry ? head : linkOf(link.before).behind) = link.behind;
    (link.behind == kNoEntry ? tail : linkOf(link.behind).before) = link.before;
    size--;
  }
};

struct ListLink {
  uint32_t before = kNoEntry, behind = kNoEntry;
};

}  // namespace weir
