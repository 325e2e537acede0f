// What libndpi alone costs for a trace: ndpi_loop FILE [--protocols FILE] [--categories FILE] [--tcp N] [--udp N] [--payload].
// mmap of the pcap, a minimal look at the headers, one flow hash with prefetch, and nDPI with the same give-up policy as
// weir's and ndpiReader's: N packets a flow, extra dissection while the library asks for it, a guess at the end.
// --payload leaves out packets without payload. File, table and the library's tables are ready before the clock starts.
#include <fcntl.h>
#include <ndpi_api.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/hash.h"
#include "ip_packet.h"

namespace {

struct Options {
  std::string file, protocols, categories;
  uint32_t tcpPackets = 80, udpPackets = 24;
  bool payloadOnly = false;
};

using Key = weir::BenchKey;
struct alignas(64) Entry {
  Key key;
  ndpi_flow_struct* state;
  uint16_t packets;  // saturating
  uint16_t master, application;
  bool used, settled;
};
static_assert(sizeof(Entry) == 64);

struct Parsed {
  Key key;
  uint64_t hash;
  const uint8_t* ip;
  uint64_t ms;
  uint16_t length;  // octets of the IP packet
  uint8_t protocol;
  bool hasPayload;
};

constexpr size_t kEntries = 1u << 21;
constexpr size_t kBurst = 32;

bool parse(const uint8_t* frame, uint32_t captured, Parsed& out) {
  weir::IpPacket packet;
  if (!weir::readIpPacket(frame, captured, packet) || packet.octets > captured - 14) return false;
  const auto [ip, from, to, ports, size, octets, protocol] = packet;
  const bool hasPorts = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
  const size_t header = protocol == IPPROTO_TCP ? (ports[12] >> 4) * 4u : 8u;
  const int order = std::memcmp(from, to, size);
  const bool swap = order > 0 || (order == 0 && hasPorts && std::memcmp(ports, ports + 2, 2) > 0);
  weir::writeKey(packet, swap, hasPorts, out.key);
  out.ip = ip;
  out.length = static_cast<uint16_t>(octets);
  out.protocol = protocol;
  out.hasPayload = static_cast<size_t>(ip + octets - ports) > header;
  out.hash = weir::hashFixed<48>(&out.key, weir::HashSeed{});
  return true;
}

class Loop {
 public:
  explicit Loop(const Options& options) : options_(options), module_(ndpi_init_detection_module(ndpi_no_prefs)) {
    NDPI_PROTOCOL_BITMASK all;
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(module_, &all);
    if (!options.protocols.empty()) ndpi_load_protocols_file(module_, options.protocols.c_str());
    if (!options.categories.empty()) ndpi_load_categories_file(module_, options.categories.c_str());
    ndpi_finalize_initialization(module_);
    table_ = static_cast<Entry*>(
        mmap(nullptr, kEntries * sizeof(Entry), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    madvise(table_, kEntries * sizeof(Entry), MADV_HUGEPAGE);
    for (size_t at = 0; at < kEntries * sizeof(Entry); at += 4096) reinterpret_cast<volatile char*>(table_)[at] = 0;
  }

  void prefetch(const Parsed& packet) const { __builtin_prefetch(&table_[packet.hash & (kEntries - 1)], 1); }

  void packet(const Parsed& packet) {
    Entry& entry = find(packet);
    if (entry.packets < UINT16_MAX) entry.packets++;
    if (entry.settled || (options_.payloadOnly && !packet.hasPayload)) return;
    if (entry.state == nullptr) entry.state = take();
    inspected++;
    const ndpi_protocol found = ndpi_detection_process_packet(module_, entry.state, packet.ip, packet.length, packet.ms);
    const bool enough = (packet.protocol == IPPROTO_UDP && entry.packets > options_.udpPackets) ||
                        (packet.protocol == IPPROTO_TCP && entry.packets > options_.tcpPackets);
    const bool known = found.app_protocol != NDPI_PROTOCOL_UNKNOWN;
    if (!enough && (!known || ndpi_extra_dissection_possible(module_, entry.state) != 0)) {
      entry.master = found.master_protocol;
      entry.application = found.app_protocol;
      return;
    }
    settle(entry, found);
  }

  void finish() {
    for (size_t i = 0; i < kEntries; i++) {
      Entry& entry = table_[i];
      if (!entry.used || entry.settled || entry.state == nullptr) continue;
      ndpi_protocol known = {};
      known.master_protocol = entry.master;
      known.app_protocol = entry.application;
      settle(entry, known);
    }
  }

  uint64_t flows = 0, inspected = 0, classified = 0, guessed = 0;

 private:
  Entry& find(const Parsed& packet) {
    size_t slot = packet.hash & (kEntries - 1);
    for (;; slot = (slot + 1) & (kEntries - 1)) {
      Entry& entry = table_[slot];
      if (entry.used && std::memcmp(&entry.key, &packet.key, sizeof(Key)) != 0) continue;
      if (!entry.used) {
        if (++flows >= kEntries) {
          std::fprintf(stderr, "ndpi_loop: more than %zu flows\n", kEntries);
          std::exit(1);
        }
        entry.key = packet.key;
        entry.used = true;
      }
      return entry;
    }
  }

  ndpi_flow_struct* take() {
    if (free_.empty()) return static_cast<ndpi_flow_struct*>(std::calloc(1, sizeof(ndpi_flow_struct)));
    ndpi_flow_struct* state = free_.back();
    free_.pop_back();
    return state;
  }

  void settle(Entry& entry, ndpi_protocol found) {
    if (found.app_protocol == NDPI_PROTOCOL_UNKNOWN) {
      u_int8_t wasGuessed = 0;
      found = ndpi_detection_giveup(module_, entry.state, 1, &wasGuessed);
      guessed += found.app_protocol != NDPI_PROTOCOL_UNKNOWN || found.master_protocol != NDPI_PROTOCOL_UNKNOWN;
    } else {
      classified++;
    }
    entry.master = found.master_protocol;
    entry.application = found.app_protocol;
    entry.settled = true;
    ndpi_free_flow_data(entry.state);
    std::memset(entry.state, 0, sizeof *entry.state);
    free_.push_back(entry.state);
    entry.state = nullptr;
  }

  Options options_;
  ndpi_detection_module_struct* module_;
  Entry* table_;
  std::vector<ndpi_flow_struct*> free_;
};

Options readOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i++) {
    const std::string word = argv[i];
    const auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
    if (word == "--protocols") options.protocols = value();
    else if (word == "--categories") options.categories = value();
    else if (word == "--tcp") options.tcpPackets = static_cast<uint32_t>(std::atoi(value()));
    else if (word == "--udp") options.udpPackets = static_cast<uint32_t>(std::atoi(value()));
    else if (word == "--payload") options.payloadOnly = true;
    else options.file = word;
  }
  return options;
}

uint64_t feed(Loop& loop, const uint8_t* data, size_t size) {
  uint64_t packets = 0;
  Parsed burst[kBurst];
  for (size_t at = 24; at + 16 <= size;) {
    size_t count = 0;
    while (count < kBurst && at + 16 <= size) {
      uint32_t head[3];
      std::memcpy(head, data + at, sizeof head);
      if (parse(data + at + 16, head[2], burst[count])) {
        burst[count].ms = head[0] * 1000ull + head[1] / 1000;
        loop.prefetch(burst[count++]);
      }
      packets++;
      at += 16 + head[2];
    }
    for (size_t i = 0; i < count; i++) loop.packet(burst[i]);
  }
  return packets;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = readOptions(argc, argv);
  const int file = open(options.file.c_str(), O_RDONLY);
  struct stat info;
  if (file < 0 || fstat(file, &info) != 0) {
    std::perror(options.file.c_str());
    return 1;
  }
  const auto size = static_cast<size_t>(info.st_size);
  const auto* data = static_cast<const uint8_t*>(mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0));
  const auto begin = std::chrono::steady_clock::now();
  Loop loop(options);
  const auto start = std::chrono::steady_clock::now();
  const uint64_t packets = feed(loop, data, size);
  loop.finish();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const std::chrono::duration<double> ready = start - begin;
  std::printf("{\"packets\":%lu,\"seconds\":%.4f,\"setUp\":%.4f,\"flows\":%lu,\"inspected\":%lu,\"classified\":%lu,\"guessed\":%lu}\n",
              static_cast<unsigned long>(packets), took.count(), ready.count(), static_cast<unsigned long>(loop.flows),
              static_cast<unsigned long>(loop.inspected), static_cast<unsigned long>(loop.classified),
              static_cast<unsigned long>(loop.guessed));
  return 0;
}
