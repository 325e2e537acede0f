#include "attribution/tcp_health.h"

#include <doctest/doctest.h>
#include <linux/tcp.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace weir;

namespace {

constexpr uint8_t kEstablished = 1, kFinWait2 = 5, kCloseWait = 8, kListen = 10;

// 1,000 octets of payload that went, 100 of them twice, and are acknowledged.
tcp_info sent() {
  tcp_info info{};
  info.tcpi_bytes_sent = 1100;
  info.tcpi_bytes_retrans = 100;
  info.tcpi_bytes_acked = 1000;
  info.tcpi_rtt = 250;
  info.tcpi_min_rtt = 90;
  info.tcpi_busy_time = 1ull << 40;
  return info;
}

weir_tcp_health health(const tcp_info& info, uint8_t state, bool listening, size_t size = sizeof(tcp_info)) {
  return healthOf(reinterpret_cast<const uint8_t*>(&info), size, state, listening);
}

}  // namespace

TEST_CASE("tcp_info: values, and times that saturate") {
  const weir_tcp_health found = health(sent(), kEstablished, false);
  CHECK(found.bytes_sent == 1100);
  CHECK(found.bytes_retransmitted == 100);
  CHECK(found.srtt_us == 250);
  CHECK(found.min_rtt_us == 90);
  CHECK(found.busy_us == UINT32_MAX);
  CHECK(found.lost == 0);
}

TEST_CASE("tcp_info: the sums tell whether a SYN is in them") {
  tcp_info info = sent();
  CHECK(health(info, kEstablished, true).flags == 0);
  CHECK(health(info, kEstablished, false).flags == 0);  // accepted by a listener that is gone
  info.tcpi_bytes_acked = 1001;
  CHECK(health(info, kEstablished, true).flags == 1);  // connected from a port that is listened on
  CHECK(health(info, kFinWait2, false).flags == 2);
  CHECK(health(info, kCloseWait, false).flags == 5);
  info.tcpi_bytes_acked = 1002;
  CHECK(health(info, kFinWait2, true).flags == 3);
}

TEST_CASE("tcp_info: with segments under way, or an older kernel, the listener tells") {
  tcp_info info = sent();
  info.tcpi_unacked = 2;
  info.tcpi_bytes_acked = 500;
  CHECK(health(info, kEstablished, true).flags == 0);
  CHECK(health(info, kEstablished, false).flags == 1);
  info = sent();
  const size_t older = offsetof(tcp_info, tcpi_bytes_sent);
  CHECK(health(info, kEstablished, true, older).flags == 0);
  CHECK(health(info, kEstablished, false, older).flags == 1);
  CHECK(health(info, kEstablished, false, older).bytes_sent == 0);
  CHECK(health(info, kEstablished, false, offsetof(tcp_info, tcpi_min_rtt)).min_rtt_us == UINT32_MAX);
}

TEST_CASE("tcp_info: a longer one of a newer kernel, and a listener's") {
  std::vector<uint8_t> longer(sizeof(tcp_info) + 64, 0xff);
  const tcp_info info = sent();
  std::memcpy(longer.data(), &info, sizeof info);
  CHECK(healthOf(longer.data(), longer.size(), kEstablished, true).srtt_us == 250);
  CHECK(health(info, kListen, true).srtt_us == 0);
}
