// What decode hands to metering: one metered packet (or GSO super-packet), all lengths checked.
#pragma once

#include <cstdint>

#include "fields/flow_record.h"

namespace weir {

// Where a captured frame ends. Exactly one per frame; metered is the only good one (DESIGN 1.2).
enum class Outcome : uint8_t {
  metered = 0,
  notIp,                // ARP, STP, LLDP, unknown EtherType ...
  truncatedLink,        // snap length or file cut the link header
  truncatedNetwork,     // ... the IP header or its extension headers
  truncatedTransport,   // ... the ports of a first fragment or whole packet
  malformedLink,        // lengths or versions that contradict each other
  malformedNetwork,
  malformedTransport,
  unsupportedLinkType,
  unsupportedNesting,   // more tags, labels, extension headers or tunnels than the limit
  unsupportedTunnelFragment,  // later fragment of a tunnel datagram: its octets are in the first one's inner packet
  notSampled,           // left out by packet sampling, not looked at
  count_,
};
inline constexpr size_t kOutcomes = static_cast<size_t>(Outcome::count_);
// Names as in /metrics and --stats ("metered", "notIp", "truncatedLink" ...).
const char* outcomeName(Outcome outcome);

// Bits of Packet.present.
enum PacketPresent : uint16_t {
  hasTcp = 1,
  hasPayload = 2,      // payload points at payloadCaptured octets
  hasMac = 4,
  hasTunnel = 8,
  isFragment = 16,     // any fragment
  isLaterFragment = 32,  // offset > 0: ports came from the fragment table (or are 0)
  hasIcmp = 64,
  hasSpi = 128,
  isRequest = 256,     // ICMP echo request, SCTP INIT: the sender is the initiator
  isReply = 512,       // ICMP echo reply, SCTP INIT ACK: the receiver is the initiator
};

struct Packet {
  FlowKey key;            // canonical: endpoint 0 is the lower (address, port)
  uint64_t ns;
  uint32_t octets;        // IP octets of all wire packets this stands for
  uint32_t payload;       // octets behind the transport header, of all wire packets
  uint32_t wirePackets;   // 1, or more for a GSO super-packet
  uint32_t largest;       // IP octets of the largest wire packet (== octets when wirePackets is 1)
  uint16_t present;
  uint8_t side;           // 0: the sender is key.address[0]; 1: key.address[1]
  uint8_t tcpFlags;
  uint8_t tos;
  uint8_t ttl;
  uint8_t fragmentFlags;  // 0x40 DF, 0x20 MF
  uint8_t icmpType;
  uint8_t icmpCode;
  uint8_t mplsDepth;
  uint8_t vlanPriority;
  uint8_t windowScale;    // option of this segment, 255 = absent
  uint16_t mss;           // option, 0 = absent
  uint16_t window;        // raw field
  uint32_t sequence;
  uint32_t acknowledgment;
  uint32_t flowLabel;
  uint32_t spi;
  uint32_t mplsTopEntry;
  uint32_t interface;
  uint8_t direction;      // FrameDirection
  const uint8_t* mac;     // destination MAC, then source MAC (12 octets) when hasMac
  const uint8_t* payloadData;
  uint32_t payloadCaptured;
  uint32_t ipCaptured;    // octets from ip on that were captured, at most those the IP header claims
  const uint8_t* ip;      // the metered packet's IP header
  uint32_t tunnelId;      // id in this packet's direction
  FlowTunnel tunnel;      // outer endpoints with [0] = this packet's sender side, when hasTunnel
};

}  // namespace weir
