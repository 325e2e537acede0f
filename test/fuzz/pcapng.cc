// Any octets as a capture file: no crash, no leak, frames inside bounds, counters that add up, bounded work.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "capture/pcap_file.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Touches the ends of every frame, so that the sanitizer sees a frame outside its memory.
uint64_t touch(const weir::Frame& frame) {
  require(frame.captured <= frame.wire);
  return frame.captured == 0 ? 0 : frame.data[0] + frame.data[frame.captured - 1];
}

void readFile(const std::string& path, size_t size, bool filtered, size_t burst) {
  weir::FileSourceOptions options;
  options.path = path;
  if (filtered) options.filter = "udp or vlan";
  const auto source = weir::makeFileSource(options);
  try {
    source->open();
  } catch (const weir::Error&) {
    return;
  }
  std::vector<weir::Frame> frames(burst);
  uint64_t count = 0, octets = 0, sum = 0, calls = 0;
  while (!source->ended()) {
    const size_t got = source->read(frames, 0);
    require(got <= burst);
    for (size_t i = 0; i < got; i++) {
      octets += frames[i].wire;
      sum += touch(frames[i]);
    }
    count += got;
    // Deflate expands 1032 times at most, and every call takes a frame of 16 octets or asks for more.
    require(++calls <= 1032 * size + 16);
  }
  asm volatile("" : : "r"(sum));
  auto& counters = source->counters();
  require(counters.frames.get() == count && counters.wireOctets.get() == octets);
  require(filtered || counters.filtered.get() == 0);
  size_t damages = 0;
  for (const auto& notice : source->takeNotices()) damages += notice.code == "WEIR_CAPTURE_FORMAT";
  require(counters.readErrors.get() == damages && damages <= 1);
  require(source->read(frames, 0) == 0);
}

}  // namespace

// The first octet chooses: filter, burst size, and whether the file is mapped or comes through a pipe.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint8_t choice = *data++;
  size--;
  const bool piped = (choice & 4) != 0 && size < 60'000;
  int ends[2] = {-1, -1};
  if (piped) {
    require(pipe(ends) == 0 && write(ends[1], data, size) == static_cast<ssize_t>(size));
    close(ends[1]);
  } else {
    ends[0] = memfd_create("fuzz", MFD_CLOEXEC);
    require(ends[0] >= 0 && write(ends[0], data, size) == static_cast<ssize_t>(size));
  }
  readFile("/proc/self/fd/" + std::to_string(ends[0]), size, (choice & 1) != 0, (choice & 2) != 0 ? 1 : 64);
  close(ends[0]);
  return 0;
}
