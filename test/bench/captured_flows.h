// Flows of real captures as images: unfragmented, uncut TCP and UDP over IPv4 and IPv6, tunnels and link headers left out.
#pragma once

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>

#include "base/error.h"
#include "capture/pcap_file.h"
#include "decode/decoder.h"
#include "flow_image.h"

namespace weir::bench {

inline constexpr uint32_t kLongestGapUs = 1'000'000;
inline constexpr size_t kLongestFlow = 300;  // packets taken of one flow

struct GrowingFlow {
  FlowImage image;
  uint64_t lastNs = 0;
  uint8_t serverSide = 0;
  bool tcp = false;
  uint16_t serverPort = 0;
  std::array<uint8_t, 4> start{};  // of the first payload
  bool hasPayload = false;
};

inline FlowKind kindOf(const GrowingFlow& flow) {
  const auto starts = [&](const char* text) { return std::memcmp(flow.start.data(), text, std::strlen(text)) == 0; };
  if (!flow.hasPayload) return FlowKind::unanswered;
  if (flow.serverPort == 53) return FlowKind::dns;
  if (!flow.tcp) return (flow.serverPort == 443 && (flow.start[0] & 0x80) != 0) ? FlowKind::quic : FlowKind::other;
  if (flow.start[0] == 0x16 && flow.start[1] == 3) return FlowKind::tls;
  if (starts("GET ") || starts("POST") || starts("HEAD") || starts("PUT ") || starts("OPTI")) return FlowKind::http;
  return starts("SSH-") ? FlowKind::ssh : FlowKind::other;
}

class CapturedFlows {
 public:
  explicit CapturedFlows(FlowImages& images) : images_(images) {}

  // All captures below a folder; one that cannot be read is left out.
  void readFolder(const std::string& folder) {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      const std::string name = entry.path().string();
      for (const char* ending : {".pcap", ".pcapng", ".trace", ".cap"}) {
        if (name.ends_with(ending)) paths.push_back(name);
      }
    }
    std::sort(paths.begin(), paths.end());  // the same trace on every machine
    for (const std::string& path : paths) {
      try {
        readFile(path);
      } catch (const Error&) {
        flows_.clear();
      }
    }
  }

 private:
  void readFile(const std::string& path) {
    FileSourceOptions options;
    options.path = path;
    const auto source = makeFileSource(options);
    source->open();
    Decoder decoder(DecoderOptions{});
    std::vector<Frame> frames(64);
    while (!source->ended()) {
      const size_t count = source->read(frames, 100);
      for (size_t i = 0; i < count; i++) {
        Packet packet = {};
        if (decoder.decode(frames[i], packet) == Outcome::metered) take(packet);
      }
    }
    for (auto& [key, flow] : flows_) {
      flow.image.kind = kindOf(flow);
      images_.add(std::move(flow.image));
    }
    flows_.clear();
  }

  void take(const Packet& packet) {
    const uint8_t protocol = packet.key.protocol;
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) return;
    if ((packet.present & isFragment) != 0 || packet.ipCaptured != packet.octets || packet.octets > 1500) return;
    const std::string key(reinterpret_cast<const char*>(&packet.key), sizeof packet.key);
    const auto [at, isNew] = flows_.try_emplace(key);
    GrowingFlow& flow = at->second;
    const bool sentBySecond = packet.side != 0;
    if (isNew) {
      const uint16_t from = packet.key.port[packet.side], to = packet.key.port[packet.side ^ 1];
      const bool reversed = from < 1024 && to >= 1024;  // the capture began behind the start of the flow
      flow.serverSide = static_cast<uint8_t>(reversed ? packet.side : packet.side ^ 1);
      flow.serverPort = reversed ? from : to;
      flow.tcp = protocol == IPPROTO_TCP;
    }
    if (flow.image.packets.size() >= kLongestFlow) return;
    const uint64_t gapUs = isNew || packet.ns < flow.lastNs ? 0 : (packet.ns - flow.lastNs) / 1000;
    flow.lastNs = packet.ns;
    flow.image.packets.push_back(images_.keep({packet.ip, packet.octets}, sentBySecond == (flow.serverSide != 0),
                                              static_cast<uint32_t>(std::min<uint64_t>(gapUs, kLongestGapUs))));
    if (flow.hasPayload || packet.payloadCaptured < flow.start.size()) return;
    flow.hasPayload = true;
    std::memcpy(flow.start.data(), packet.payloadData, flow.start.size());
  }

  FlowImages& images_;
  std::map<std::string, GrowingFlow> flows_;
};

}  // namespace weir::bench
