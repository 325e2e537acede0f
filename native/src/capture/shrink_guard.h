// A mapped file that another process cuts short raises SIGBUS where it was. Under a guard the reader finds zeros there, and is
// told. Guards are made, used and read by any thread; of a mapping by the one that reads it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir {

class ShrinkGuard {
 public:
  ShrinkGuard();
  ~ShrinkGuard();
  ShrinkGuard(const ShrinkGuard&) = delete;
  ShrinkGuard& operator=(const ShrinkGuard&) = delete;

  // The mapping that is read from now on; null = none, before it is unmapped.
  void watch(const void* mapping, size_t length);
  // Zeros were put where the file has ended.
  bool struck() const { return place_->struck.load(std::memory_order_relaxed); }

  struct Place {
    std::atomic<bool> taken{false}, struck{false};
    std::atomic<uintptr_t> begin{0}, end{0};
    Place* next = nullptr;
  };

 private:
  Place* const place_;
};

}  // namespace weir
