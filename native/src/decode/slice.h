// A part of a frame while it is taken apart: what was captured of it, and what its sender says it holds.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/cursor.h"
#include "decode/packet.h"

namespace weir {

struct Slice {
  const uint8_t* at = nullptr;
  uint32_t captured = 0;  // octets that may be read
  uint32_t wire = 0;      // octets by the length field around it; more or fewer than captured

  // Callers ask has(n) before they read or skip n octets.
  bool has(uint32_t count) const { return captured >= count; }
  // True when the length field around it has room for them: if they lack, the snap length, the file or the sender cut.
  bool had(uint32_t count) const { return wire >= count; }
  void skip(uint32_t count) {
    at += count;
    captured -= count;
    wire -= std::min(wire, count);
  }
  // A length field inside says how many octets there are; it may promise more than was sent.
  void bound(uint32_t octets) {
    wire = octets;
    captured = std::min(captured, octets);
  }
  uint8_t u8(uint32_t offset) const { return at[offset]; }
  uint16_t be16(uint32_t offset) const { return loadBe16(at + offset); }
  uint32_t be32(uint32_t offset) const { return loadBe32(at + offset); }
};

// Which counter takes a frame whose slice lacks count octets.
inline Outcome missing(const Slice& slice, uint32_t count, Outcome truncated, Outcome malformed) {
  return slice.had(count) ? truncated : malformed;
}

}  // namespace weir
