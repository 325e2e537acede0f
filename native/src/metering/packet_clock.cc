#include "metering/packet_clock.h"

namespace weir {

uint64_t PacketClock::search(uint64_t stampNs) {
  uint64_t ns = stampNs - other_;
  if (!inRange(ns)) {
    clock_.observe();  // set between the look and now, or by less than a look notices
    adopt(clock_.wallOffsetNs());
    ns = stampNs - offset_;
  }
  if (inRange(ns)) {
    lastNs_ = ns;
    return ns;
  }
  other_ = stampNs - nowNs_;
  return nowNs_;
}

}  // namespace weir
