// Runs classic BPF with the kernel's extensions that weir's programs use; for tests only.
#pragma once

#include <linux/filter.h>
#include <linux/if_packet.h>

#include <array>
#include <cstdint>
#include <stdexcept>

#include "capture/user_filter.h"
#include "wire.h"

namespace weir {

struct BpfPacket {
  wire::Bytes data;        // as the kernel presents it: from the network header, or from the MAC header when sent
  uint8_t packetType = 0;  // PACKET_HOST ...
  uint16_t protocol = 0;   // EtherType
};

class BpfMachine {
 public:
  explicit BpfMachine(const FilterProgram& program) : program_(program) {}

  uint32_t run(const BpfPacket& packet) {
    a_ = x_ = 0;
    memory_.fill(0);
    for (size_t at = 0;; at++) {
      const FilterInstruction& now = program_.at(at);
      switch (BPF_CLASS(now.code)) {
        case BPF_LD:
          if (!load(now, packet)) return 0;
          break;
        case BPF_LDX: x_ = BPF_MODE(now.code) == BPF_MEM ? memory_.at(now.k) : now.k; break;
        case BPF_ST: memory_.at(now.k) = a_; break;
        case BPF_ALU: a_ = compute(now); break;
        case BPF_JMP: at += jump(now); break;
        case BPF_RET: return BPF_RVAL(now.code) == BPF_A ? a_ : now.k;
        case BPF_MISC:
          if (BPF_MISCOP(now.code) == BPF_TAX) x_ = a_;
          else a_ = x_;
          break;
        default: throw std::logic_error("instruction");
      }
    }
  }

 private:
  bool load(const FilterInstruction& now, const BpfPacket& packet) {
    const int mode = BPF_MODE(now.code);
    if (mode == BPF_IMM || mode == BPF_MEM) {
      a_ = mode == BPF_IMM ? now.k : memory_.at(now.k);
      return true;
    }
    if (mode == BPF_ABS && now.k >= static_cast<uint32_t>(SKF_AD_OFF)) {
      const uint32_t which = now.k - static_cast<uint32_t>(SKF_AD_OFF);
      if (which != SKF_AD_PKTTYPE && which != SKF_AD_PROTOCOL) throw std::logic_error("extension");
      a_ = which == SKF_AD_PKTTYPE ? packet.packetType : packet.protocol;
      return true;
    }
    const uint64_t from = uint64_t{now.k} + (mode == BPF_IND ? x_ : 0);
    const size_t size = BPF_SIZE(now.code) == BPF_W ? 4 : BPF_SIZE(now.code) == BPF_H ? 2 : 1;
    if (from + size > packet.data.size()) return false;
    a_ = 0;
    for (size_t i = 0; i < size; i++) a_ = a_ << 8 | packet.data[from + i];
    return true;
  }
  uint32_t compute(const FilterInstruction& now) const {
    const uint32_t operand = BPF_SRC(now.code) == BPF_X ? x_ : now.k;
    switch (BPF_OP(now.code)) {
      case BPF_ADD: return a_ + operand;
      case BPF_SUB: return a_ - operand;
      case BPF_MUL: return a_ * operand;
      case BPF_AND: return a_ & operand;
      case BPF_XOR: return a_ ^ operand;
      case BPF_LSH: return a_ << operand;
      case BPF_RSH: return a_ >> operand;
      default: throw std::logic_error("operation");
    }
  }
  uint32_t jump(const FilterInstruction& now) const {
    switch (BPF_OP(now.code)) {
      case BPF_JA: return now.k;
      case BPF_JEQ: return a_ == now.k ? now.jt : now.jf;
      case BPF_JSET: return (a_ & now.k) != 0 ? now.jt : now.jf;
      default: throw std::logic_error("jump");
    }
  }

  const FilterProgram& program_;
  uint32_t a_ = 0, x_ = 0;
  std::array<uint32_t, 16> memory_{};
};

}  // namespace weir
