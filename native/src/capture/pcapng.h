// pcapng (draft-ietf-opsawg-pcapng): sections, interfaces and packet blocks; other blocks are skipped.
#pragma once

#include <memory>

#include "capture/file_format.h"

namespace weir {

inline constexpr uint32_t kPcapngMagic = 0x0a0d0d0a;  // a palindrome: the same in both byte orders
std::unique_ptr<FileFormat> makePcapng(const FormatOptions& options);

// Exact conversion of a pcapng timestamp: resolution is if_tsresol (10^-n, or 2^-n with the top bit set), offset is
// if_tsoffset in seconds. Times before 1970 are 0, times after 2262 are kLatestNs.
uint64_t pcapngTimeNs(uint64_t units, uint8_t resolution, int64_t offset);

}  // namespace weir
