#include "attribution/flow_direction.h"

#include <cstring>
#include <utility>

namespace weir {

namespace {

template <class... Pairs>
void swapSides(Pairs&... pairs) {
  (std::swap(pairs[0], pairs[1]), ...);
}

void turnTcp(FlowTcp& tcp) {
  swapSides(tcp.nextSequence, tcp.retransmittedPackets, tcp.retransmittedOctets, tcp.outOfOrderPackets,
            tcp.outOfOrderOctets, tcp.lostPackets, tcp.lostOctets, tcp.windowMin, tcp.windowMax, tcp.holeStart,
            tcp.holeEnd, tcp.holeUs, tcp.mss, tcp.zeroWindows, tcp.windowScale, tcp.tcpState);
  std::swap(tcp.clientLatencyUs, tcp.serverLatencyUs);
  tcp.applicationLatencyUs = 0;  // it counts from the source's first payload
}

void turnSequence(const FlowText& text, uint8_t* heap) {
  for (uint32_t at = 0; at + sizeof(SequenceItem) <= text.sequence.length; at += sizeof(SequenceItem)) {
    heap[text.sequence.offset + at + offsetof(SequenceItem, side)] ^= 1;
  }
}

}  // namespace

void turnAround(FlowRecord& record, size_t stride, uint8_t* heap) {
  FlowHot& hot = record.hot;
  swapSides(hot.key.address, hot.key.port, hot.tcpFlags, hot.octets, hot.payloadOctets, hot.packets, hot.tos, hot.ttlMin,
            hot.ttlMax);
  // Interfaces are those packets came in and went out by, whoever sent them.
  swapSides(record.link.mac, record.link.spi, record.link.fragments);
  if (stride >= offsetof(FlowRecord, stats)) turnTcp(record.tcp);
  if (stride >= offsetof(FlowRecord, tunnel)) {
    FlowStats& stats = record.stats;
    swapSides(stats.firstNs, stats.lastNs, stats.sizeSquares, stats.gapSquares, stats.gapMinUs, stats.gapMaxUs,
              stats.sizeMin, stats.sizeMax);
  }
  if (stride >= offsetof(FlowRecord, text)) {
    swapSides(record.tunnel.outerAddress, record.tunnel.tunnelId, record.tunnel.outerPort);
  }
  if (stride >= offsetof(FlowRecord, endpoint)) turnSequence(record.text, heap);
  if (stride >= offsetof(FlowRecord, kernel)) {
    FlowEndpoint& endpoint = record.endpoint;
    swapSides(endpoint.profile, endpoint.opener, endpoint.threadId, endpoint.match, endpoint.natPort,
              endpoint.natAddress);
    const auto tentative = static_cast<unsigned>(endpoint.flags & (kTentative | kTentative << 1));
    endpoint.flags = static_cast<uint8_t>((endpoint.flags & ~3u) | (tentative >> 1) | ((tentative & 1) << 1));
  }
  if (stride >= sizeof(FlowRecord)) swapSides(record.kernel.tcp);
}

}  // namespace weir
