// Packets as the decoder would hand them over, and a sink that keeps what the cache emits. Tests only.
#pragma once

#include <cstring>
#include <optional>
#include <vector>

#include "metering/flow_cache.h"
#include "metering/flow_key.h"

namespace weir::test {

constexpr uint64_t kMs = 1'000'000, kSecond = 1'000'000'000;
constexpr uint64_t kBaseNs = 1'700'000'000 * kSecond;

struct Endpoint {
  Address address{};
  uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

inline Endpoint endpoint(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, port};
}

inline const Endpoint kClient = endpoint(10, 0, 0, 9, 40000);
inline const Endpoint kServer = endpoint(10, 0, 0, 2, 80);  // the lower one: the client is canonical endpoint 1

struct PacketBuilder {
  Packet packet;

  PacketBuilder(const Endpoint& from, const Endpoint& to, uint8_t protocol, uint64_t ns) {
    std::memset(static_cast<void*>(&packet), 0, sizeof packet);
    const int order = std::memcmp(from.address.data(), to.address.data(), sizeof(Address));
    const bool fromIsLow = order != 0 ? order < 0 : from.port <= to.port;
    packet.side = fromIsLow ? 0 : 1;
    packet.key.address[packet.side] = from.address;
    packet.key.address[packet.side ^ 1] = to.address;
    packet.key.port[packet.side] = from.port;
    packet.key.port[packet.side ^ 1] = to.port;
    packet.key.protocol = protocol;
    packet.key.ipVersion = 4;
    packet.ns = ns;
    packet.wirePackets = 1;
    packet.ttl = 64;
    packet.windowScale = 255;
    packet.window = 1000;
    payload(0);
  }
  // IP octets are payload plus 40 (TCP) or 28.
  PacketBuilder& payload(uint32_t octets) {
    packet.payload = octets;
    packet.octets = packet.largest = octets + (packet.key.protocol == kProtocolTcp ? 40 : 28);
    return *this;
  }
  // A super-packet of `count` segments; all but the last carry `segment` octets of payload.
  PacketBuilder& super(uint32_t count, uint32_t segment, uint32_t total) {
    packet.payload = total;
    packet.wirePackets = count;
    packet.octets = total + 40 * count;
    packet.largest = segment + 40;
    return *this;
  }
  PacketBuilder& tcp(uint8_t flags, uint32_t sequence, uint32_t acknowledgment = 0) {
    packet.present |= hasTcp;
    packet.tcpFlags = flags;
    packet.sequence = sequence;
    packet.acknowledgment = acknowledgment;
    return *this;
  }
  PacketBuilder& window(uint16_t raw) {
    packet.window = raw;
    return *this;
  }
  PacketBuilder& options(uint16_t mss, uint8_t scale) {
    packet.mss = mss;
    packet.windowScale = scale;
    return *this;
  }
  PacketBuilder& present(uint16_t bits) {
    packet.present |= bits;
    return *this;
  }
  operator const Packet&() const { return packet; }
};

inline PacketBuilder tcpPacket(bool fromClient, uint64_t ns, uint8_t flags, uint32_t sequence, uint32_t payload = 0) {
  PacketBuilder builder(fromClient ? kClient : kServer, fromClient ? kServer : kClient, kProtocolTcp, ns);
  builder.payload(payload).tcp(flags, sequence);
  return builder;
}

inline PacketBuilder udpPacket(bool fromClient, uint64_t ns, uint32_t payload = 100) {
  PacketBuilder builder(fromClient ? kClient : kServer, fromClient ? kServer : kClient, 17, ns);
  builder.payload(payload);
  return builder;
}

struct KeptRecord {
  FlowHot hot;
  FlowLink link;
  std::optional<FlowTcp> tcp;
  std::optional<FlowStats> stats;
  std::optional<FlowTunnel> tunnel;
  std::optional<FlowApplication> application;
  std::vector<SequenceItem> sequence;
  std::vector<uint8_t> facts;

  uint64_t packets() const { return uint64_t{hot.packets[0]} + hot.packets[1]; }
  Endpoint source() const { return {hot.key.address[0], hot.key.port[0]}; }
  Endpoint destination() const { return {hot.key.address[1], hot.key.port[1]}; }
};

class KeepingSink final : public RecordSink {
 public:
  bool put(const FlowView& view) override {
    if (refuse) return false;
    KeptRecord kept{view.hot,
                    view.link,
                    {},
                    {},
                    {},
                    {},
                    {view.sequence.begin(), view.sequence.end()},
                    {view.facts.begin(), view.facts.end()}};
    if (view.tcp != nullptr) kept.tcp = *view.tcp;
    if (view.stats != nullptr) kept.stats = *view.stats;
    if (view.tunnel != nullptr) kept.tunnel = *view.tunnel;
    if (view.application != nullptr) kept.application = *view.application;
    records.push_back(kept);
    return true;
  }
  std::vector<KeptRecord> records;
  bool refuse = false;
};

// A cache with its sink; adds packets one by one.
struct CacheFixture {
  CacheFixture() : CacheFixture(smallOptions()) {}
  explicit CacheFixture(const FlowCacheOptions& options) : cache(options, sink) {}
  static FlowCacheOptions smallOptions(uint32_t needs = 0) {
    FlowCacheOptions options;
    options.capacity = 1024;
    options.needs = needs;
    return options;
  }
  void add(const Packet& packet) {
    Packet copy = packet;
    cache.update({&copy, 1});
  }
  std::vector<KeptRecord>& records() { return sink.records; }

  KeepingSink sink;
  FlowCache cache;
};

}  // namespace weir::test
