// Wire octets by shuffles: 16 octets of a Data Record are made at once from a few 16-octet loads of the flow record
// (SSSE3 pshufb), whatever fields they belong to. Without that instruction the plain columns do it.
#pragma once

#include <span>
#include <vector>

#include "encode/column.h"

namespace weir {

// Whether this processor has the instruction.
bool canGather();

// Replaces the columns of one segment that are rearranged octets by writers of 16 octets; others follow unchanged, and
// must be written after them. length: of the segment; recordSize: octets of the flow record that may be read.
void gatherColumns(std::vector<Column>& columns, size_t length, size_t recordSize);

}  // namespace weir
