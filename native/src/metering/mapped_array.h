// Anonymous zeroed memory reserved for the largest case and touched only as it is used.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace weir {

// Fixed array of plain T. Behind the first 2 MB huge pages are asked for; the start stays on small pages, so that a
// small use costs little memory.
template <class T>
class MappedArray {
 public:
  static constexpr size_t kHugePage = 2u << 20;

  // Throws Error(WEIR_CACHE_MEMORY) when the address space cannot be had.
  explicit MappedArray(size_t count) {
    if (count == 0) return;
    const size_t octets = (count * sizeof(T) + kHugePage - 1) / kHugePage * kHugePage;
    mappedSize_ = octets + kHugePage;
    mapped_ = mmap(nullptr, mappedSize_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped_ == MAP_FAILED) {
      throw Error("WEIR_CACHE_MEMORY", "cannot map " + std::to_string(mappedSize_) +
                                           " bytes for the flow cache; lower --cache-size or raise the memory limit");
    }
    const auto start = (reinterpret_cast<uintptr_t>(mapped_) + kHugePage - 1) / kHugePage * kHugePage;
    data_ = reinterpret_cast<T*>(start);
    // Refused advice only costs speed.
    if (octets == kHugePage) return;
    (void)madvise(reinterpret_cast<void*>(start + kHugePage), octets - kHugePage, MADV_HUGEPAGE);
  }
  ~MappedArray() {
    if (mapped_ != nullptr) munmap(mapped_, mappedSize_);
  }
  MappedArray(const MappedArray&) = delete;
  MappedArray& operator=(const MappedArray&) = delete;

  T& operator[](size_t index) { return data_[index]; }
  const T& operator[](size_t index) const { return data_[index]; }
  T* at(size_t index) { return data_ + index; }
  // Gives the whole pages of these elements back; they read as zero if used again.
  void release(size_t first, size_t count) {
    const uintptr_t begin = (reinterpret_cast<uintptr_t>(data_ + first) + kPage - 1) / kPage * kPage;
    const uintptr_t end = reinterpret_cast<uintptr_t>(data_ + first + count) / kPage * kPage;
    if (begin < end) (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  static constexpr size_t kPage = 4096;

  void* mapped_ = nullptr;
  size_t mappedSize_ = 0;
  T* data_ = nullptr;
};

// Fetches all cache lines of one block, for reading and writing.
template <class T>
inline void prefetchBlock(T* block) {
  auto* at = reinterpret_cast<const char*>(block);
  for (size_t line = 0; line < sizeof(T); line += 64) __builtin_prefetch(at + line, 1);
}

}  // namespace weir
