// One entry of the cache: its state bits, its start, and what every packet adds to its hot, link and tunnel blocks.
#pragma once

#include <algorithm>
#include <cstring>

#include "capture/frame.h"
#include "metering/flow_key.h"

namespace weir {

// FlowHot.state.
enum FlowState : uint8_t {
  kLive = 1,              // the entry is in use
  kSourceIsHigh = 2,      // the source is endpoint 1 of the canonical key
  kFinSource = 4,         // FIN seen; kFinSource << side
  kFinDestination = 8,
  kEnded = 16,            // FIN both ways or RST: leaves after the linger
  kIngressKnown = 32,     // FlowLink.interface[0] is set; kIngressKnown << 1 for the egress
  kEgressKnown = 64,
  kInitialSequence = 128, // FlowLink.initialSequence is the source's
};

inline constexpr uint32_t kMaxPackets = UINT32_MAX / 2;  // of a side in one record

// The record's side of a packet: 0 when its sender is the source.
inline unsigned sideOf(const FlowHot& hot, const Packet& packet) {
  return packet.side ^ ((hot.state & kSourceIsHigh) != 0 ? 1u : 0u);
}

// Something was seen since the previous record.
inline bool isPending(const FlowHot& hot) { return (hot.packets[0] | hot.packets[1]) != 0; }

// Counters as the next record begins; what belongs to the flow stays.
inline void resetRecord(FlowHot& hot, FlowLink& link) {
  for (unsigned side = 0; side < 2; side++) {
    hot.tcpFlags[side] = 0;
    hot.octets[side] = hot.payloadOctets[side] = 0;
    hot.packets[side] = 0;
    hot.tos[side] = 0;
    hot.ttlMin[side] = UINT8_MAX;
    hot.ttlMax[side] = 0;
    if (link.fragments[side] != 0) link.fragments[side] = 0;
  }
  hot.startNs = 0;  // set by the next packet; endNs stays, idleness counts from it
  hot.fragmentFlags = 0;
}

inline void startLink(FlowLink& link, const Packet& packet, unsigned side, uint64_t flowId) {
  link = FlowLink{};
  link.flowId = flowId;
  link.firstSeenNs = packet.ns;
  if ((packet.present & hasMac) != 0) {
    std::memcpy(link.mac[side ^ 1].data(), packet.mac, sizeof(MacAddress));
    std::memcpy(link.mac[side].data(), packet.mac + sizeof(MacAddress), sizeof(MacAddress));
  }
  link.mplsTopEntry = packet.mplsTopEntry;
  link.mplsDepth = packet.mplsDepth;
  link.flowLabel = packet.flowLabel;
  link.vlanPriority = packet.vlanPriority;
  if ((packet.present & hasIcmp) != 0) {
    link.icmpType = packet.icmpType;
    link.icmpCode = packet.icmpCode;
  }
}

// wheelTick is left to the wheel.
inline void startHot(FlowHot& hot, const Packet& packet, uint32_t hash, const Initiator& initiator) {
  hot.key = packet.key;
  hot.hash = hash;
  hot.recordIndex = 0;
  hot.state = static_cast<uint8_t>(kLive | (initiator.endpoint != 0 ? kSourceIsHigh : 0));
  hot.directionMethod = initiator.method;
  hot.endNs = packet.ns;
}

inline void measureHot(FlowHot& hot, const Packet& packet, unsigned side) {
  if (!isPending(hot)) {
    hot.startNs = hot.endNs = packet.ns;
  } else {
    hot.startNs = std::min(hot.startNs, packet.ns);
    hot.endNs = std::max(hot.endNs, packet.ns);
  }
  if (hot.packets[side] == 0) hot.tos[side] = packet.tos;
  hot.octets[side] += packet.octets;
  hot.payloadOctets[side] += packet.payload;
  hot.packets[side] += packet.wirePackets;
  hot.ttlMin[side] = std::min(hot.ttlMin[side], packet.ttl);
  hot.ttlMax[side] = std::max(hot.ttlMax[side], packet.ttl);
  hot.fragmentFlags |= packet.fragmentFlags;
  if ((packet.present & hasTcp) != 0) hot.tcpFlags[side] |= packet.tcpFlags;
}

// Touches the link block only for what a flow's packets rarely bring.
inline void measureLink(FlowHot& hot, FlowLink& link, const Packet& packet, unsigned side) {
  const unsigned way = packet.direction == static_cast<uint8_t>(FrameDirection::sent) ? 1 : 0;
  const auto known = static_cast<uint8_t>(kIngressKnown << way);
  if (packet.interface != 0 && (hot.state & known) == 0) {
    link.interface[way] = packet.interface;
    hot.state |= known;
  }
  if ((packet.present & (hasSpi | isFragment)) == 0) return;
  if ((packet.present & hasSpi) != 0 && link.spi[side] == 0) link.spi[side] = packet.spi;
  if ((packet.present & isFragment) != 0) {
    const uint32_t fragments = link.fragments[side] + packet.wirePackets;
    link.fragments[side] = static_cast<uint16_t>(std::min<uint32_t>(fragments, UINT16_MAX));
  }
}

// Keeps the envelope of the first tunnelled packet, endpoints in source order, and each way's first id.
inline void measureTunnel(FlowTunnel& tunnel, const Packet& packet, unsigned side) {
  if (tunnel.type == TunnelType::none) {
    tunnel = packet.tunnel;
    if (side != 0) {
      std::swap(tunnel.outerAddress[0], tunnel.outerAddress[1]);
      std::swap(tunnel.outerPort[0], tunnel.outerPort[1]);
    }
    tunnel.tunnelId[0] = tunnel.tunnelId[1] = 0;
  }
  if (tunnel.tunnelId[side] == 0) tunnel.tunnelId[side] = packet.tunnelId;
}

// End detection of TCP: FIN both ways or RST. True when the flow ends with this packet.
inline bool measureEnd(FlowHot& hot, FlowLink& link, const Packet& packet, unsigned side) {
  if ((packet.tcpFlags & (kTcpFin | kTcpSyn | kTcpRst)) == 0) return false;
  if (side == 0 && (hot.state & kInitialSequence) == 0 && isOpeningSyn(packet)) {
    link.initialSequence = packet.sequence;
    hot.state |= kInitialSequence;
  }
  if ((hot.state & kEnded) != 0) return false;
  if ((packet.tcpFlags & kTcpFin) != 0) hot.state |= static_cast<uint8_t>(kFinSource << side);
  constexpr uint8_t kBoth = kFinSource | kFinDestination;
  if ((packet.tcpFlags & kTcpRst) == 0 && (hot.state & kBoth) != kBoth) return false;
  hot.state |= kEnded;
  return true;
}

// A SYN that opens another connection under the key of one that has ended; a repeated SYN of the same one is not.
inline bool reopens(const FlowHot& hot, const FlowLink& link, const Packet& packet) {
  if ((hot.state & kEnded) == 0 || !isOpeningSyn(packet)) return false;
  const bool repeated = sideOf(hot, packet) == 0 && (hot.state & kInitialSequence) != 0 &&
                        packet.sequence == link.initialSequence;
  return !repeated;
}

}  // namespace weir
