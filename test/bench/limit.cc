// The limit: mmap a pcap, walk the headers, update a flow hash with prefetch. No expiry, no records, no export.
// What the memory system allows for this trace; weir's distance to it is the figure of the bench. The file is mapped and
// the table touched before the clock starts, so a slow first touch of memory (virtual machines) counts against weir only.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "base/hash.h"
#include "ip_packet.h"

namespace {

using Key = weir::BenchKey;
struct alignas(64) Entry {
  Key key;
  uint64_t packets;
  uint64_t octets;
};
struct Parsed {
  Key key;
  uint64_t hash;
  uint32_t octets;
};

constexpr size_t kEntries = 1u << 24;
constexpr size_t kBurst = 32;

bool parse(const uint8_t* frame, uint32_t captured, Parsed& out) {
  weir::IpPacket packet;
  if (!weir::readIpPacket(frame, captured, packet)) return false;
  weir::writeKey(packet, std::memcmp(packet.from, packet.to, packet.addressSize) > 0, true, out.key);
  out.octets = packet.octets;
  out.hash = weir::hashFixed<48>(&out.key, weir::HashSeed{});
  return true;
}

void update(Entry* table, const Parsed& packet) {
  size_t slot = packet.hash & (kEntries - 1);
  for (;;) {
    Entry& entry = table[slot];
    if (entry.packets == 0) entry.key = packet.key;
    else if (std::memcmp(&entry.key, &packet.key, sizeof(Key)) != 0) {
      slot = (slot + 1) & (kEntries - 1);
      continue;
    }
    entry.packets++;
    entry.octets += packet.octets;
    return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int file = open(argv[1], O_RDONLY);
  struct stat info;
  if (file < 0 || fstat(file, &info) != 0) return 1;
  const auto size = static_cast<size_t>(info.st_size);
  const auto* data = static_cast<const uint8_t*>(mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0));
  auto* table = static_cast<Entry*>(mmap(nullptr, kEntries * sizeof(Entry), PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  madvise(table, kEntries * sizeof(Entry), MADV_HUGEPAGE);
  for (size_t at = 0; at < kEntries * sizeof(Entry); at += 4096) reinterpret_cast<volatile char*>(table)[at] = 0;
  const auto start = std::chrono::steady_clock::now();
  uint64_t packets = 0;
  Parsed burst[kBurst];
  for (size_t at = 24; at + 16 <= size;) {
    size_t count = 0;
    while (count < kBurst && at + 16 <= size) {
      uint32_t captured;
      std::memcpy(&captured, data + at + 8, 4);
      if (parse(data + at + 16, captured, burst[count])) {
        __builtin_prefetch(&table[burst[count].hash & (kEntries - 1)], 1);
        count++;
      }
      packets++;
      at += 16 + captured;
    }
    for (size_t i = 0; i < count; i++) update(table, burst[i]);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("{\"packets\":%lu,\"seconds\":%.4f}\n", static_cast<unsigned long>(packets), took.count());
  return 0;
}
