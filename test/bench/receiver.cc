// Counts what exporters send over UDP: receiver PORT. Runs until SIGTERM or 3 s after the last datagram of a run, then prints
// one JSON line: datagrams, octets, data records (IPFIX; NetFlow v5/v9 by header count), and the time
// of the first and last datagram (seconds, CLOCK_MONOTONIC).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "base/cursor.h"

namespace {

volatile sig_atomic_t g_stop = 0;
constexpr uint16_t kVariable = 65535;

struct Template {
  uint32_t size = 0;               // octets of a record without its texts
  std::vector<uint32_t> skips;     // fixed octets before each text, and behind the last; empty: no text
};
std::map<uint16_t, Template> g_templates;  // of IPFIX, by id

void readTemplates(weir::Cursor set) {
  while (set.has(4)) {
    const uint16_t id = set.be16(), fields = set.be16(2);
    if (id < 256) return;
    set.skip(4);
    Template found;
    uint32_t fixed = 0;
    for (uint16_t i = 0; i < fields && set.has(4); i++) {
      const bool enterprise = (set.be16() & 0x8000) != 0;
      const uint16_t length = set.be16(2);
      if (length == kVariable) found.skips.push_back(std::exchange(fixed, 0));
      else fixed += length;
      found.size += length == kVariable ? 1 : length;
      set.skip(enterprise ? 8 : 4);
    }
    if (!found.skips.empty()) found.skips.push_back(fixed);
    g_templates[id] = std::move(found);
  }
}

// RFC 7011 section 7: a text's length is one octet, or 255 and two.
uint64_t recordsWithTexts(weir::Cursor set, const Template& shape) {
  for (uint64_t records = 0;; records++) {
    for (size_t i = 0; i < shape.skips.size(); i++) {
      if (!set.has(shape.skips[i])) return records;
      set.skip(shape.skips[i]);
      if (i + 1 == shape.skips.size()) break;
      if (!set.has(1) || (set.u8() == 255 && !set.has(3))) return records;
      const uint32_t length = set.u8() == 255 ? 3u + set.be16(1) : 1u + set.u8();
      if (!set.has(length)) return records;
      set.skip(length);
    }
  }
}

uint64_t ipfixRecords(const uint8_t* data, size_t size) {
  uint64_t records = 0;
  weir::Cursor message(data + 16, size - 16);
  while (message.has(4)) {
    const uint16_t id = message.be16(), length = message.be16(2);
    if (length < 4 || !message.has(length)) break;
    if (id == 2) readTemplates(weir::Cursor(message.at + 4, length - 4u));
    const auto found = g_templates.find(id);
    if (id >= 256 && found != g_templates.end() && found->second.size != 0) {
      const Template& shape = found->second;
      records += shape.skips.empty() ? (length - 4u) / shape.size
                                     : recordsWithTexts(weir::Cursor(message.at + 4, length - 4u), shape);
    }
    message.skip(length);
  }
  return records;
}

uint64_t recordsOf(const uint8_t* data, size_t size) {
  if (size < 16) return 0;
  const uint16_t version = weir::loadBe16(data);
  if (version == 10) return ipfixRecords(data, size);
  return weir::loadBe16(data + 2);
}

double seconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  const int buffer = 256 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  }
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[1])));
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0) return 1;
  const timeval wait{0, 100000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  signal(SIGTERM, [](int) { g_stop = 1; });
  std::puts("ready");
  std::fflush(stdout);

  constexpr size_t kSlots = 64, kSize = 65536;
  std::vector<uint8_t> memory(kSlots * kSize);
  mmsghdr headers[kSlots];
  iovec parts[kSlots];
  uint64_t datagrams = 0, octets = 0, records = 0;
  double first = 0, last = 0;
  bool drained = false;
  while (!(g_stop != 0 && drained)) {
    for (size_t i = 0; i < kSlots; i++) {
      parts[i] = {memory.data() + i * kSize, kSize};
      headers[i] = {};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int got = recvmmsg(fd, headers, kSlots, MSG_WAITFORONE, nullptr);
    drained = got <= 0;
    if (got <= 0) continue;
    last = seconds();
    if (first == 0) first = last;
    for (int i = 0; i < got; i++) {
      datagrams++;
      octets += headers[i].msg_len;
      records += recordsOf(memory.data() + static_cast<size_t>(i) * kSize, headers[i].msg_len);
    }
  }
  std::printf("{\"datagrams\":%lu,\"octets\":%lu,\"records\":%lu,\"first\":%.6f,\"last\":%.6f}\n",
              static_cast<unsigned long>(datagrams), static_cast<unsigned long>(octets), static_cast<unsigned long>(records),
              first, last);
  return 0;
}
