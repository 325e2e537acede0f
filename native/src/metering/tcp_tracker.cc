#include "metering/tcp_tracker.h"

#include <algorithm>

#include "metering/flow_key.h"

namespace weir {

namespace {

// FlowTcp.tcpState[side].
enum TcpState : uint8_t {
  kSequenceKnown = 1,   // nextSequence is valid
  kHoleOpen = 2,
  kZeroWindow = 4,      // the side's last segment announced no room
  kProbed = 8,          // the octet at nextSequence was sent as a zero-window probe
  kHandshake = 16,      // [0] SYN seen, [1] SYN-ACK seen; handshakeUs is the time of the later one
  kHandshakeDone = 32,  // [0] the first ACK was judged; [1] the SYN-ACK was repeated: which one is answered is unknown
  kPayload = 64,        // the side sent payload
};

constexpr int32_t kReorderUs = 3000;
constexpr int32_t kLargestGap = 1 << 30;      // the largest window of RFC 7323
constexpr int32_t kRepeatedSynSpan = 1 << 20;  // a SYN this close behind is a repetition, farther another connection
constexpr uint32_t kDefaultMss = 536;          // RFC 9293 section 3.7.1
constexpr uint8_t kLargestScale = 14;          // RFC 7323 section 2.3

int32_t distance(uint32_t to, uint32_t from) { return static_cast<int32_t>(to - from); }

void addSaturating(uint32_t& value, uint32_t count) { value = value > UINT32_MAX - count ? UINT32_MAX : value + count; }

uint32_t ceilDivide(uint32_t value, uint32_t by) { return value / by + (value % by != 0 ? 1 : 0); }

uint32_t microseconds(const Packet& packet, uint64_t firstSeenNs) {
  return static_cast<uint32_t>(static_cast<int64_t>(packet.ns - firstSeenNs) / 1000);
}

uint32_t segmentPayload(const Packet& packet) { return ceilDivide(packet.payload, std::max(packet.wirePackets, 1u)); }

// The size lost segments are counted in: the smaller MSS announced, else this segment's size, or where that says little
// (a bare ACK behind the gap) the MSS of a host that announces none.
uint32_t lossUnit(const FlowTcp& tcp, const Packet& packet) {
  uint32_t unit = UINT32_MAX;
  if (tcp.mss[0] != 0) unit = tcp.mss[0];
  if (tcp.mss[1] != 0) unit = std::min<uint32_t>(unit, tcp.mss[1]);
  return unit != UINT32_MAX ? unit : std::max(segmentPayload(packet), kDefaultMss);
}

// Wire packets of this Packet that hold `octets` of its payload; a bare SYN or FIN is one.
uint32_t segmentsOf(const Packet& packet, uint32_t octets) {
  const uint32_t size = segmentPayload(packet);
  if (size == 0 || octets == 0) return 1;
  return std::clamp(ceilDivide(octets, size), 1u, std::max(packet.wirePackets, 1u));
}

int32_t reorderLimit(const FlowTcp& tcp) {
  const uint64_t rtt = uint64_t{tcp.clientLatencyUs} + tcp.serverLatencyUs;
  return std::max(kReorderUs, static_cast<int32_t>(std::min<uint64_t>(rtt, INT32_MAX)));
}

struct Segment {
  uint32_t start;
  uint32_t end;      // SYN and FIN occupy one number each
  uint32_t payload;
  bool control;      // SYN or FIN
};

Segment segmentOf(const Packet& packet) {
  const uint32_t syn = (packet.tcpFlags & kTcpSyn) != 0 ? 1 : 0;
  const uint32_t fin = (packet.tcpFlags & kTcpFin) != 0 ? 1 : 0;
  return {packet.sequence, packet.sequence + packet.payload + syn + fin, packet.payload, (syn | fin) != 0};
}

void resync(FlowTcp& tcp, unsigned side, uint32_t next) {
  tcp.nextSequence[side] = next;
  tcp.tcpState[side] = static_cast<uint8_t>((tcp.tcpState[side] | kSequenceKnown) & ~(kHoleOpen | kProbed));
}

void openHole(FlowTcp& tcp, const Packet& packet, unsigned side, uint32_t us) {
  const uint32_t start = tcp.nextSequence[side];
  const uint32_t gap = packet.sequence - start;
  addSaturating(tcp.lostOctets[side], gap);
  addSaturating(tcp.lostPackets[side], ceilDivide(gap, lossUnit(tcp, packet)));
  const bool sameEvent =
      (tcp.tcpState[side] & kHoleOpen) != 0 && distance(us, tcp.holeUs[side]) <= reorderLimit(tcp);
  if (!sameEvent) {
    tcp.holeStart[side] = start;
    tcp.holeUs[side] = us;
  }
  tcp.holeEnd[side] = packet.sequence;
  tcp.tcpState[side] |= kHoleOpen;
}

// Takes [start, end) out of the hole and out of lost. True when any of it lay in the hole.
bool fillHole(FlowTcp& tcp, const Packet& packet, unsigned side, uint32_t start, uint32_t end) {
  if ((tcp.tcpState[side] & kHoleOpen) == 0) return false;
  if (distance(start, tcp.holeStart[side]) < 0) start = tcp.holeStart[side];
  if (distance(end, tcp.holeEnd[side]) > 0) end = tcp.holeEnd[side];
  if (distance(end, start) <= 0) return false;
  const uint32_t filled = std::min(end - start, tcp.lostOctets[side]);
  tcp.lostOctets[side] -= filled;
  const uint32_t packets = std::min(ceilDivide(filled, lossUnit(tcp, packet)), tcp.lostPackets[side]);
  tcp.lostPackets[side] = tcp.lostOctets[side] == 0 ? 0 : std::max(tcp.lostPackets[side] - packets, 1u);
  if (start == tcp.holeStart[side]) tcp.holeStart[side] = end;
  else if (end == tcp.holeEnd[side]) tcp.holeEnd[side] = start;
  if (tcp.lostOctets[side] == 0 || distance(tcp.holeEnd[side], tcp.holeStart[side]) <= 0) {
    tcp.tcpState[side] &= static_cast<uint8_t>(~kHoleOpen);
  }
  return true;
}

// A segment that begins below the highest sequence end.
void oldSegment(FlowTcp& tcp, const Packet& packet, const Segment& segment, unsigned side,
                const uint64_t& firstSeenNs) {
  const uint32_t next = tcp.nextSequence[side];
  const uint32_t oldEnd = distance(segment.end, next) > 0 ? next : segment.end;
  const uint32_t octets = std::min(segment.payload, oldEnd - segment.start);
  const uint32_t packets = segmentsOf(packet, octets);
  const bool fills = fillHole(tcp, packet, side, segment.start, oldEnd);
  if (fills && distance(microseconds(packet, firstSeenNs), tcp.holeUs[side]) <= reorderLimit(tcp)) {
    addSaturating(tcp.outOfOrderPackets[side], packets);
    addSaturating(tcp.outOfOrderOctets[side], octets);
  } else {
    addSaturating(tcp.retransmittedPackets[side], packets);
    addSaturating(tcp.retransmittedOctets[side], octets);
  }
  if (distance(segment.end, next) > 0) tcp.nextSequence[side] = segment.end;
}

// One octet at the edge while the receiver has no room: not sent data yet, the edge stays (RFC 9293 section 3.8.6.1).
bool isWindowProbe(const FlowTcp& tcp, const Segment& segment, unsigned side) {
  return segment.payload == 1 && !segment.control && segment.start == tcp.nextSequence[side] &&
         (tcp.tcpState[side ^ 1] & kZeroWindow) != 0;
}

void trackSequence(FlowTcp& tcp, const Packet& packet, unsigned side, const uint64_t& firstSeenNs) {
  const Segment segment = segmentOf(packet);
  if ((tcp.tcpState[side] & kSequenceKnown) == 0) return resync(tcp, side, segment.end);
  int32_t ahead = distance(segment.start, tcp.nextSequence[side]);
  if ((packet.tcpFlags & kTcpSyn) != 0 && (ahead >= 0 || ahead < -kRepeatedSynSpan)) {
    return resync(tcp, side, segment.end);
  }
  if (ahead == 1 && (tcp.tcpState[side] & kProbed) != 0) {  // the probe's octet was taken
    tcp.nextSequence[side]++;
    ahead = 0;
  }
  if (ahead == 0) {
    if (isWindowProbe(tcp, segment, side)) {
      tcp.tcpState[side] |= kProbed;
      return;
    }
    if (segment.end != segment.start) {
      tcp.nextSequence[side] = segment.end;
      tcp.tcpState[side] &= static_cast<uint8_t>(~kProbed);
    }
  } else if (ahead > kLargestGap) {
    resync(tcp, side, segment.end);
  } else if (ahead > 0) {
    openHole(tcp, packet, side, microseconds(packet, firstSeenNs));
    tcp.nextSequence[side] = segment.end;
    tcp.tcpState[side] &= static_cast<uint8_t>(~kProbed);
  } else {
    const bool keepAlive = ahead == -1 && segment.payload <= 1 && !segment.control;
    if (keepAlive || segment.end == segment.start) return;
    oldSegment(tcp, packet, segment, side, firstSeenNs);
  }
}

void trackWindow(FlowTcp& tcp, const Packet& packet, unsigned side) {
  const bool syn = (packet.tcpFlags & kTcpSyn) != 0;
  if (syn) {
    if (packet.windowScale != UINT8_MAX) tcp.windowScale[side] = std::min(packet.windowScale, kLargestScale);
    if (packet.mss != 0) tcp.mss[side] = packet.mss;
  }
  const bool scaled = !syn && tcp.windowScale[0] != UINT8_MAX && tcp.windowScale[1] != UINT8_MAX;
  const uint32_t window = scaled ? uint32_t{packet.window} << tcp.windowScale[side] : packet.window;
  tcp.windowMin[side] = std::min(tcp.windowMin[side], window);
  tcp.windowMax[side] = std::max(tcp.windowMax[side], window);
  if (window != 0) {
    tcp.tcpState[side] &= static_cast<uint8_t>(~kZeroWindow);
  } else if ((packet.tcpFlags & (kTcpSyn | kTcpFin)) == 0) {
    tcp.tcpState[side] |= kZeroWindow;
    if (tcp.zeroWindows[side] != UINT16_MAX) tcp.zeroWindows[side]++;
  }
}

// 0 means unknown, so a latency below the clock's resolution is 1 µs.
uint32_t latency(uint32_t us, uint32_t sinceUs) {
  return static_cast<uint32_t>(std::max(distance(us, sinceUs), int32_t{1}));
}

// Last SYN -> SYN-ACK is the server's part, SYN-ACK -> first ACK the client's.
void trackHandshake(FlowTcp& tcp, const Packet& packet, unsigned side, const uint64_t& firstSeenNs) {
  const bool syn = (packet.tcpFlags & kTcpSyn) != 0, ack = (packet.tcpFlags & kTcpAck) != 0;
  if (side == 0 && syn && !ack) {
    if ((tcp.tcpState[1] & kHandshake) != 0) return;
    tcp.tcpState[0] |= kHandshake;
    tcp.handshakeUs = microseconds(packet, firstSeenNs);
  } else if (side == 1 && syn && ack) {
    if ((tcp.tcpState[1] & kHandshake) != 0) {
      tcp.tcpState[1] |= kHandshakeDone;
      return;
    }
    const uint32_t us = microseconds(packet, firstSeenNs);
    if ((tcp.tcpState[0] & kHandshake) != 0) tcp.serverLatencyUs = latency(us, tcp.handshakeUs);
    tcp.tcpState[1] |= kHandshake;
    tcp.handshakeUs = us;
  } else if (side == 0 && ack && (tcp.tcpState[1] & kHandshake) != 0) {
    tcp.tcpState[0] |= kHandshakeDone;
    if ((tcp.tcpState[1] & kHandshakeDone) != 0) return;
    tcp.clientLatencyUs = latency(microseconds(packet, firstSeenNs), tcp.handshakeUs);
  }
}

// First payload of the source -> first payload of the destination; where the destination speaks first it stays 0.
void trackApplication(FlowTcp& tcp, const Packet& packet, unsigned side, const uint64_t& firstSeenNs) {
  if ((tcp.tcpState[side] & kPayload) != 0) return;
  tcp.tcpState[side] |= kPayload;
  const uint32_t us = microseconds(packet, firstSeenNs);
  if (side == 0) tcp.requestUs = us;
  else if ((tcp.tcpState[0] & kPayload) != 0) tcp.applicationLatencyUs = latency(us, tcp.requestUs);
}

}  // namespace

void resetTcp(FlowTcp& tcp) {
  for (unsigned side = 0; side < 2; side++) {
    tcp.retransmittedPackets[side] = tcp.retransmittedOctets[side] = 0;
    tcp.outOfOrderPackets[side] = tcp.outOfOrderOctets[side] = 0;
    tcp.lostPackets[side] = tcp.lostOctets[side] = 0;
    tcp.windowMin[side] = UINT32_MAX;
    tcp.windowMax[side] = 0;
    tcp.zeroWindows[side] = 0;
  }
}

void trackTcp(FlowTcp& tcp, const Packet& packet, unsigned side, bool known, const uint64_t& firstSeenNs) {
  const bool tcpSegment = (packet.present & hasTcp) != 0;
  const bool reset = tcpSegment && (packet.tcpFlags & kTcpRst) != 0;
  const bool tcpFlow = packet.key.protocol == kProtocolTcp;
  // Without a handshake the first TCP payload seen need not be a request.
  if (packet.payload != 0 && !reset && (known || !tcpFlow)) trackApplication(tcp, packet, side, firstSeenNs);
  if (!tcpFlow) return;
  if (!tcpSegment) {
    // A later fragment continues the segment whose first fragment was tracked.
    if ((tcp.tcpState[side] & kSequenceKnown) != 0) tcp.nextSequence[side] += packet.payload;
    return;
  }
  if (reset) return;
  trackSequence(tcp, packet, side, firstSeenNs);
  trackWindow(tcp, packet, side);
  if ((tcp.tcpState[0] & kHandshakeDone) == 0) trackHandshake(tcp, packet, side, firstSeenNs);
}

}  // namespace weir
