#include "capture/user_filter.h"

#include <pcap/pcap.h>

#include <cstring>

#include "base/error.h"
#include "capture/dead_capture.h"
#include "capture/link_type.h"

namespace weir {

namespace {

static_assert(sizeof(FilterInstruction) == sizeof(bpf_insn));

[[noreturn]] void refuse(const std::string& expression, const std::string& why) {
  throw Error("WEIR_FILTER", "filter '" + expression + "': " + why);
}

FilterProgram compile(const std::string& expression, pcap_t* capture, uint32_t linkType) {
  if (capture == nullptr) refuse(expression, "libpcap knows no link type " + linkTypeName(linkType));
  bpf_program compiled{};
  if (pcap_compile(capture, &compiled, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    refuse(expression, pcap_geterr(capture));
  }
  FilterProgram program(compiled.bf_len);
  std::memcpy(program.data(), compiled.bf_insns, compiled.bf_len * sizeof(bpf_insn));
  pcap_freecode(&compiled);
  return program;
}

}  // namespace

FilterProgram compileFilter(const std::string& expression, int linkType, uint32_t snapLength) {
  const auto type = static_cast<uint32_t>(linkType);
  return compile(expression, openDeadInterface(type, snapLength).get(), type);
}

void checkFilter(const std::string& expression, int linkType, uint32_t snapLength) {
  compileFilter(expression, linkType, snapLength);
}

void UserFilter::prepare(uint32_t linkType, bool bigEndian) {
  const auto [entry, added] = programs_.try_emplace({linkType, bigEndian});
  if (!added || !active()) return;
  lastKind_ = {UINT32_MAX, false};
  entry->second = compile(expression_, openDeadFile(linkType, bigEndian, 0).get(), linkType);
}

bool UserFilter::matches(const Frame& frame, bool bigEndian) {
  const Kind kind{static_cast<uint32_t>(frame.linkType), bigEndian};
  if (kind != lastKind_) {
    const auto found = programs_.find(kind);
    last_ = found == programs_.end() || found->second.empty() ? nullptr : &found->second;
    lastKind_ = kind;
  }
  if (last_ == nullptr) return false;
  const auto* program = reinterpret_cast<const bpf_insn*>(last_->data());
  return bpf_filter(program, frame.data, frame.wire, frame.captured) != 0;
}

}  // namespace weir
