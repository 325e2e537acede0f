// Writes traces of the DPI bench: make_dpi_trace FILE [--flows N] [--packets N] [FOLDER ...]. Flows of the captures below
// the folders are replayed under other addresses and ports, interleaved in time, in the shares of an access network; what
// the captures lack, and all of it without captures, is self-made. Deterministic. --packets: of a flow at most, and only
// kinds that nDPI classifies soon; without it 30, and one flow in 400 is bulk: ~4.5 M packets of 331 k flows, as trace mix has them.
#include <netinet/in.h>

#include <cstdio>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "base/cursor.h"
#include "captured_flows.h"
#include "made_flows.h"
#include "trace_writer.h"

namespace {

using namespace weir::bench;

constexpr double kSpanUs = 100e6;
constexpr uint32_t kBulkPackets = 600;
constexpr size_t kFewest = 8;        // flows of a kind in the captures; below, self-made ones are added
// dns, tls, quic, http, ssh, other, unanswered: of 1000 flows
constexpr std::array<uint32_t, kFlowKinds> kShares = {340, 340, 110, 90, 10, 80, 30};
constexpr uint32_t kClassifiedShares = 340 + 340 + 110 + 90 + 10;
constexpr std::array<const char*, kFlowKinds> kKindNames = {"DNS", "TLS", "QUIC", "HTTP", "SSH", "other", "unanswered"};

struct Shape {
  uint32_t flows = 331'000;
  uint32_t packets = 30;  // of a flow that is not bulk
  bool isClassified = false;  // only kinds that nDPI classifies soon, and no bulk
};

struct Replay {
  const FlowImage* flow;
  uint32_t number;
  uint16_t clientPort;
  uint32_t next = 0;
  uint32_t packets;  // in all; beyond the flow's own its last packet with much payload is repeated
  uint32_t heaviest = 0;
};

// RFC 1624: the checksum at `at` follows a 16-bit word that changed.
void follow(uint8_t* at, uint16_t before, uint16_t after) {
  uint32_t sum = static_cast<uint16_t>(~weir::loadBe16(at)) + static_cast<uint16_t>(~before) + static_cast<uint32_t>(after);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  put16(at, ~sum & 0xffff);
}

struct Frame {
  uint8_t octets[14 + 1500];
  uint32_t length;
};

void replace(uint8_t* at, uint16_t value, uint8_t* ipSum, uint8_t* transportSum) {
  const uint16_t before = weir::loadBe16(at);
  put16(at, value);
  if (ipSum != nullptr) follow(ipSum, before, value);
  if (transportSum != nullptr) follow(transportSum, before, value);
}

// The packet under the replay's client address and port.
void build(const FlowImages& images, const Replay& replay, const PacketImage& packet, Frame& frame) {
  std::memset(frame.octets, 2, 12);
  uint8_t* ip = frame.octets + 14;
  std::memcpy(ip, images.octets.data() + packet.offset, packet.length);
  frame.length = 14u + packet.length;
  const bool v4 = ip[0] >> 4 == 4;
  put16(frame.octets + 12, v4 ? 0x0800 : 0x86dd);
  const uint8_t protocol = v4 ? ip[9] : ip[6];
  uint8_t* transport = ip + (v4 ? (ip[0] & 15) * 4 : 40);
  const size_t headers = static_cast<size_t>(transport - ip) + (protocol == IPPROTO_TCP ? 20 : 8);
  if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) || headers > packet.length) return;  // behind IPv6 extensions
  uint8_t* sum = transport + (protocol == IPPROTO_TCP ? 16 : 6);
  if (protocol == IPPROTO_UDP && weir::loadBe16(sum) == 0) sum = nullptr;
  uint8_t* address = v4 ? ip + (packet.fromServer ? 16 : 12) : ip + (packet.fromServer ? 36 : 20);
  replace(address, static_cast<uint16_t>(0x0a00 | (replay.number >> 16)), v4 ? ip + 10 : nullptr, sum);
  replace(address + 2, static_cast<uint16_t>(replay.number), v4 ? ip + 10 : nullptr, sum);
  uint8_t* port = transport + (packet.fromServer ? 2 : 0);
  if (weir::loadBe16(port) >= 1024) replace(port, replay.clientPort, nullptr, sum);
}

const FlowImage& choose(const FlowImages& images, const Shape& shape, Random& random) {
  uint32_t number = random() % (shape.isClassified ? kClassifiedShares : 1000);
  size_t kind = 0;
  while (number >= kShares[kind]) number -= kShares[kind++];
  const auto& flows = images.byKind[kind];
  return flows[random() % flows.size()];
}

Replay plan(const FlowImages& images, const Shape& shape, Random& random, uint32_t number) {
  Replay replay{.flow = &choose(images, shape, random), .number = number, .clientPort = static_cast<uint16_t>(20000 + random() % 45000),
                .packets = 0};
  const auto& packets = replay.flow->packets;
  replay.packets = static_cast<uint32_t>(std::min<size_t>(packets.size(), shape.packets));
  const bool canBeBulk = !shape.isClassified && replay.flow->kind != FlowKind::dns && replay.flow->kind != FlowKind::unanswered;
  if (!canBeBulk || random() % 400 != 0) return replay;
  for (uint32_t i = 0; i < packets.size(); i++) {
    if (packets[i].length >= packets[replay.heaviest].length) replay.heaviest = i;
  }
  replay.packets = static_cast<uint32_t>(packets.size()) + kBulkPackets + random() % (4 * kBulkPackets);
  return replay;
}

void report(const std::array<uint64_t, kFlowKinds>& flows, const std::array<uint64_t, kFlowKinds>& packets, uint64_t bulk,
            bool captured) {
  std::fprintf(stderr, "%s:", captured ? "flows of captures" : "self-made flows");
  for (size_t i = 0; i < kFlowKinds; i++) {
    std::fprintf(stderr, " %s %lu flows %lu packets,", kKindNames[i], static_cast<unsigned long>(flows[i]),
                 static_cast<unsigned long>(packets[i]));
  }
  std::fprintf(stderr, " of them %lu packets of bulk\n", static_cast<unsigned long>(bulk));
}

void write(const FlowImages& images, const Shape& shape, const std::string& path, bool captured) {
  Writer writer(path, 65535);
  Random random(12);
  using Event = std::pair<uint64_t, uint32_t>;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue;
  std::vector<Replay> replays;
  std::array<uint64_t, kFlowKinds> flows{}, packets{};
  uint64_t bulk = 0;
  for (uint32_t i = 0; i < shape.flows; i++) {
    replays.push_back(plan(images, shape, random, i));
    flows[static_cast<size_t>(replays.back().flow->kind)]++;
    queue.push({static_cast<uint64_t>(kSpanUs * random.unit()), i});
  }
  Frame frame;
  while (!queue.empty()) {
    const auto [us, index] = queue.top();
    queue.pop();
    Replay& replay = replays[index];
    const auto& own = replay.flow->packets;
    const bool repeated = replay.next >= own.size();
    const PacketImage& packet = own[repeated ? replay.heaviest : replay.next];
    build(images, replay, packet, frame);
    writer.frame(us, frame.octets, frame.length);
    packets[static_cast<size_t>(replay.flow->kind)]++;
    bulk += repeated;
    if (++replay.next == replay.packets) continue;
    queue.push({us + (replay.next < own.size() ? own[replay.next].gapUs : 2'000), index});
  }
  report(flows, packets, bulk, captured);
}

}  // namespace

int main(int argc, char** argv) {
  Shape shape;
  std::vector<std::string> names;
  for (int i = 1; i < argc; i++) {
    const std::string word = argv[i];
    const bool isFlows = word == "--flows", isPackets = word == "--packets";
    if (!isFlows && !isPackets) {
      names.push_back(word);
      continue;
    }
    (isFlows ? shape.flows : shape.packets) = i + 1 < argc ? static_cast<uint32_t>(std::atoi(argv[++i])) : 0;
    if (isPackets) shape.isClassified = true;
  }
  if (names.empty()) {
    std::fputs("usage: make_dpi_trace FILE [--flows N] [--packets N] [FOLDER of captures ...]\n", stderr);
    return 2;
  }
  gcry_check_version(nullptr);
  FlowImages images;
  for (size_t i = 1; i < names.size(); i++) CapturedFlows(images).readFolder(names[i]);
  for (const auto& flows : images.byKind) {
    if (flows.size() >= kFewest) continue;
    makeFlows(images);
    break;
  }
  write(images, shape, names[0], names.size() > 1);
  return 0;
}
