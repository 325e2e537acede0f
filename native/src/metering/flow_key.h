// The flow key in the cache: whole-key compare, hash, and who the source is.
#pragma once

#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "decode/ip.h"
#include "decode/packet.h"
#include "fields/flow_record.h"

namespace weir {

// All 48 octets, without a branch per word.
inline bool sameKey(const FlowKey& a, const FlowKey& b) {
  uint64_t x[6], y[6];
  std::memcpy(x, &a, sizeof x);
  std::memcpy(y, &b, sizeof y);
  return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4]) | (x[5] ^ y[5])) == 0;
}

inline uint32_t hashKey(const FlowKey& key, const HashSeed& seed) {
  return static_cast<uint32_t>(hashFixed<sizeof(FlowKey)>(&key, seed));
}

// Endpoint 0 becomes endpoint 1 and back.
inline void swapEndpoints(FlowKey& key) {
  std::swap(key.address[0], key.address[1]);
  std::swap(key.port[0], key.port[1]);
}

inline bool isOpeningSyn(const Packet& packet) {
  return (packet.present & hasTcp) != 0 && (packet.tcpFlags & (kTcpSyn | kTcpAck)) == kTcpSyn;
}

// Who a flow's first packet makes the source: the endpoint's number in the canonical key, and how that was decided.
struct Initiator {
  uint8_t endpoint;
  DirectionMethod method;
};

inline Initiator initiatorOf(const Packet& packet) {
  const uint8_t sender = packet.side;
  const auto receiver = static_cast<uint8_t>(packet.side ^ 1);
  if ((packet.present & hasTcp) != 0) {
    const uint8_t handshake = packet.tcpFlags & (kTcpSyn | kTcpAck);
    if (handshake == kTcpSyn) return {sender, DirectionMethod::syn};
    if (handshake == (kTcpSyn | kTcpAck)) return {receiver, DirectionMethod::synAck};
    return {sender, DirectionMethod::firstPacket};
  }
  const bool icmp = (packet.present & hasIcmp) != 0;
  if ((packet.present & isRequest) != 0) return {sender, icmp ? DirectionMethod::request : DirectionMethod::syn};
  if ((packet.present & isReply) != 0) return {receiver, icmp ? DirectionMethod::request : DirectionMethod::synAck};
  return {sender, DirectionMethod::firstPacket};
}

}  // namespace weir
