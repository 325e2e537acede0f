#include "base/sha1.h"

#include <bit>
#include <cstring>

#include "base/cursor.h"

namespace weir {
namespace {

constexpr size_t kBlock = 64;

// RFC 3174 section 6.1: one block of 16 words, schedule kept in a ring of 16.
void addBlock(std::array<uint32_t, 5>& state, const uint8_t* block) {
  uint32_t words[16];
  for (size_t i = 0; i < 16; i++) words[i] = loadBe32(block + 4 * i);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  const auto turn = [&](size_t t, uint32_t mixed, uint32_t constant) {
    if (t >= 16) {
      words[t & 15] = std::rotl(words[(t + 13) & 15] ^ words[(t + 8) & 15] ^ words[(t + 2) & 15] ^ words[t & 15], 1);
    }
    const uint32_t next = std::rotl(a, 5) + mixed + e + constant + words[t & 15];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  };
  for (size_t t = 0; t < 20; t++) turn(t, (b & c) | (~b & d), 0x5a827999u);
  for (size_t t = 20; t < 40; t++) turn(t, b ^ c ^ d, 0x6ed9eba1u);
  for (size_t t = 40; t < 60; t++) turn(t, (b & c) | (b & d) | (c & d), 0x8f1bbcdcu);
  for (size_t t = 60; t < 80; t++) turn(t, b ^ c ^ d, 0xca62c1d6u);
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e};
}

}  // namespace

Sha1Digest sha1(const uint8_t* data, size_t size) {
  std::array<uint32_t, 5> state = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
  size_t at = 0;
  for (; size - at >= kBlock; at += kBlock) addBlock(state, data + at);
  // The rest, 0x80, zeros, and the length in bits: one block or two.
  uint8_t tail[2 * kBlock] = {};
  const size_t left = size - at;
  if (left != 0) std::memcpy(tail, data + at, left);
  tail[left] = 0x80;
  const size_t padded = left < kBlock - 8 ? kBlock : 2 * kBlock;
  const uint64_t bits = __builtin_bswap64(static_cast<uint64_t>(size) * 8);
  std::memcpy(tail + padded - 8, &bits, 8);
  for (size_t block = 0; block < padded; block += kBlock) addBlock(state, tail + block);
  Sha1Digest digest;
  for (size_t i = 0; i < state.size(); i++) {
    const uint32_t word = __builtin_bswap32(state[i]);
    std::memcpy(digest.data() + 4 * i, &word, 4);
  }
  return digest;
}

}  // namespace weir
