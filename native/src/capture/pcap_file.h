// Capture files as an Observation Point: pcap and pcapng, plain or gzip, from a path or standard input.
#pragma once

#include <memory>
#include <string>

#include "capture/frame.h"

namespace weir {

struct FileSourceOptions {
  std::string path = {};          // `-` = standard input
  uint16_t observationPoint = 0;
  std::string filter = {};        // pcap-filter(7), run here; what it drops is counted in `filtered`
  uint32_t snapLength = 0;        // octets of a frame shown to decode, 0 = all that were captured
};

// open() throws Error: WEIR_FILE (cannot be read), WEIR_CAPTURE_FORMAT (no capture), WEIR_LINKTYPE (pcap of an
// unsupported link type), WEIR_FILTER. A pipe that stays silent is recognised later, by read(); then, as for every
// damage met while reading, there is one Notice and one readErrors, and the source has ended.
// read() may return 0 before the end: a silent pipe, or a filter that dropped a good many frames.
std::unique_ptr<FrameSource> makeFileSource(const FileSourceOptions& options);

}  // namespace weir
