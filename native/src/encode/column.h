// Columns: one field, or some octets, of many Data Records written in one loop, so that no field costs a branch per
// record.
#pragma once

#include <cstdint>
#include <vector>

#include "encode/plan.h"

namespace weir {

// Rows of one side that are written together, and so stay in the first-level cache.
struct Block {
  static constexpr size_t kRows = 48;
  size_t count = 0;
  const uint8_t* record[kRows + 1];  // one more than count: RowWriter::addFixed()
  const uint8_t* text[kRows];
  uint8_t* at[kRows + 1];  // where the current segment of the record goes
};

struct Column;
using ColumnWriter = void (*)(const Column& column, const Block& block, const FieldContext& context);

// 16 octets of the flow record, and where each octet of the target comes from among them (0x80: not from there).
struct Shuffle {
  uint32_t offset;
  uint8_t octet[16];
};

struct Column {
  ColumnWriter write = nullptr;
  const Element* element = nullptr;
  uint32_t offset = 0;  // into the flow record
  uint32_t second = 0;  // the same, of the second value of a pair
  uint16_t target = 0;  // octets into the segment
  uint16_t length = 0;  // octets on the wire
  uint8_t side = 0;     // what computed values are asked for
  bool isCopy = false;  // plain octets
  std::vector<Shuffle> shuffles = {};  // of writers made by gather.h
};

// The column of a fixed-size field for records of one side.
Column columnOf(const PlanField& field, unsigned side, size_t target);
// Whether the wire form is made of octets of the record and zeros only: plain copies, integers that no clamp touches.
bool isRearranged(const Column& column);
// Which octet of the record that is, for an octet of such a column; kZeroOctet in front of a small integer.
inline constexpr uint32_t kZeroOctet = UINT32_MAX;
uint32_t originOf(const Column& column, size_t octet);
// Joins copies that lie side by side in the record and on the wire, and times in milliseconds that do so on the wire.
void joinColumns(std::vector<Column>& columns);

}  // namespace weir
