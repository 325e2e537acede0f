#include "capture/live_filter.h"

#include <pcap/pcap.h>

#include <cstring>
#include <memory>

#include "base/error.h"
#include "capture/dead_capture.h"

namespace weir {

FilterProgram compileLiveFilter(const std::string& expression, const std::string& interface, LinkType linkType,
                                uint32_t snapLength) {
  // Tags are Ethernet's; on other interfaces libpcap would take a cooked socket, which weir does not.
  if (linkType != LinkType::ethernet) return compileFilter(expression, static_cast<int>(linkType), snapLength);
  const auto refuse = [&](const char* why) {
    throw Error("WEIR_FILTER", "filter '" + expression + "' on " + interface + ": " + why);
  };
  char error[PCAP_ERRBUF_SIZE] = "";
  const DeadCapture capture(pcap_create(interface.c_str(), error));
  if (capture == nullptr) refuse(error);
  constexpr int kSmallest = 256 << 10;
  pcap_set_buffer_size(capture.get(), kSmallest);
  pcap_set_snaplen(capture.get(), static_cast<int>(snapLength));
  if (pcap_activate(capture.get()) < 0) refuse(pcap_geterr(capture.get()));
  bpf_program compiled{};
  if (pcap_compile(capture.get(), &compiled, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    refuse(pcap_geterr(capture.get()));
  }
  FilterProgram program(compiled.bf_len);
  std::memcpy(program.data(), compiled.bf_insns, compiled.bf_len * sizeof(bpf_insn));
  pcap_freecode(&compiled);
  return program;
}

}  // namespace weir
