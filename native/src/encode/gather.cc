#include "encode/gather.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir {
namespace {

constexpr size_t kWide = 16;
constexpr uint8_t kNotHere = 0x80;  // pshufb gives 0

#if defined(__x86_64__)

__attribute__((target("ssse3"))) inline __m128i shuffled(const uint8_t* record, uint32_t offset, __m128i octets) {
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(record + offset)), octets);
}

// Count loads a row; the shuffles stay in registers.
template <size_t Count>
__attribute__((target("ssse3"))) void writeGather(const Column& column, const Block& block, const FieldContext&) {
  __m128i octets[Count];
  uint32_t offset[Count];
  for (size_t k = 0; k < Count; k++) {
    octets[k] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(column.shuffles[k].octet));
    offset[k] = column.shuffles[k].offset;
  }
  const size_t count = block.count, target = column.target;
  for (size_t i = 0; i < count; i++) {
    __m128i value = shuffled(block.record[i], offset[0], octets[0]);
    for (size_t k = 1; k < Count; k++) value = _mm_or_si128(value, shuffled(block.record[i], offset[k], octets[k]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(block.at[i] + target), value);
  }
}

__attribute__((target("ssse3"))) void writeLongGather(const Column& column, const Block& block, const FieldContext&) {
  for (size_t i = 0; i < block.count; i++) {
    __m128i value = _mm_setzero_si128();
    for (const Shuffle& shuffle : column.shuffles) {
      const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(shuffle.octet));
      value = _mm_or_si128(value, shuffled(block.record[i], shuffle.offset, octets));
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(block.at[i] + column.target), value);
  }
}

ColumnWriter writerOf(size_t shuffles) {
  switch (shuffles) {
    case 1: return writeGather<1>;
    case 2: return writeGather<2>;
    case 3: return writeGather<3>;
    case 4: return writeGather<4>;
    case 5: return writeGather<5>;
    case 6: return writeGather<6>;
    default: return writeLongGather;
  }
}

#else

ColumnWriter writerOf(size_t) { return nullptr; }  // never asked: canGather() is false

#endif

// An octet of the segment and where it comes from.
struct Move {
  size_t target;
  uint32_t origin;  // kZeroOctet: it is 0
};

// The shuffles that make the octets from `target` on: the fewest windows of 16 octets that hold all origins.
std::vector<Shuffle> shufflesOf(std::span<const Move> moves, size_t target, size_t recordSize) {
  std::vector<Move> sorted;
  for (const Move& move : moves) {
    if (move.target >= target && move.target < target + kWide && move.origin != kZeroOctet) sorted.push_back(move);
  }
  std::ranges::sort(sorted, {}, &Move::origin);
  std::vector<Shuffle> shuffles;
  for (const Move& move : sorted) {
    if (shuffles.empty() || move.origin >= shuffles.back().offset + kWide) {
      Shuffle& added = shuffles.emplace_back();
      added.offset = std::min(move.origin, static_cast<uint32_t>(recordSize - kWide));
      std::ranges::fill(added.octet, kNotHere);
    }
    shuffles.back().octet[move.target - target] = static_cast<uint8_t>(move.origin - shuffles.back().offset);
  }
  return shuffles;
}

}  // namespace

bool canGather() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("ssse3");
#else
  return false;
#endif
}

void gatherColumns(std::vector<Column>& columns, size_t length, size_t recordSize) {
  if (length < kWide) return;
  std::vector<Move> moves;
  std::vector<Column> gathered, others;
  for (const Column& column : columns) {
    if (!isRearranged(column)) {
      others.push_back(column);
      continue;
    }
    for (size_t octet = 0; octet < column.length; octet++) {
      moves.push_back({column.target + octet, originOf(column, octet)});
    }
  }
  size_t done = 0;  // octets of the segment below are written
  for (const Move& move : moves) {
    if (move.target < done) continue;
    const size_t target = std::min(move.target, length - kWide);  // never past the segment: another record is there
    Column& column = gathered.emplace_back();
    column.target = static_cast<uint16_t>(target);
    column.length = kWide;
    column.shuffles = shufflesOf(moves, target, recordSize);
    column.write = writerOf(column.shuffles.size());
    done = target + kWide;
  }
  gathered.insert(gathered.end(), others.begin(), others.end());
  columns = std::move(gathered);
}

}  // namespace weir
