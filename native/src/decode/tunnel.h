// Tunnel envelopes: GRE (RFC 2784, 2890, 1701 routing, 2637 PPTP), VXLAN (RFC 7348) and VXLAN-GPE, GENEVE (RFC 8926),
// GTP-U (TS 29.281), IP in IP (RFC 2003, 2473, 4213), ERSPAN I to III, L2TPv2 data (RFC 2661).
#pragma once

#include <cstdint>

#include "decode/ip.h"
#include "decode/link.h"
#include "decode/transport.h"

namespace weir {

inline constexpr uint32_t kTunnelLimit = 8;  // envelopes looked into, whatever the options say

// UDP ports that carry tunnels; both directions of VXLAN, GENEVE and GTP-U send to them, L2TP answers from 1701.
inline bool isTunnelPort(const Ports& ports) {
  switch (ports.destination) {
    case 1701: case 2152: case 4789: case 4790: case 6081: case 8472: return true;
    default: return ports.source == 1701;
  }
}

struct Envelope {
  TunnelType type = TunnelType::none;
  uint32_t id = 0;
  Ports ports;  // of the outer UDP header, else 0
};

// One IP packet of a frame: the outermost, or one that an envelope was taken from.
struct Level {
  Link link;          // the nearest link header in front of it: an inner Ethernet header replaces the outer one
  Ip ip;
  Envelope envelope;  // around it; type none for the outermost
};

// Opens the envelope that outer carries. False when it carries none, or its header is malformed, or what is inside is
// not IP (ARP, control messages): then outer is all there is to meter, and nothing is lost.
bool openEnvelope(const Level& outer, Level& inner);

}  // namespace weir
