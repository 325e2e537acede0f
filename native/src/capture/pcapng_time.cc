#include "capture/pcapng.h"

namespace weir {

namespace {

__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 UnsignedWide;
constexpr UnsignedWide kPerSecond = 1'000'000'000;

}  // namespace

uint64_t pcapngTimeNs(uint64_t units, uint8_t resolution, int64_t offset) {
  const unsigned exponent = resolution & 0x7f;
  UnsignedWide ns = units;
  if ((resolution & 0x80) != 0) {
    ns = ns * kPerSecond >> exponent;
  } else {
    for (unsigned i = exponent; i < 9; i++) ns *= 10;
    for (unsigned i = 9; i < exponent && ns != 0; i++) ns /= 10;  // floors compose
  }
  const Wide moved = static_cast<Wide>(ns) + static_cast<Wide>(offset) * static_cast<Wide>(kPerSecond);
  if (moved < 0) return 0;
  return moved > static_cast<Wide>(kLatestNs) ? kLatestNs : static_cast<uint64_t>(moved);
}

}  // namespace weir
