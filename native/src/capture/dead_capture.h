// libpcap handles without packets, for what libpcap knows better: filter compilation and link type names.
#pragma once

#include <cstdint>
#include <memory>

struct pcap;

namespace weir {

struct CloseCapture {
  void operator()(pcap* capture) const;
};
using DeadCapture = std::unique_ptr<pcap, CloseCapture>;

// As if reading a file of this LINKTYPE_ value: libpcap then accepts the address families of every BSD and, for
// BSD loopback, the writer's byte order. Null when libpcap refuses.
DeadCapture openDeadFile(uint32_t linkType, bool bigEndian, uint32_t snapLength);

// As if capturing live. snapLength 0 = the largest.
DeadCapture openDeadInterface(uint32_t linkType, uint32_t snapLength);

}  // namespace weir
