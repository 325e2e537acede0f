// Bounded reader over octets: every access is checked once, nothing reads past the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir {

inline uint16_t loadBe16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
inline uint32_t loadBe24(const uint8_t* at) { return static_cast<uint32_t>(at[0]) << 16 | at[1] << 8 | at[2]; }
inline uint32_t loadBe32(const uint8_t* at) {
  uint32_t value;
  std::memcpy(&value, at, 4);
  return __builtin_bswap32(value);
}
inline uint64_t loadBe64(const uint8_t* at) {
  uint64_t value;
  std::memcpy(&value, at, 8);
  return __builtin_bswap64(value);
}

// A view of [at, end). Callers ask has(n) before they read n octets.
struct Cursor {
  const uint8_t* at = nullptr;
  const uint8_t* end = nullptr;

  Cursor() = default;
  Cursor(const uint8_t* data, size_t size) : at(data), end(data + size) {}
  size_t left() const { return static_cast<size_t>(end - at); }
  bool has(size_t count) const { return left() >= count; }
  void skip(size_t count) { at += count; }
  uint8_t u8(size_t offset = 0) const { return at[offset]; }
  uint16_t be16(size_t offset = 0) const { return loadBe16(at + offset); }
  uint32_t be32(size_t offset = 0) const { return loadBe32(at + offset); }
  // Shrinks the view to count octets when it is longer (a length field of the wire).
  void limit(size_t count) {
    if (count < left()) end = at + count;
  }
};

}  // namespace weir
