// libFuzzer: octets -> a few frames of any link type, tunnels and GSO on or off -> decode. Whatever the octets are,
// each frame has one outcome, a metered packet a canonical key and lengths that fit, and payload stays in the frame.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "decode/decoder.h"

namespace {

using namespace weir;

constexpr LinkType kLinkTypes[] = {
    LinkType::ethernet, LinkType::null, LinkType::ppp, LinkType::pppHdlc, LinkType::pppoe, LinkType::rawBsd,
    LinkType::rawOpenBsd, LinkType::raw, LinkType::loop, LinkType::linuxCooked, LinkType::ipv4, LinkType::ipv6,
    LinkType::linuxCooked2, static_cast<LinkType>(9999),
};
constexpr size_t kHeader = 8;  // per frame: switches, link type, GSO size, length, tag

void require(bool holds) {
  if (!holds) std::abort();
}

bool canonical(const FlowKey& key) {
  const int order = std::memcmp(key.address[0].data(), key.address[1].data(), sizeof(Address));
  return order < 0 || (order == 0 && key.port[0] <= key.port[1]);
}

void checkPacket(const Frame& frame, const Packet& packet, bool tunnels) {
  const FlowKey& key = packet.key;
  require(canonical(key));
  require(key.ipVersion == 4 || key.ipVersion == 6);
  require(packet.side <= 1);
  require(packet.wirePackets >= 1);
  require(packet.octets >= (key.ipVersion == 4 ? 20u : 40u));
  require(packet.payload <= packet.octets);
  require(packet.largest <= packet.octets);
  require(packet.wirePackets > 1 || packet.largest == packet.octets);
  require(packet.payloadCaptured <= packet.payload);
  require(packet.windowScale <= 14 || packet.windowScale == 255);
  require(key.observationPoint == frame.observationPoint && packet.ns == frame.ns);
  if ((packet.present & hasPayload) != 0) {
    require(packet.payloadCaptured != 0 && packet.payloadData >= frame.data);
    require(packet.payloadData + packet.payloadCaptured <= frame.data + frame.captured);
  }
  if ((packet.present & hasMac) != 0) {
    require(packet.mac >= frame.data && packet.mac + 12 <= frame.data + frame.captured);
  }
  if ((packet.present & isLaterFragment) != 0) require((packet.present & isFragment) != 0);
  if ((packet.present & hasTunnel) != 0) {
    require(tunnels && packet.tunnel.type != TunnelType::none && packet.tunnel.depth >= 1);
    require(packet.tunnelId == packet.tunnel.tunnelId[0]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const bool tunnels = (data[0] & 1) != 0;
  Decoder decoder({.tunnels = tunnels, .tunnelDepth = static_cast<uint8_t>(data[0] >> 1 & 15), .fragmentEntries = 4});
  uint64_t frames = 0, wirePackets = 0;
  for (++data, --size; size > kHeader; ++frames) {
    const size_t length = std::min<size_t>(size - kHeader, data[4] | (data[0] & 7) << 8);
    // A copy of its own size, so that AddressSanitizer sees every octet read behind it.
    const std::vector<uint8_t> octets(data + kHeader, data + kHeader + length);
    Frame frame{};
    frame.data = octets.data();
    frame.captured = static_cast<uint32_t>(length);
    frame.wire = frame.captured + ((data[0] & 8) != 0 ? data[5] * 997u : 0);
    frame.ns = frames * 7'000'000'000;
    frame.linkType = kLinkTypes[data[1] % std::size(kLinkTypes)];
    frame.gsoHeader = data[0] >> 4 & 1;
    frame.gsoSize = static_cast<uint16_t>(data[2] << 8 | data[3]);
    frame.vlanTpid = (data[0] & 32) != 0 ? 0x8100 : 0;
    frame.vlanTci = static_cast<uint16_t>(data[6] << 8 | data[7]);
    Packet packet;
    if (decoder.decode(frame, packet) == Outcome::metered) {
      checkPacket(frame, packet, tunnels);
      wirePackets += packet.wirePackets;
    }
    data += kHeader + length;
    size -= kHeader + length;
  }
  uint64_t outcomes = 0;
  for (const Counter& counter : decoder.counters().frames) outcomes += counter.get();
  require(outcomes == frames);
  require(decoder.counters().wirePackets.get() == wirePackets);
  return 0;
}
