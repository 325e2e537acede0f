// Facts of one flow in a block of exactly their size. A pointer's worth of memory, so that it fits FlowApplication.kept.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <utility>

#include "base/counter.h"

namespace weir {

class KeptFacts {
 public:
  KeptFacts() = default;
  ~KeptFacts() { std::free(block_); }
  KeptFacts(KeptFacts&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  KeptFacts& operator=(KeptFacts&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }

  // The block as a number and back; whoever has the number has to free the block.
  static KeptFacts adopt(uint64_t number) { return KeptFacts(reinterpret_cast<Block*>(number)); }
  uint64_t release() { return reinterpret_cast<uint64_t>(std::exchange(block_, nullptr)); }
  static std::span<const uint8_t> view(uint64_t number) { return view(reinterpret_cast<const Block*>(number)); }

  std::span<const uint8_t> octets() const { return view(block_); }
  // Leaves what is there when memory is refused. `total` follows.
  void assign(std::span<const uint8_t> octets, Counter& total) {
    if (octets.size() != this->octets().size()) {
      auto* const block = octets.empty() ? nullptr : static_cast<Block*>(std::malloc(sizeof(Block) + octets.size()));
      if (block == nullptr && !octets.empty()) return;
      clear(total);
      if (block == nullptr) return;
      block->size = static_cast<uint32_t>(octets.size());
      block_ = block;
      total.add(sizeof(Block) + octets.size());
    }
    if (block_ != nullptr) std::memcpy(block_ + 1, octets.data(), octets.size());
  }
  void clear(Counter& total) {
    if (block_ == nullptr) return;
    total.add(0 - (sizeof(Block) + block_->size));
    std::free(std::exchange(block_, nullptr));
  }

 private:
  struct Block {
    uint32_t size;
  };
  explicit KeptFacts(Block* block) : block_(block) {}
  static std::span<const uint8_t> view(const Block* block) {
    if (block == nullptr) return {};
    return {reinterpret_cast<const uint8_t*>(block + 1), block->size};
  }

  Block* block_ = nullptr;
};

}  // namespace weir
