// Flow cache alone: packets are made outside the clock, only update() and tick() are timed; the sink counts.
// Prints ns per packet and resident octets per flow. Arguments: cases as `syn` or `syn:base` (all when none are given).
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "metering/flow_cache.h"
#include "metering/flow_key.h"

namespace {

using namespace weir;

constexpr size_t kBurst = 64;
constexpr uint64_t kStartNs = 1'700'000'000'000'000'000;

class NullSink final : public RecordSink {
 public:
  bool put(const FlowView& view) override {
    records++;
    octets += view.hot.octets[0];
    return true;
  }
  uint64_t records = 0, octets = 0;
};

// CPU time of this thread, so that neighbours on the machine count less.
uint64_t clockNs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

size_t residentOctets() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

uint64_t scramble(uint64_t value) {
  value = (value ^ (value >> 31)) * 0x7fb5d329728ea185ull;
  value = (value ^ (value >> 27)) * 0x81dadef4bc2dd44dull;
  return value ^ (value >> 33);
}

// A TCP packet of flow number `flow`; back: from the destination.
void fill(Packet& packet, uint64_t flow, bool back, uint8_t flags, uint32_t payload, uint32_t sequence, uint64_t ns) {
  std::memset(static_cast<void*>(&packet), 0, offsetof(Packet, tunnel));
  const uint64_t mixed = scramble(flow + 1);
  packet.key.address[0] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10};
  std::memcpy(&packet.key.address[0][13], &mixed, 3);
  packet.key.address[1] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 1, 1};
  packet.key.port[0] = static_cast<uint16_t>(flow);
  packet.key.port[1] = static_cast<uint16_t>(flow >> 16);
  packet.key.protocol = kProtocolTcp;
  packet.key.ipVersion = 4;
  packet.ns = ns;
  packet.octets = packet.largest = payload + 40;
  packet.payload = payload;
  packet.wirePackets = 1;
  packet.present = hasTcp;
  packet.side = back ? 1 : 0;
  packet.tcpFlags = flags;
  packet.ttl = 64;
  packet.windowScale = 255;
  packet.window = 5000;
  packet.sequence = sequence;
}

struct Case {
  const char* name;
  uint64_t packets;
  uint64_t stepNs;  // packet time between packets
  void (*make)(uint64_t number, Packet& packet, uint64_t ns);
};

void makeSyn(uint64_t number, Packet& packet, uint64_t ns) { fill(packet, number, false, kTcpSyn, 0, 1, ns); }

void makeMillion(uint64_t number, Packet& packet, uint64_t ns) {
  const uint64_t flow = number % 1'000'000, round = number / 1'000'000;
  fill(packet, flow, (round & 1) != 0, round == 0 ? kTcpSyn : round == 1 ? kTcpSyn | kTcpAck : kTcpAck, 0,
       round == 0 ? 1 : 2, ns);
}

// 300 k flows of 14 packets, about 20 k alive at a time.
void makeMix(uint64_t number, Packet& packet, uint64_t ns) {
  constexpr uint64_t kGroup = 20'000, kLength = 14;
  const uint64_t group = number / (kGroup * kLength), inGroup = number % (kGroup * kLength);
  const uint64_t round = inGroup / kGroup, flow = group * kGroup + (inGroup * 7'919 + round * 31) % kGroup;
  const bool back = (round & 1) != 0;
  const uint8_t flags = round >= 12 ? kTcpFin | kTcpAck : kTcpAck;
  fill(packet, flow, back, flags, 500, static_cast<uint32_t>(round / 2 * 500), ns);
}

void makeElephant(uint64_t number, Packet& packet, uint64_t ns) {
  const auto sequence = static_cast<uint32_t>(number / 100 * 1400);
  fill(packet, scramble(number) % 100, (number & 3) == 0, kTcpAck, 1400, sequence, ns);
}

constexpr Case kCases[] = {
    {"syn", 5'000'000, 40'000, makeSyn},
    {"full", 5'000'000, 10'000, makeSyn},
    {"million", 4'000'000, 2'000, makeMillion},
    {"mix", 4'200'000, 2'000, makeMix},
    {"elephant", 5'000'000, 1'000, makeElephant},
};

void run(const Case& chosen, uint32_t needs, const char* needsName) {
  const size_t before = residentOctets();
  NullSink sink;
  FlowCacheOptions options;
  options.capacity = 1u << 20;
  options.needs = needs;
  options.seed = randomSeed();
  std::vector<Packet> burst(kBurst);
  FlowCache cache(options, sink);
  uint64_t spentNs = 0, ns = kStartNs;
  const uint64_t overheadNs = [] {
    const uint64_t start = clockNs();
    for (int i = 0; i < 1000; i++) (void)clockNs();
    return (clockNs() - start) / 1000;
  }();
  for (uint64_t number = 0; number < chosen.packets;) {
    const size_t count = std::min<uint64_t>(kBurst, chosen.packets - number);
    for (size_t i = 0; i < count; i++, ns += chosen.stepNs) chosen.make(number++, burst[i], ns);
    const uint64_t start = clockNs();
    cache.update(std::span(burst.data(), count));
    cache.tick(ns);
    spentNs += clockNs() - start - overheadNs;
  }
  const uint64_t flows = cache.counters().flows.get();
  const size_t resident = residentOctets() - before;
  const uint64_t start = clockNs();
  cache.flush(EndReason::forced);
  const uint64_t flushNs = clockNs() - start;
  std::printf("%-9s %-9s %7.1f ns/packet %8llu flows at the end %7zu kB %6.0f octets/flow %8llu records "
              "%5.1f ns/flushed\n",
              chosen.name, needsName, static_cast<double>(spentNs) / static_cast<double>(chosen.packets),
              static_cast<unsigned long long>(flows), resident / 1024,
              flows != 0 ? static_cast<double>(resident) / static_cast<double>(flows) : 0.0,
              static_cast<unsigned long long>(sink.records),
              flows != 0 ? static_cast<double>(flushNs) / static_cast<double>(flows) : 0.0);
}

}  // namespace

int main(int argc, char** argv) {
  const auto wanted = [&](const std::string& name, const std::string& needsName) {
    for (int i = 1; i < argc; i++) {
      if (argv[i] == name || argv[i] == name + ":" + needsName) return true;
    }
    return argc == 1;
  };
  for (const Case& chosen : kCases) {
    if (wanted(chosen.name, "base")) run(chosen, needsNothingMore, "base");
    if (wanted(chosen.name, "tcp+stats")) run(chosen, needsTcp | needsStats, "tcp+stats");
  }
}
