// Flows under inspection: numbered states out of slabs that are made when needed and stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dpi/fact_collector.h"
#include "dpi/kept_facts.h"
#include "dpi/ndpi_module.h"

namespace weir {

struct DpiState {
  ndpi_flow_struct* flow = nullptr;           // all zero when the state is taken; null without nDPI
  NdpiModule* module = nullptr;               // that the flow began in
  FactCollector* collector = nullptr;         // null when no facts are looked for
  KeptFacts facts;                            // so far, before privacy
  Label label;
  uint32_t packets = 0;                       // of the flow
  bool labelDone = false;
  bool factsDone = false;
  bool guessed = false;
};

class StatePool {
 public:
  // flowOctets: of nDPI's flow, 0 = none is needed.
  StatePool(uint32_t most, size_t flowOctets, bool collects)
      : most_(most), flowOctets_((flowOctets + 63) / 64 * 64), collects_(collects) {}

  // The number of a state, 0 = none is free.
  uint32_t take();
  void giveBack(uint32_t number) { free_.push_back(number); }
  DpiState& operator[](uint32_t number) { return slabs_[(number - 1) / kSlab]->states[(number - 1) % kSlab]; }
  // nDPI touches nearly all of its flow with each packet.
  void prefetch(uint32_t number) const {
    const Slab& slab = *slabs_[(number - 1) / kSlab];
    const size_t at = (number - 1) % kSlab;
    prefetchBlock(&slab.states[at], sizeof(DpiState));
    if (collects_) prefetchBlock(&slab.collectors[at], sizeof(FactCollector));
    if (flowOctets_ != 0) prefetchBlock(slab.flows.get() + flowOctets_ * at, flowOctets_);
  }
  uint32_t used() const { return made_ - static_cast<uint32_t>(free_.size()); }
  // Of every state that was ever made.
  template <class Visit>
  void forEach(Visit visit) {
    for (uint32_t number = 1; number <= made_; number++) visit((*this)[number]);
  }

 private:
  static void prefetchBlock(const void* block, size_t octets) {
    for (size_t at = 0; at < octets; at += 64) __builtin_prefetch(static_cast<const std::byte*>(block) + at, 1);
  }
  static constexpr uint32_t kSlab = 256;
  struct Slab {
    std::vector<DpiState> states;
    std::unique_ptr<std::byte[]> flows;
    std::unique_ptr<FactCollector[]> collectors;
  };
  void addSlab();

  uint32_t most_;
  size_t flowOctets_;
  bool collects_;
  uint32_t made_ = 0;
  std::vector<std::unique_ptr<Slab>> slabs_;
  std::vector<uint32_t> free_;  // a stack: what was used last is still in the processor's cache
};

}  // namespace weir
