#include "dpi/state_pool.h"

#include <algorithm>

namespace weir {

uint32_t StatePool::take() {
  if (free_.empty()) {
    if (made_ >= most_) return 0;
    addSlab();
  }
  const uint32_t number = free_.back();
  free_.pop_back();
  return number;
}

void StatePool::addSlab() {
  const uint32_t count = std::min(kSlab, most_ - made_);
  auto slab = std::make_unique<Slab>();
  slab->states.resize(count);
  if (flowOctets_ != 0) {
    slab->flows = std::make_unique<std::byte[]>(flowOctets_ * count);  // zeroes
    for (uint32_t i = 0; i < count; i++) {
      slab->states[i].flow = reinterpret_cast<ndpi_flow_struct*>(slab->flows.get() + flowOctets_ * i);
    }
  }
  if (collects_) {
    slab->collectors = std::make_unique<FactCollector[]>(count);
    for (uint32_t i = 0; i < count; i++) slab->states[i].collector = &slab->collectors[i];
  }
  for (uint32_t i = count; i > 0; i--) free_.push_back(made_ + i);
  made_ += count;
  slabs_.push_back(std::move(slab));
}

}  // namespace weir
