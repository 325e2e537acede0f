// Timer wheel of entry references with lazy rescheduling: packets never touch it. Each live entry has one valid
// reference, in the bucket that its FlowHot.wheelTick names; any other is stale and is skipped when met.
// References lie in chunks, so a due bucket is walked in sequence and its entries can be prefetched.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "metering/mapped_array.h"

namespace weir {

class ExpiryWheel {
 public:
  static constexpr unsigned kTickShift = 27;   // a tick is 2^27 ns, 134 ms
  static constexpr uint32_t kBuckets = 1024;   // horizon 137 s; later deadlines are clamped and looked at again
  static constexpr uint32_t kChunkRefs = 254;

  struct Refs {
    uint32_t count;
    uint32_t entry[kChunkRefs];
  };

  // Room for three references per entry; more than that is stale ones, and add() asks for a rebuild.
  explicit ExpiryWheel(uint32_t capacity)
      : chunkLimit_(static_cast<uint32_t>(uint64_t{capacity} * 3 / kChunkRefs) + 2 * kBuckets), chunks_(chunkLimit_) {
    reset(0);
  }

  // Forgets all references; the wheel stands at this tick.
  void reset(uint64_t tick) {
    current_ = tick;
    std::fill_n(head_, kBuckets, kNone);
    std::fill_n(occupied_, kBuckets / 64, 0);
    free_ = kNone;
    used_ = 0;
  }

  // Buckets up to this tick have been emptied, or (this one) are being emptied.
  uint64_t current() const { return current_; }
  void advance() { current_++; }

  // The first tick behind wheel time ns: when its bucket is looked at, ns has passed.
  uint64_t tickBehind(uint64_t ns) const {
    return std::clamp((ns >> kTickShift) + 1, current_ + 1, current_ + kBuckets - 1);
  }

  // tick as tickBehind() gave it. False when there is no chunk left: reset() and add the live entries again.
  bool add(uint32_t entry, uint64_t tick) {
    const uint32_t bucket = static_cast<uint32_t>(tick) & (kBuckets - 1);
    uint32_t head = head_[bucket];
    if (head == kNone || chunks_[head].refs.count == kChunkRefs) {
      const uint32_t fresh = takeChunk();
      if (fresh == kNone) return false;
      chunks_[fresh].next = head;
      chunks_[fresh].refs.count = 0;
      head_[bucket] = head = fresh;
      occupied_[bucket / 64] |= uint64_t{1} << (bucket % 64);
    }
    Refs& refs = chunks_[head].refs;
    refs.entry[refs.count++] = entry;
    return true;
  }

  // Takes a chunk of references out of the current tick's bucket; false when it is empty.
  bool takeDue(Refs& out) {
    const uint32_t bucket = static_cast<uint32_t>(current_) & (kBuckets - 1);
    const uint32_t head = head_[bucket];
    if (head == kNone) return false;
    const Refs& refs = chunks_[head].refs;
    out.count = refs.count;
    std::memcpy(out.entry, refs.entry, refs.count * sizeof(uint32_t));
    dropHead(bucket);
    return true;
  }

  // The earliest tick from the current one on that has references; false when the wheel is empty.
  bool earliest(uint64_t& tick) const {
    const uint32_t start = static_cast<uint32_t>(current_) & (kBuckets - 1);
    for (uint32_t step = 0; step <= kBuckets / 64; step++) {
      const uint32_t word = (start / 64 + step) % (kBuckets / 64);
      uint64_t bits = occupied_[word];
      if (step == 0) bits &= ~uint64_t{0} << (start % 64);
      if (step == kBuckets / 64) bits &= ~(~uint64_t{0} << (start % 64));
      if (bits == 0) continue;
      const uint32_t bucket = word * 64 + static_cast<uint32_t>(std::countr_zero(bits));
      tick = current_ + ((bucket - start) & (kBuckets - 1));
      return true;
    }
    return false;
  }

  // Takes one reference of a tick that earliest() gave. rest: what its chunk still holds, taken from the end.
  uint32_t takeOne(uint64_t tick, std::span<const uint32_t>& rest) {
    const uint32_t bucket = static_cast<uint32_t>(tick) & (kBuckets - 1);
    Refs& refs = chunks_[head_[bucket]].refs;
    const uint32_t entry = refs.entry[--refs.count];
    rest = {refs.entry, refs.count};
    if (refs.count == 0) dropHead(bucket);
    return entry;
  }

  static constexpr uint32_t kNone = UINT32_MAX;

 private:
  struct Chunk {
    uint32_t next;
    Refs refs;
  };
  static_assert(sizeof(Chunk) == 1024);

  uint32_t takeChunk() {
    if (free_ != kNone) {
      const uint32_t chunk = free_;
      free_ = chunks_[chunk].next;
      return chunk;
    }
    return used_ < chunkLimit_ ? used_++ : kNone;
  }
  void dropHead(uint32_t bucket) {
    const uint32_t head = head_[bucket];
    head_[bucket] = chunks_[head].next;
    if (head_[bucket] == kNone) occupied_[bucket / 64] &= ~(uint64_t{1} << (bucket % 64));
    chunks_[head].next = free_;
    free_ = head;
  }

  const uint32_t chunkLimit_;
  MappedArray<Chunk> chunks_;
  uint64_t current_ = 0;
  uint32_t free_ = kNone;
  uint32_t used_ = 0;
  uint32_t head_[kBuckets];
  uint64_t occupied_[kBuckets / 64];
};

}  // namespace weir
