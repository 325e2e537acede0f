// Flows with payloads that a trace is made of: IP packets as they were seen or built, replayed later under other addresses.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace weir::bench {

enum class FlowKind : uint8_t { dns, tls, quic, http, ssh, other, unanswered, count_ };
inline constexpr size_t kFlowKinds = static_cast<size_t>(FlowKind::count_);

struct PacketImage {
  uint32_t offset;  // into FlowImages::octets
  uint16_t length;  // octets of the IP packet
  bool fromServer;
  uint32_t gapUs;   // since the packet before
};

struct FlowImage {
  FlowKind kind;
  std::vector<PacketImage> packets;
};

struct FlowImages {
  std::vector<uint8_t> octets;
  std::array<std::vector<FlowImage>, kFlowKinds> byKind;

  void add(FlowImage&& flow) { byKind[static_cast<size_t>(flow.kind)].push_back(std::move(flow)); }
  PacketImage keep(std::span<const uint8_t> ip, bool fromServer, uint32_t gapUs) {
    const PacketImage image{static_cast<uint32_t>(octets.size()), static_cast<uint16_t>(ip.size()), fromServer, gapUs};
    octets.insert(octets.end(), ip.begin(), ip.end());
    return image;
  }
};

}  // namespace weir::bench
