#include "capture/link_type.h"

#include <pcap/pcap.h>

#include "capture/dead_capture.h"

namespace weir {

bool linkTypeSupported(uint32_t linkType) {
  if (linkType > UINT16_MAX) return false;
  switch (static_cast<LinkType>(linkType)) {
    case LinkType::null:
    case LinkType::ethernet:
    case LinkType::ppp:
    case LinkType::pppHdlc:
    case LinkType::pppoe:
    case LinkType::rawBsd:
    case LinkType::rawOpenBsd:
    case LinkType::raw:
    case LinkType::loop:
    case LinkType::linuxCooked:
    case LinkType::ipv4:
    case LinkType::ipv6:
    case LinkType::linuxCooked2:
      return true;
  }
  return false;
}

std::string linkTypeName(uint32_t linkType) {
  std::string text = std::to_string(linkType);
  // libpcap names DLT_ values; its file reader knows which one a LINKTYPE_ value is.
  const DeadCapture capture = openDeadFile(linkType, false, 0);
  const int dlt = capture ? pcap_datalink(capture.get()) : static_cast<int>(linkType);
  const char* name = pcap_datalink_val_to_name(dlt);
  const char* description = pcap_datalink_val_to_description(dlt);
  if (name == nullptr) return text;
  text += std::string(" (") + name;
  if (description != nullptr) text += std::string(", ") + description;
  return text + ")";
}

}  // namespace weir
