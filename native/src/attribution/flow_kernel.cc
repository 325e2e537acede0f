#include "attribution/flow_kernel.h"

#include <algorithm>

namespace weir {

namespace {

constexpr uint64_t kNsPerUs = 1'000, kNsPerMs = 1'000'000;

uint32_t saturated(uint64_t value) { return static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX)); }

uint64_t less(uint64_t value, uint64_t by) { return value > by ? value - by : 0; }

}  // namespace

KernelTcp kernelOf(const weir_tcp_health& health) {
  KernelTcp tcp{};
  const auto one = [&](uint32_t flag) { return (health.flags & flag) != 0 ? 1u : 0u; };
  tcp.octetsAcknowledged = less(health.bytes_acked, one(WEIR_SUM_SYN) + one(WEIR_SUM_FIN_SENT));
  tcp.octetsReceived = less(health.bytes_received, one(WEIR_SUM_FIN_RECEIVED));
  tcp.octetsSent = health.bytes_sent;
  tcp.octetsRetransmitted = health.bytes_retransmitted;
  tcp.segmentsReceived = health.segs_in;
  tcp.segmentsSent = health.segs_out;
  tcp.smoothedRttUs = health.srtt_us;
  tcp.rttVariationUs = health.rttvar_us;
  tcp.minimumRttUs = health.min_rtt_us == UINT32_MAX ? 0 : health.min_rtt_us;
  tcp.retransmits = health.retransmits;
  tcp.lost = health.lost;
  tcp.reordering = health.reordering;
  tcp.outOfOrder = health.out_of_order;
  tcp.congestionWindow = health.cwnd;
  tcp.slowStartThreshold = health.ssthresh;
  tcp.maximumSegment = health.mss;
  tcp.busyMs = health.busy_us / 1000;
  tcp.receiverLimitedMs = health.rwnd_limited_us / 1000;
  tcp.bufferLimitedMs = health.sndbuf_limited_us / 1000;
  return tcp;
}

void setStateTimes(KernelTcp& tcp, const weir_tcp_health& health, uint64_t untilNs) {
  if (health.established_ns == 0) return;
  const uint64_t leftNs = health.left_ns != 0 ? health.left_ns : untilNs;
  tcp.establishedMs = saturated(less(leftNs, health.established_ns) / kNsPerMs);
  tcp.closingMs = saturated(less(untilNs, leftNs) / kNsPerMs);
}

KernelTcp kernelOf(const SocketBinding& binding, uint64_t nowNs) {
  if (binding.healthNs == 0 || binding.tuple.protocol != IPPROTO_TCP) return {};
  KernelTcp tcp = kernelOf(binding.health);
  tcp.state = binding.state;
  if (binding.connectNs != 0 && binding.establishedNs != 0) {
    tcp.connectUs = saturated(less(binding.establishedNs, binding.connectNs) / kNsPerUs);
  }
  setStateTimes(tcp, binding.health, std::min(binding.endNs, nowNs));
  return tcp;
}

}  // namespace weir
