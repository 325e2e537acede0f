// Everything in front of the IP header: link types, 802.1Q/ad tags, LLC/SNAP, MPLS stacks, PPPoE, PPP.
// These are removed always; they are no tunnels.
#pragma once

#include <cstdint>

#include "capture/frame.h"
#include "decode/packet.h"
#include "decode/slice.h"

namespace weir {

inline constexpr uint32_t kTagLimit = 8;     // 802.1Q/ad tags in one frame
inline constexpr uint32_t kLabelLimit = 16;  // MPLS labels in one frame

struct Link {
  const uint8_t* mac = nullptr;  // destination, source
  uint32_t mplsTopEntry = 0;
  uint32_t interface = 0;        // Linux cooked v2 carries it
  uint16_t vlanId = 0;
  uint16_t innerVlanId = 0;
  uint8_t vlanPriority = 0;
  uint8_t tags = 0;
  uint8_t mplsDepth = 0;
  FrameDirection direction = FrameDirection::unknown;  // Linux cooked carries it

  void tag(uint16_t tci) {
    if (tags == 0) {
      vlanId = tci & 0xfff;
      vlanPriority = static_cast<uint8_t>(tci >> 13);
    } else if (tags == 1) {
      innerVlanId = tci & 0xfff;
    }
    ++tags;
  }
};

// These return metered when slice then starts at something that claims to be an IP header.
// Reads the link header of a whole frame.
Outcome readLink(const Frame& frame, Link& link, Slice& slice);
// Reads from an Ethernet destination address on (also inside tunnels).
Outcome readEthernet(Link& link, Slice& slice);
// Reads on behind an EtherType or IEEE 802.3 length.
Outcome readEtherType(uint16_t type, Link& link, Slice& slice);
// Reads from the optional HDLC address of a PPP frame on (RFC 1661, RFC 1662).
Outcome readPpp(Link& link, Slice& slice);

}  // namespace weir
