// Turns a flow record around: the destination becomes the source.
#pragma once

#include "fields/batch_buffer.h"
#include "fields/flow_record.h"

namespace weir {

// Swaps every value by side in the blocks that the stride has, and the sides in the first-packets sequence of the heap.
void turnAround(FlowRecord& record, size_t stride, uint8_t* heap);

}  // namespace weir
