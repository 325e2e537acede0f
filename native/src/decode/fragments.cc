#include "decode/fragments.h"

#include <bit>
#include <cstring>

namespace weir {
namespace {

// Packet times may jitter backwards; as far back as forward is another datagram of the same id.
bool inTime(uint64_t a, uint64_t b) { return (a > b ? a - b : b - a) <= FragmentTable::kMaxAgeNs; }

bool same(const FragmentKey& a, const FragmentKey& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

FragmentTable::FragmentTable(uint32_t entries)
    : entries_(std::max(entries, 1u)), buckets_(std::bit_ceil(entries_.size() * 2), kNone), seed_(randomSeed()) {}

uint32_t& FragmentTable::bucketOf(const FragmentKey& key) {
  return buckets_[hashFixed<sizeof key>(&key, seed_) & (buckets_.size() - 1)];
}

uint32_t FragmentTable::lookup(const FragmentKey& key) const {
  uint32_t index = buckets_[hashFixed<sizeof key>(&key, seed_) & (buckets_.size() - 1)];
  while (index != kNone && !same(entries_[index].key, key)) index = entries_[index].next;
  return index;
}

void FragmentTable::unlink(uint32_t index) {
  uint32_t* link = &bucketOf(entries_[index].key);
  while (*link != index) link = &entries_[*link].next;
  *link = entries_[index].next;
  entries_[index].used = false;
}

bool FragmentTable::put(const FragmentKey& key, uint64_t ns, const FragmentState& state) {
  const uint32_t known = lookup(key);
  if (known != kNone) unlink(known);
  const uint32_t index = oldest_;
  oldest_ = index + 1 == entries_.size() ? 0 : index + 1;
  Entry& entry = entries_[index];
  const bool evicted = entry.used && inTime(entry.ns, ns);
  if (entry.used) unlink(index);
  uint32_t& bucket = bucketOf(key);
  entry = {key, state, ns, bucket, true};
  bucket = index;
  return evicted;
}

const FragmentState* FragmentTable::find(const FragmentKey& key, uint64_t ns) const {
  const uint32_t index = lookup(key);
  return index != kNone && inTime(entries_[index].ns, ns) ? &entries_[index].state : nullptr;
}

}  // namespace weir
