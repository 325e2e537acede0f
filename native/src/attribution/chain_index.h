// Hash chains through entries that live elsewhere and have numbers. A chain is walked by tags of hashes that lie close
// together, so that the entries of other keys, large and long out of the processor's cache, are not touched.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir {

inline constexpr uint32_t kNoEntry = UINT32_MAX;

class ChainIndex {
 public:
  explicit ChainIndex(size_t entries) : heads_(std::bit_ceil(entries < 16 ? size_t{16} : entries), kNoEntry) {}

  // Entries that were inserted with this hash, or by a rare chance with another; the last one first.
  uint32_t first(uint64_t hash) const { return tagged(heads_[slot(hash)], tagOf(hash)); }
  uint32_t next(uint32_t entry) const { return tagged(links_[entry].next, links_[entry].tag); }

  void insert(uint64_t hash, uint32_t entry) {
    if (entry >= links_.size()) links_.resize(std::max(size_t{entry} + 1, 2 * links_.size()));
    uint32_t& head = heads_[slot(hash)];
    links_[entry] = {head, tagOf(hash)};
    head = entry;
  }
  void erase(uint64_t hash, uint32_t entry) {
    for (uint32_t* at = &heads_[slot(hash)]; *at != kNoEntry; at = &links_[*at].next) {
      if (*at != entry) continue;
      *at = links_[entry].next;
      return;
    }
  }

 private:
  struct Link {
    uint32_t next = kNoEntry, tag = 0;
  };
  size_t slot(uint64_t hash) const { return hash & (heads_.size() - 1); }
  static uint32_t tagOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }
  uint32_t tagged(uint32_t entry, uint32_t tag) const {
    while (entry != kNoEntry && links_[entry].tag != tag) entry = links_[entry].next;
    return entry;
  }

  std::vector<uint32_t> heads_;
  std::vector<Link> links_;  // by entry
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
