#include "capture/dead_capture.h"

#include <pcap/pcap.h>
#include <stdio.h>

#include <bit>
#include <cstring>

#include "capture/frame.h"

namespace weir {

namespace {

constexpr uint32_t kLargestFrame = 262144;

uint32_t inOrder(uint32_t value, bool bigEndian) {
  return bigEndian == (std::endian::native == std::endian::big) ? value : __builtin_bswap32(value);
}

}  // namespace

void CloseCapture::operator()(pcap* capture) const { pcap_close(capture); }

DeadCapture openDeadFile(uint32_t linkType, bool bigEndian, uint32_t snapLength) {
  if (linkType == static_cast<uint32_t>(LinkType::rawOpenBsd)) linkType = static_cast<uint32_t>(LinkType::raw);
  const uint32_t version = bigEndian ? 2u << 16 | 4u : 4u << 16 | 2u;
  uint32_t header[6] = {0xa1b2c3d4, version, 0, 0, snapLength == 0 ? kLargestFrame : snapLength, linkType};
  for (uint32_t& word : header) word = inOrder(word, bigEndian);
  FILE* file = fmemopen(header, sizeof header, "r");
  if (file == nullptr) return nullptr;
  char error[PCAP_ERRBUF_SIZE];
  pcap_t* capture = pcap_fopen_offline(file, error);
  if (capture == nullptr) fclose(file);
  return DeadCapture(capture);
}

DeadCapture openDeadInterface(uint32_t linkType, uint32_t snapLength) {
  const bool raw = linkType == static_cast<uint32_t>(LinkType::raw) ||
                   linkType == static_cast<uint32_t>(LinkType::rawOpenBsd);
  const int dlt = raw ? DLT_RAW : static_cast<int>(linkType);
  return DeadCapture(pcap_open_dead(dlt, static_cast<int>(snapLength == 0 ? kLargestFrame : snapLength)));
}

}  // namespace weir
