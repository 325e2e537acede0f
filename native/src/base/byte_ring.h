// Single-producer single-consumer ring of variable-size entries, each contiguous in memory.
// Producer: reserve() then commit(). Consumer: peek() then pop(). No locks, no allocation after construction.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace weir {

class ByteRing {
 public:
  // capacity: octets, rounded up to a power of two; memory is touched only as the ring is used.
  explicit ByteRing(size_t capacity)
      : size_(std::bit_ceil(capacity < 4096 ? size_t{4096} : capacity)),
        data_(static_cast<uint8_t*>(std::aligned_alloc(64, size_)), &std::free) {
    if (!data_) throw std::bad_alloc();
  }

  // Producer thread: room for one entry of size octets (64-octet aligned), or null when the ring is full.
  uint8_t* reserve(size_t size) {
    const size_t need = entrySize(size);
    if (need > size_ / 2) return nullptr;
    size_t head = head_.load(std::memory_order_relaxed);
    const size_t toEnd = size_ - (head & (size_ - 1));
    const size_t skip = toEnd < need ? toEnd : 0;
    if (head + skip + need - tailSeen_ > size_) {
      tailSeen_ = tail_.load(std::memory_order_acquire);
      if (head + skip + need - tailSeen_ > size_) return nullptr;
    }
    if (skip != 0) {
      header(head)->size = kSkip;
      head += skip;
    }
    header(head)->size = static_cast<uint32_t>(size);
    pendingHead_ = head + need;
    return at(head) + kHeader;
  }
  // Producer thread: publishes what reserve() returned last.
  void commit() { head_.store(pendingHead_, std::memory_order_release); }

  // Consumer thread: the oldest entry and its size, or null when the ring is empty.
  const uint8_t* peek(size_t& size) {
    size_t tail = tail_.load(std::memory_order_relaxed);
    for (;;) {
      if (tail == headSeen_) {
        headSeen_ = head_.load(std::memory_order_acquire);
        if (tail == headSeen_) return nullptr;
      }
      const uint32_t entry = header(tail)->size;
      if (entry != kSkip) {
        size = entry;
        return at(tail) + kHeader;
      }
      tail += size_ - (tail & (size_ - 1));
      tail_.store(tail, std::memory_order_release);
    }
  }
  // Consumer thread: gives the entry of the last peek() back; size as peek() reported.
  void pop(size_t size) {
    tail_.store(tail_.load(std::memory_order_relaxed) + entrySize(size), std::memory_order_release);
  }

  bool empty() const { return tail_.load(std::memory_order_acquire) == head_.load(std::memory_order_acquire); }
  size_t capacity() const { return size_; }
  size_t used() const { return head_.load(std::memory_order_relaxed) - tail_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kHeader = 64;  // keeps entries on cache lines
  static constexpr uint32_t kSkip = UINT32_MAX;
  struct Header {
    uint32_t size;
  };
  static size_t entrySize(size_t size) { return kHeader + ((size + 63) & ~size_t{63}); }
  uint8_t* at(size_t position) { return data_.get() + (position & (size_ - 1)); }
  Header* header(size_t position) { return reinterpret_cast<Header*>(at(position)); }

  const size_t size_;
  std::unique_ptr<uint8_t, decltype(&std::free)> data_;
  alignas(64) std::atomic<size_t> head_{0};
  size_t pendingHead_ = 0;
  size_t tailSeen_ = 0;
  alignas(64) std::atomic<size_t> tail_{0};
  size_t headSeen_ = 0;
};

}  // namespace weir
