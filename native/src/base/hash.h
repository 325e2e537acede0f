// Seeded hash of fixed-size keys: 64x64->128 bit multiply and fold over 16-octet steps.
// Not cryptographic; the seed is drawn at start so that wire input cannot aim at one bucket.
#pragma once

#include <cstdint>
#include <cstring>

namespace weir {

struct HashSeed {
  uint64_t a = 0x9e3779b97f4a7c15ull, b = 0xbf58476d1ce4e5b9ull;
};

// Draws a seed from getrandom(2).
HashSeed randomSeed();

__extension__ typedef unsigned __int128 Wide;

inline uint64_t foldMultiply(uint64_t a, uint64_t b) {
  const auto product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

template <size_t Size>
inline uint64_t hashFixed(const void* key, const HashSeed& seed) {
  static_assert(Size % 16 == 0);
  const auto* at = static_cast<const uint8_t*>(key);
  uint64_t state = seed.a;
  for (size_t i = 0; i < Size; i += 16) {
    uint64_t low, high;
    std::memcpy(&low, at + i, 8);
    std::memcpy(&high, at + i + 8, 8);
    state = foldMultiply(low ^ seed.b ^ (i * 0x9e3779b97f4a7c15ull), high ^ state);
  }
  return foldMultiply(state ^ seed.a, state ^ seed.b ^ Size);
}

}  // namespace weir
