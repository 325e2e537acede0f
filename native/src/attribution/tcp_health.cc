#include "attribution/tcp_health.h"

#include <linux/tcp.h>

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

enum State : uint8_t { synSent = 2, synReceived = 3, finWait2 = 5, timeWait = 6, closeWait = 8, lastAck = 9, listen = 10, closing = 11 };
enum Flag : uint32_t { sentSyn = 1, sentFin = 2, receivedFin = 4 };

uint32_t saturating(uint64_t value) { return static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX)); }

// bytes_acked counts the SYN of a connection that was opened from here, and a FIN once it is acknowledged.
uint32_t flagsOf(const tcp_info& info, bool hasSums, uint8_t state, bool listening) {
  uint32_t flags = state == finWait2 ? sentFin : 0;
  if (state == closeWait || state == lastAck || state == closing || state == timeWait) flags |= receivedFin;
  if (state == synSent || state == synReceived) return flags;
  const uint64_t beyond = info.tcpi_bytes_acked - (info.tcpi_bytes_sent - info.tcpi_bytes_retrans);
  // With nothing under way the sums tell; else a connection from a port that is listened on was accepted.
  const bool told = hasSums && info.tcpi_unacked == 0 && beyond <= 2;
  if (told ? beyond > (flags & sentFin) / sentFin : !listening) flags |= sentSyn;
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
