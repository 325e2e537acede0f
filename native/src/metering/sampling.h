// Sampling. Packets: which frames of a worker are metered at all, chosen before anything looks into them. Flows: which
// are handed on. And what a record's counters become when they shall stand for the packets left out, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "capture/frame.h"
#include "fields/flow_record.h"

namespace weir {

struct PacketSamplingOptions {
  uint32_t interval = 1;  // one frame of so many; 0 and 1 = all
  bool random = false;    // false: the last of each `interval` frames; true: a random one of them (n-out-of-N, n = 1)
  uint64_t seed = 0;      // random: the same seed makes the same choice
};

// One worker's choice. A super-packet (GSO) is one frame, chosen or left out as a whole.
class PacketSampler {
 public:
  explicit PacketSampler(const PacketSamplingOptions& options)
      : interval_(options.interval == 0 ? 1 : options.interval), random_(options.random), state_(options.seed) {
    skip_ = choice();
    behind_ = interval_ - 1 - skip_;
  }

  bool active() const { return interval_ > 1; }

  // Moves the chosen frames to the front, in order, and returns how many they are; goes on where the last call stopped.
  size_t select(std::span<Frame> frames) {
    size_t kept = 0, at = 0;
    while (skip_ < frames.size() - at) {
      at += static_cast<size_t>(skip_);
      frames[kept++] = frames[at++];
      const uint64_t next = choice();
      skip_ = behind_ + next;
      behind_ = interval_ - 1 - next;
    }
    skip_ -= frames.size() - at;
    return kept;
  }

 private:
  // Position of the chosen frame among the next `interval_`.
  uint64_t choice() {
    if (!random_) return interval_ - 1;
    state_ += 0x9e3779b97f4a7c15ull;  // splitmix64
    uint64_t bits = state_;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ull;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebull;
    bits ^= bits >> 31;
    return ((bits >> 32) * interval_) >> 32;
  }

  const uint64_t interval_;
  const bool random_;
  uint64_t state_;
  uint64_t skip_;    // frames before the next chosen one
  uint64_t behind_;  // frames behind it in its own interval
};

// Hash-based flow selection: one flow in `interval`, the same answer for all records of a key.
inline bool isSelected(uint32_t keyHash, uint32_t interval) {
  return interval <= 1 || (uint64_t{keyHash} * interval) >> 32 == 0;
}

template <class Unsigned>
inline void multiply(Unsigned& value, uint32_t factor) {
  if (__builtin_mul_overflow(value, factor, &value)) value = std::numeric_limits<Unsigned>::max();
}

// Estimates of what passed: counters that are sums over packets. Saturates. Minima, maxima, times and TCP health stay
// as measured.
inline void scaleUp(FlowHot& hot, uint32_t factor) {
  for (unsigned side = 0; side < 2; side++) {
    multiply(hot.octets[side], factor);
    multiply(hot.payloadOctets[side], factor);
    multiply(hot.packets[side], factor);
  }
  hot.scale = factor;
}

inline FlowStats scaledUp(FlowStats stats, uint32_t factor) {
  for (uint64_t& squares : stats.sizeSquares) multiply(squares, factor);
  for (uint32_t& packets : stats.sizeClasses) multiply(packets, factor);
  return stats;
}

}  // namespace weir
