#include "attribution/tcp_health.h"

#include <linux/tcp.h>

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

// net/tcp_states.h
enum State : uint8_t { synSent = 2, synReceived = 3, finWait2 = 5, timeWait = 6, closeWait = 8, lastAck = 9, listen = 10, closing = 11 };
// weir_tcp_health::flags
constexpr uint32_t kSentSyn = 1, kSentFin = 2, kReceivedFin = 4;

uint32_t saturating(uint64_t value) { return static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX)); }

// bytes_acked counts the SYN of a connection that was opened from here, and a FIN once it is acknowledged.
uint32_t flagsOf(const tcp_info& info, bool hasSums, uint8_t state, bool listening) {
  uint32_t flags = 0;
  if (state == synSent || state == synReceived) return flags;
  if (state == closeWait || state == lastAck || state == closing || state == timeWait) flags |= kReceivedFin;
  if (state == finWait2) flags |= kSentFin;
  const uint64_t finAcked = state == finWait2;
  const uint64_t beyond = info.tcpi_bytes_acked - (info.tcpi_bytes_sent - info.tcpi_bytes_retrans);
  // With nothing under way the sums tell; else a connection from a port that is listened on was accepted.
  const bool told = hasSums && info.tcpi_unacked == 0 && beyond <= 2;
  if (told ? beyond > finAcked : !listening) flags |= kSentSyn;
  return flags;
}

}  // namespace

weir_tcp_health healthOf(const uint8_t* data, size_t size, uint8_t state, bool listening) {
  weir_tcp_health health{};
  tcp_info info{};
  std::memcpy(&info, data, std::min(size, sizeof info));
  if (state == listen) return health;  // its numbers are those of the backlog
  health.bytes_acked = info.tcpi_bytes_acked;
  health.bytes_received = info.tcpi_bytes_received;
  health.bytes_sent = info.tcpi_bytes_sent;
  health.bytes_retransmitted = info.tcpi_bytes_retrans;
  health.srtt_us = info.tcpi_rtt;
  health.rttvar_us = info.tcpi_rttvar;
  const bool hasMinimum = size >= offsetof(tcp_info, tcpi_min_rtt) + sizeof info.tcpi_min_rtt;
  health.min_rtt_us = hasMinimum ? info.tcpi_min_rtt : UINT32_MAX;
  health.retransmits = info.tcpi_total_retrans;
  health.reordering = info.tcpi_reord_seen;
  health.out_of_order = info.tcpi_rcv_ooopack;
  health.cwnd = info.tcpi_snd_cwnd;
  health.ssthresh = info.tcpi_snd_ssthresh;
  health.mss = info.tcpi_snd_mss;
  health.segs_in = info.tcpi_segs_in;
  health.segs_out = info.tcpi_segs_out;
  health.busy_us = saturating(info.tcpi_busy_time);
  health.rwnd_limited_us = saturating(info.tcpi_rwnd_limited);
  health.sndbuf_limited_us = saturating(info.tcpi_sndbuf_limited);
  const bool hasSums = size >= offsetof(tcp_info, tcpi_bytes_retrans) + sizeof info.tcpi_bytes_retrans;
  health.flags = flagsOf(info, hasSums, state, listening);
  return health;
}

}  // namespace weir
