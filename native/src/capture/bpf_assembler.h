// Classic BPF instructions with labels. Conditional jumps of the machine reach 255 instructions; these reach any label.
#pragma once

#include <linux/bpf_common.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "capture/user_filter.h"

namespace weir {

class BpfAssembler {
 public:
  using Label = size_t;

  Label label() {
    places_.push_back(0);
    return places_.size() - 1;
  }
  void place(Label label) { places_[label] = code_.size(); }

  void emit(int code, uint32_t k = 0) { code_.push_back({static_cast<uint16_t>(code), 0, 0, k}); }
  void jump(Label to) {
    jumps_.push_back({code_.size(), to});
    emit(BPF_JMP | BPF_JA);
  }
  // test: BPF_JEQ, BPF_JSET ... of the accumulator with k.
  void jumpIf(int test, uint32_t k, Label to) {
    code_.push_back({static_cast<uint16_t>(BPF_JMP | test | BPF_K), 0, 1, k});
    jump(to);
  }
  void jumpUnless(int test, uint32_t k, Label to) {
    code_.push_back({static_cast<uint16_t>(BPF_JMP | test | BPF_K), 1, 0, k});
    jump(to);
  }

  // Packet loads relative to X.
  void load8(uint32_t offset) { emit(BPF_LD | BPF_B | BPF_IND, offset); }
  void load16(uint32_t offset) { emit(BPF_LD | BPF_H | BPF_IND, offset); }
  void load32(uint32_t offset) { emit(BPF_LD | BPF_W | BPF_IND, offset); }
  // Scratch memory and the two registers.
  void fetch(uint32_t slot) { emit(BPF_LD | BPF_MEM, slot); }
  void fetchX(uint32_t slot) { emit(BPF_LDX | BPF_MEM, slot); }
  void store(uint32_t slot) { emit(BPF_ST, slot); }
  void set(uint32_t value) { emit(BPF_LD | BPF_IMM, value); }
  void alu(int operation, uint32_t k) { emit(BPF_ALU | operation | BPF_K, k); }
  void aluX(int operation) { emit(BPF_ALU | operation | BPF_X); }

  // Programs only jump forward, so every distance is positive.
  FilterProgram finish() {
    for (const Jump& jump : jumps_) code_[jump.at].k = static_cast<uint32_t>(places_[jump.to] - jump.at - 1);
    return std::move(code_);
  }

 private:
  struct Jump {
    size_t at;
    Label to;
  };
  FilterProgram code_;
  std::vector<size_t> places_;
  std::vector<Jump> jumps_;
};

}  // namespace weir
