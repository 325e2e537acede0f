// Bounded reassembly of octets that arrive in pieces, in any order: CRYPTO frames of QUIC, fragments of DTLS messages.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dpi/parsers.h"

namespace weir {

class PieceBuffer {
 public:
  static constexpr size_t kCapacity = 8192;
  static constexpr size_t kGaps = 32;   // pieces that may wait for what is missing before them

  // False when the piece lies beyond the capacity or there would be too many gaps; nothing is kept of it then.
  bool put(uint64_t offset, Octets piece) {
    if (offset > kCapacity || piece.size() > kCapacity - offset) return false;
    Range added{static_cast<uint32_t>(offset), static_cast<uint32_t>(offset + piece.size())};
    if (added.begin == added.end) return true;
    // Ranges that touch the new one become one with it.
    size_t kept = 0;
    const Range whole = joined(added);
    for (size_t i = 0; i < count_; i++) {
      if (!touches(ranges_[i], whole)) kept++;
    }
    if (kept == ranges_.size()) return false;
    count_ = static_cast<size_t>(std::remove_if(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(count_),
                                                [&](const Range& range) { return touches(range, whole); }) -
                                 ranges_.begin());
    ranges_[count_++] = whole;
    std::memcpy(octets_.data() + offset, piece.data(), piece.size());
    return true;
  }

  // What is there without a gap, from the beginning.
  Octets beginning() const {
    for (size_t i = 0; i < count_; i++) {
      if (ranges_[i].begin == 0) return {octets_.data(), ranges_[i].end};
    }
    return {};
  }
  bool empty() const { return count_ == 0; }
  void clear() { count_ = 0; }

 private:
  struct Range {
    uint32_t begin = 0, end = 0;
  };
  static bool touches(const Range& a, const Range& b) { return a.begin <= b.end && b.begin <= a.end; }
  // Ranges never touch each other, so one pass finds all that the new one joins.
  Range joined(Range range) const {
    const Range added = range;
    for (size_t i = 0; i < count_; i++) {
      if (!touches(ranges_[i], added)) continue;
      range.begin = std::min(range.begin, ranges_[i].begin);
      range.end = std::max(range.end, ranges_[i].end);
    }
    return range;
  }

  size_t count_ = 0;
  std::array<Range, kGaps> ranges_;
  std::array<uint8_t, kCapacity> octets_;
};

}  // namespace weir
