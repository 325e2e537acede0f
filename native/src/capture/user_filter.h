// pcap-filter(7) expressions: compiled by libpcap, run by the kernel (live) or here (files).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "capture/frame.h"

namespace weir {

// Laid out as the kernel's sock_filter and libpcap's bpf_insn.
struct FilterInstruction {
  uint16_t code;
  uint8_t jt, jf;
  uint32_t k;
};
using FilterProgram = std::vector<FilterInstruction>;

// linkType: LINKTYPE_ value; snapLength: octets the program tells the kernel to keep, 0 = all.
// Throws Error WEIR_FILTER with libpcap's words. An empty expression accepts everything.
FilterProgram compileFilter(const std::string& expression, int linkType, uint32_t snapLength);
void checkFilter(const std::string& expression, int linkType, uint32_t snapLength);

// One expression over the frames of files, which may be of several link types. One thread.
class UserFilter {
 public:
  explicit UserFilter(std::string expression) : expression_(std::move(expression)) {}
  bool active() const { return !expression_.empty(); }
  // Compiles for one link type, once; throws Error WEIR_FILTER when the expression has no meaning there.
  // Frames of link types not prepared, or refused, do not match. bigEndian: byte order of the file's writer.
  void prepare(uint32_t linkType, bool bigEndian);
  bool matches(const Frame& frame, bool bigEndian);

 private:
  using Kind = std::pair<uint32_t, bool>;
  const std::string expression_;
  std::map<Kind, FilterProgram> programs_;
  Kind lastKind_{UINT32_MAX, false};
  const FilterProgram* last_ = nullptr;
};

}  // namespace weir
