// Community ID version 1 (github.com/corelight/community-id-spec): one text for a flow, whoever saw it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fields/flow_record.h"

namespace weir {

inline constexpr size_t kCommunityIdSize = 30;  // "1:" and 28 characters of base64

// Writes kCommunityIdSize octets to out (no terminating zero) and returns how many.
// Endpoint order does not matter, except that icmpType and icmpCode (ICMP and ICMPv6) are of a packet that
// endpoint 0 of the key sent. The key's ports count for TCP, UDP and SCTP only.
size_t communityId(const FlowKey& key, uint8_t icmpType, uint8_t icmpCode, uint16_t seed, char* out);

}  // namespace weir
