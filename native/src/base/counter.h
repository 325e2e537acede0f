// A counter with one writing thread and any number of readers: no locked instruction on the packet path.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

class Counter {
 public:
  void add(uint64_t count) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  void operator++() { add(1); }
  void set(uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace weir
