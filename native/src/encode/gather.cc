#include "encode/gather.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir {
namespace {

constexpr size_t kLane = 16;  // octets that one shuffle makes; AVX2 does two lanes at once
constexpr uint8_t kNotHere = 0x80;  // pshufb gives 0

#if defined(__x86_64__)
#define WEIR_AVX2 __attribute__((target("avx2")))

WEIR_AVX2 inline __m128i load16(const void* at) { return _mm_loadu_si128(static_cast<const __m128i*>(at)); }

WEIR_AVX2 inline __m256i load32(const void* low, const void* high) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(load16(low)), load16(high), 1);
}

// Count loads a row and lane; the shuffles stay in registers.
template <size_t Count>
WEIR_AVX2 void writeLane(const Column& column, const Block& block, const FieldContext&) {
  __m128i octets[Count];
  size_t offset[Count];
  for (size_t k = 0; k < Count; k++) {
    octets[k] = load16(column.shuffles[k].octet);
    offset[k] = column.shuffles[k].offset;
  }
  const size_t count = block.count, target = column.target;
  for (size_t i = 0; i < count; i++) {
    const uint8_t* const record = block.record[i];
    __m128i value = _mm_shuffle_epi8(load16(record + offset[0]), octets[0]);
    for (size_t k = 1; k < Count; k++) {
      value = _mm_or_si128(value, _mm_shuffle_epi8(load16(record + offset[k]), octets[k]));
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(block.at[i] + target), value);
  }
}

// Two lanes, one behind the other: shuffles [0, Count) make the first, [Count, 2 * Count) the second.
template <size_t Count>
WEIR_AVX2 void writeLanes(const Column& column, const Block& block, const FieldContext&) {
  __m256i octets[Count];
  size_t low[Count], high[Count];
  for (size_t k = 0; k < Count; k++) {
    octets[k] = load32(column.shuffles[k].octet, column.shuffles[Count + k].octet);
    low[k] = column.shuffles[k].offset;
    high[k] = column.shuffles[Count + k].offset;
  }
  const size_t count = block.count, target = column.target;
  for (size_t i = 0; i < count; i++) {
    const uint8_t* const record = block.record[i];
    __m256i value = _mm256_shuffle_epi8(load32(record + low[0], record + high[0]), octets[0]);
    for (size_t k = 1; k < Count; k++) {
      const __m256i from = load32(record + low[k], record + high[k]);
      value = _mm256_or_si256(value, _mm256_shuffle_epi8(from, octets[k]));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(block.at[i] + target), value);
  }
}

// Any number of loads.
WEIR_AVX2 void writeLongLane(const Column& column, const Block& block, const FieldContext&) {
  for (size_t i = 0; i < block.count; i++) {
    __m128i value = _mm_setzero_si128();
    for (const Shuffle& shuffle : column.shuffles) {
      value = _mm_or_si128(value, _mm_shuffle_epi8(load16(block.record[i] + shuffle.offset), load16(shuffle.octet)));
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(block.at[i] + column.target), value);
  }
}

constexpr ColumnWriter kLaneWriters[] = {writeLane<1>, writeLane<2>, writeLane<3>, writeLane<4>};
constexpr ColumnWriter kLanesWriters[] = {writeLanes<1>, writeLanes<2>, writeLanes<3>, writeLanes<4>};
#else
// Never used: canGather() is false.
constexpr ColumnWriter writeLongLane = nullptr, kLaneWriters[4] = {}, kLanesWriters[4] = {};
#endif

constexpr size_t kMostShuffles = std::size(kLaneWriters);

// An octet of the segment and where it comes from.
struct Move {
  size_t target;
  uint32_t origin;  // kZeroOctet: it is 0
};

// The shuffles that make the octets from `target` on: the fewest windows of 16 octets that hold all origins.
std::vector<Shuffle> shufflesOf(std::span<const Move> moves, size_t target, size_t recordSize) {
  std::vector<Move> sorted;
  for (const Move& move : moves) {
    if (move.target >= target && move.target < target + kLane && move.origin != kZeroOctet) sorted.push_back(move);
  }
  std::ranges::sort(sorted, {}, &Move::origin);
  std::vector<Shuffle> shuffles;
  for (const Move& move : sorted) {
    if (shuffles.empty() || move.origin >= shuffles.back().offset + kLane) {
      Shuffle& added = shuffles.emplace_back();
      added.offset = std::min(move.origin, static_cast<uint32_t>(recordSize - kLane));
      std::ranges::fill(added.octet, kNotHere);
    }
    shuffles.back().octet[move.target - target] = static_cast<uint8_t>(move.origin - shuffles.back().offset);
  }
  return shuffles;
}

Column laneOf(std::span<const Move> moves, size_t target, size_t recordSize) {
  Column column;
  column.target = static_cast<uint16_t>(target);
  column.length = kLane;
  column.shuffles = shufflesOf(moves, target, recordSize);
  const size_t count = column.shuffles.size();
  column.write = count == 0 || count > kMostShuffles ? writeLongLane : kLaneWriters[count - 1];
  return column;
}

// Makes one column of two lanes that lie side by side.
void joinLanes(std::vector<Column>& lanes) {
  std::vector<Column> joined;
  for (Column& lane : lanes) {
    const size_t count = std::max(lane.shuffles.size(), joined.empty() ? 0 : joined.back().shuffles.size());
    if (joined.empty() || joined.back().length != kLane || joined.back().target + kLane != lane.target || count == 0 ||
        count > kMostShuffles) {
      joined.push_back(std::move(lane));
      continue;
    }
    Shuffle none{0, {}};
    std::ranges::fill(none.octet, kNotHere);
    Column& before = joined.back();
    before.shuffles.resize(count, none);
    lane.shuffles.resize(count, none);
    before.shuffles.insert(before.shuffles.end(), lane.shuffles.begin(), lane.shuffles.end());
    before.length = 2 * kLane;
    before.write = kLanesWriters[count - 1];
  }
  lanes = std::move(joined);
}

}  // namespace

bool canGather() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2");
#else
  return false;
#endif
}

void gatherColumns(std::vector<Column>& columns, size_t length, size_t recordSize) {
  if (length < kLane) return;
  std::vector<Move> moves;
  std::vector<Column> lanes, others;
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
    lanes.push_back(laneOf(moves, std::min(move.target, length - kLane), recordSize));
    done = lanes.back().target + kLane;
  }
  joinLanes(lanes);
  lanes.insert(lanes.end(), others.begin(), others.end());
  columns = std::move(lanes);
}

}  // namespace weir
