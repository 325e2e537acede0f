// Wire octets by shuffles: 32 octets of a Data Record are made at once from a few loads of the flow record (AVX2
// vpshufb), whatever fields they belong to. Without that instruction the plain columns do it.
#pragma once

#include <span>
#include <vector>

#include "encode/column.h"

namespace weir {

// Whether this processor has the instruction.
bool canGather();

// Replaces the columns of one segment that are rearranged octets by writers of 16 or 32 octets; others follow
// unchanged, and must be written after them. length: of the segment; recordSize: octets of the flow record that may be read.
void gatherColumns(std::vector<Column>& columns, size_t length, size_t recordSize);

}  // namespace weir
