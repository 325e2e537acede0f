// Which link types weir decodes, and what libpcap calls the others.
#pragma once

#include <cstdint>
#include <string>

#include "capture/frame.h"

namespace weir {

// linkType: a LINKTYPE_ value of a capture file.
bool linkTypeSupported(uint32_t linkType);

// "127 (IEEE802_11_RADIO, 802.11 plus radiotap header)"; the number alone when libpcap does not know it.
std::string linkTypeName(uint32_t linkType);

// For messages: the supported ones in words.
inline constexpr const char* kSupportedLinkTypes =
    "Ethernet, raw IP, IPv4, IPv6, Linux cooked v1 and v2, BSD loopback, PPP, PPPoE";

}  // namespace weir
