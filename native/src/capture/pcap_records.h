// The classic pcap file format (draft-ietf-opsawg-pcap): a 24-octet header, then records. The hot path of offline runs.
#pragma once

#include <memory>

#include "capture/file_format.h"

namespace weir {

// header: the file's first kPcapHeader octets. Null when the magic is not one of pcap's.
inline constexpr size_t kPcapHeader = 24;
std::unique_ptr<FileFormat> makePcapRecords(const uint8_t* header, const FormatOptions& options);

}  // namespace weir
