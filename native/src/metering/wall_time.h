// Records of live flows on their way out: from probe time to times since the Unix epoch, as the system clock is now. So a flow
// that saw the clock being set keeps its duration, and its end agrees with the export time.
#pragma once

#include "fields/batch_buffer.h"
#include "fields/flow_record.h"

namespace weir {

inline void toWallTime(FlowRecord& record, size_t stride, int64_t wallOffsetNs) {
  const auto offset = static_cast<uint64_t>(wallOffsetNs);
  record.hot.startNs += offset;
  record.hot.endNs += offset;
  record.link.firstSeenNs += offset;
  if (stride < offsetof(FlowRecord, tunnel)) return;
  for (unsigned side = 0; side < 2; side++) {
    if (record.stats.lastNs[side] == 0) continue;
    record.stats.firstNs[side] += offset;
    record.stats.lastNs[side] += offset;
  }
}

inline void toWallTime(const BatchBuffer& batch, uint32_t first, int64_t wallOffsetNs) {
  for (uint32_t i = first; i < batch.count; i++) {
    toWallTime(*reinterpret_cast<FlowRecord*>(batch.records + size_t{i} * batch.stride), batch.stride, wallOffsetNs);
  }
}

}  // namespace weir
