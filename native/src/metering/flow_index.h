// Hash index of the flow cache: open addressing with linear probing over {hash, entry + 1}, eight slots a cache line.
// At most half full; a deletion shifts the run back, so there are no tombstones and probes stay short for ever.
// The table doubles while it is an eighth full (short runs predict well) up to its largest size; the memory of all
// sizes is reserved at the start, so few flows cost little.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "metering/mapped_array.h"

namespace weir {

class FlowIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  explicit FlowIndex(uint32_t capacity)
      : largest_(std::bit_ceil(std::max<uint64_t>(uint64_t{capacity} * 2, 64))),
        memory_(largest_ * 2),
        mask_(static_cast<uint32_t>(std::min(largest_, kFirstSlots) - 1)),
        slots_(table(size_t{mask_} + 1)) {}

  void prefetch(uint32_t hash) { __builtin_prefetch(slots_ + (hash & mask_), 1); }

  // The first entry whose stored hash is equal (its key may differ), or kNone.
  uint32_t candidate(uint32_t hash) const {
    return find(hash, [](uint32_t) { return true; });
  }

  // The entry with this hash that same(entry) accepts, or kNone.
  template <class Same>
  uint32_t find(uint32_t hash, Same same) const {
    for (uint32_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot slot = slots_[at];
      if (slot.entry == 0) return kNone;
      if (slot.hash == hash && same(slot.entry - 1)) return slot.entry - 1;
    }
  }

  // The key must not be in the index; the caller keeps at most `capacity` entries.
  void insert(uint32_t hash, uint32_t entry) {
    if (++count_ > (size_t{mask_} + 1) / 8 && mask_ + 1 < largest_) [[unlikely]] grow();
    place({hash, entry + 1});
  }

  // entry must be in the index under hash.
  void erase(uint32_t hash, uint32_t entry) {
    uint32_t hole = hash & mask_;
    while (slots_[hole].entry != entry + 1) hole = (hole + 1) & mask_;
    for (uint32_t at = (hole + 1) & mask_; slots_[at].entry != 0; at = (at + 1) & mask_) {
      const uint32_t home = slots_[at].hash & mask_;
      // Movable when the hole lies between the slot's home and where it is now.
      if (((at - home) & mask_) >= ((at - hole) & mask_)) {
        slots_[hole] = slots_[at];
        hole = at;
      }
    }
    slots_[hole].entry = 0;
    count_--;
  }

 private:
  struct Slot {
    uint32_t hash;
    uint32_t entry;  // + 1; 0 = empty
  };

  // A table of n slots lies at slot n of the memory, so no two sizes overlap.
  Slot* table(size_t slots) { return memory_.at(slots); }

  void place(const Slot& slot) {
    uint32_t at = slot.hash & mask_;
    while (slots_[at].entry != 0) at = (at + 1) & mask_;
    slots_[at] = slot;
  }

  // An old slot goes to one of two homes, both walked in order: two streams of writes.
  void grow() {
    const Slot* old = slots_;
    const size_t oldSlots = size_t{mask_} + 1;
    slots_ = table(oldSlots * 2);
    mask_ = static_cast<uint32_t>(oldSlots * 2 - 1);
    for (size_t i = 0; i < oldSlots; i++) {
      if (old[i].entry != 0) place(old[i]);
    }
    memory_.release(oldSlots, oldSlots);
  }

  static constexpr size_t kFirstSlots = 1u << 14;

  const size_t largest_;
  MappedArray<Slot> memory_;
  uint32_t mask_;
  Slot* slots_;
  size_t count_ = 0;
};

}  // namespace weir
