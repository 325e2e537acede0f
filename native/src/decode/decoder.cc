#include "decode/decoder.h"

#include <algorithm>

#include "decode/fragments.h"
#include "decode/plain.h"
#include "decode/tunnel.h"

namespace weir {
namespace {

void copyAddress(const Ip& ip, const uint8_t* octets, Address& address) {
  if (ip.version == 4) {
    setAddress4(address, octets);
  } else {
    std::memcpy(address.data(), octets, 16);
  }
}

FragmentKey fragmentKey(const Frame& frame, const Level& level) {
  FragmentKey key;
  copyAddress(level.ip, level.ip.source, key.source);
  copyAddress(level.ip, level.ip.destination, key.destination);
  key.id = level.ip.fragmentId;
  key.observationPoint = frame.observationPoint;
  key.vlanId = level.link.vlanId;
  key.protocol = level.ip.fragmentProtocol;
  key.ipVersion = level.ip.version;
  return key;
}

bool mayCarryTunnel(const Ip& ip) {
  return ip.protocol == kProtocolUdp || ip.protocol == kProtocolGre || ip.protocol == kProtocolIp4 ||
         ip.protocol == kProtocolIp6;
}

// True when the inner packet ends where the outer one does. In a UDP super-packet whose datagrams each hold a tunnel
// header it does not: the inner packet is only the first of many then.
bool spans(const Ip& outer, const Ip& inner) {
  return static_cast<uint64_t>(inner.start - outer.start) + inner.octets == outer.octets;
}

// envelope is what outer carried, the packet what was in it.
void setTunnel(const Envelope& envelope, const Ip& outer, uint32_t depth, Packet& packet) {
  FlowTunnel& tunnel = packet.tunnel;
  copyAddress(outer, outer.source, tunnel.outerAddress[0]);
  copyAddress(outer, outer.destination, tunnel.outerAddress[1]);
  tunnel.tunnelId[0] = envelope.id;
  tunnel.tunnelId[1] = 0;
  tunnel.outerPort[0] = envelope.ports.source;
  tunnel.outerPort[1] = envelope.ports.destination;
  tunnel.type = envelope.type;
  tunnel.depth = static_cast<uint8_t>(depth);
  tunnel.outerProtocol = outer.protocol;
  tunnel.outerIpVersion = outer.version;
  std::fill(std::begin(tunnel.reserved), std::end(tunnel.reserved), 0u);
  packet.tunnelId = envelope.id;
  packet.present |= hasTunnel;
  // Only these two carry the same id both ways.
  if (envelope.type == TunnelType::vxlan || envelope.type == TunnelType::geneve) {
    packet.key.tunnelKey = static_cast<uint32_t>(envelope.type) << 24 | envelope.id;
  }
}

uint32_t saturate(uint64_t value) { return static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX)); }

// A super-packet stands for segments that each carry all headers in front of the part they take of the innermost
// payload: the metered packet's own and those of the packets inside it.
void applySegments(uint32_t segmentSize, uint32_t innermostPayload, Packet& packet) {
  if (segmentSize == 0 || innermostPayload <= segmentSize || innermostPayload > packet.octets) return;
  const uint64_t count = (innermostPayload + static_cast<uint64_t>(segmentSize) - 1) / segmentSize;
  const uint64_t headers = packet.octets - innermostPayload;
  const uint64_t notPayload = packet.octets - std::min(packet.payload, packet.octets);
  const uint64_t octets = count * headers + innermostPayload;
  packet.wirePackets = static_cast<uint32_t>(count);
  packet.octets = saturate(octets);
  packet.payload = saturate(octets - count * notPayload);
  packet.largest = saturate(headers + segmentSize);
}

}  // namespace

Decoder::Decoder(const DecoderOptions& options)
    : options_(options),
      fragments_(std::make_unique<FragmentTable>(options.fragmentEntries)),
      levels_(std::make_unique<Level[]>(kTunnelLimit + 1)) {}

Decoder::~Decoder() = default;

Outcome Decoder::decode(const Frame& frame, Packet& packet) {
  const Outcome outcome =
      readPlain(frame, options_.tunnels, packet) ? Outcome::metered : decodeAny(frame, packet);
  ++counters_.frames[static_cast<size_t>(outcome)];
  if (outcome == Outcome::metered) counters_.wirePackets.add(packet.wirePackets);
  return outcome;
}

Outcome Decoder::decodeAny(const Frame& frame, Packet& packet) {
  Level& level = levels_[0];
  Slice slice;
  level = Level{};
  Outcome outcome = readLink(frame, level.link, slice);
  if (outcome == Outcome::metered) outcome = readIp(slice, level.ip);
  if (outcome != Outcome::metered) return outcome;
  // With tunnels off a super-packet is looked into all the same: segments repeat the inner headers too.
  if ((options_.tunnels || frame.gsoHeader != 0) && mayCarryTunnel(level.ip)) return decodeNested(frame, packet);
  return meter(frame, 0, 0, packet);
}

Outcome Decoder::decodeNested(const Frame& frame, Packet& packet) {
  const bool gso = frame.gsoHeader != 0;
  const uint32_t allowed = options_.tunnels ? std::min<uint32_t>(options_.tunnelDepth, kTunnelLimit) : 0;
  const uint32_t limit = gso ? kTunnelLimit : allowed;
  uint32_t deepest = 0;
  while (deepest < limit && openEnvelope(levels_[deepest], levels_[deepest + 1])) {
    if (gso && !spans(levels_[deepest].ip, levels_[deepest + 1].ip)) break;
    ++deepest;
  }
  // An inner packet that cannot be metered leaves its envelope to be metered.
  for (uint32_t chosen = std::min(deepest, allowed);; --chosen) {
    const Outcome outcome = meter(frame, chosen, deepest, packet);
    const bool unreadable = outcome == Outcome::truncatedTransport || outcome == Outcome::malformedTransport;
    if (chosen == 0 || !unreadable) return outcome;
  }
}

Outcome Decoder::meter(const Frame& frame, uint32_t chosen, uint32_t deepest, Packet& packet) {
  const Level& level = levels_[chosen];
  const Ip& ip = level.ip;
  Ports ports;
  uint8_t protocol = ip.protocol;
  const Outcome outcome = ip.laterFragment ? readLaterFragment(frame, level, ports, protocol, packet)
                                           : readTransport(ip, ports, packet);
  if (outcome != Outcome::metered) return outcome;
  if (ip.fragment) packet.present |= isFragment;
  setFrame(frame, packet);
  setLink(level.link, packet);
  setIp(ip, protocol, packet);
  if (ip.version == 4) {
    setEndpoints4(ip.source, ip.destination, ports, packet);
  } else {
    setEndpoints6(ip.source, ip.destination, ports, packet);
  }
  if (chosen != 0) setTunnel(level.envelope, levels_[chosen - 1].ip, chosen, packet);
  rememberFragments(frame, chosen, packet);
  if (frame.gsoHeader != 0) segment(frame, chosen, deepest, packet);
  return Outcome::metered;
}

// All octets of a later fragment are payload; the first one's ports and protocol are its own, where it was seen.
Outcome Decoder::readLaterFragment(const Frame& frame, const Level& level, Ports& ports, uint8_t& protocol,
                                   Packet& packet) {
  const FragmentState* first = fragments_->find(fragmentKey(frame, level), frame.ns);
  if (first != nullptr && first->decapsulated) return Outcome::unsupportedTunnelFragment;
  clearTransport(packet);
  setPayload(level.ip.payload, packet);
  packet.present |= isLaterFragment;
  if (first == nullptr) {
    ++counters_.fragmentsUnmatched;
    return Outcome::metered;
  }
  ports = first->ports;
  protocol = first->protocol;
  packet.spi = first->spi;
  if (first->hasSpi) packet.present |= hasSpi;
  return Outcome::metered;
}

// First fragments among the metered packet and its envelopes; with an envelope's, the metered packet went whole.
void Decoder::rememberFragments(const Frame& frame, uint32_t chosen, const Packet& packet) {
  for (uint32_t i = 0; i <= chosen; ++i) {
    const Level& level = levels_[i];
    if (!level.ip.fragment || level.ip.laterFragment) continue;
    FragmentState state;
    state.decapsulated = i < chosen;
    state.protocol = level.ip.protocol;
    state.hasSpi = (packet.present & hasSpi) != 0;
    state.spi = packet.spi;
    state.ports = {packet.key.port[packet.side], packet.key.port[packet.side ^ 1]};
    if (fragments_->put(fragmentKey(frame, level), frame.ns, state)) ++counters_.fragmentsEvicted;
  }
}

void Decoder::segment(const Frame& frame, uint32_t chosen, uint32_t deepest, Packet& packet) const {
  uint32_t payload = packet.payload;
  if (deepest > chosen) {
    Packet inner;
    Ports unused;
    if (readTransport(levels_[deepest].ip, unused, inner) != Outcome::metered) return;
    payload = inner.payload;
  }
  applySegments(frame.gsoSize, payload, packet);
}

}  // namespace weir
