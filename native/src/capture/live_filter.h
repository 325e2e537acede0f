// pcap-filter(7) expressions for the kernel of a live interface.
#pragma once

#include <string>

#include "capture/user_filter.h"

namespace weir {

// As compileFilter(), but `vlan` also matches the tags that the kernel takes out of received frames: libpcap writes
// that code only for a handle that is capturing, so one is opened on the interface for the moment. Call it in the
// interface's network namespace, with the interface up. Throws Error WEIR_FILTER.
FilterProgram compileLiveFilter(const std::string& expression, const std::string& interface, LinkType linkType,
                                uint32_t snapLength);

}  // namespace weir
