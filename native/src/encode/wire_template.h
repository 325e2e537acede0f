// A template compiled into columns: Data Records are written block by block, column by column.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "encode/column.h"

namespace weir {

// One Data Record about to be written.
struct Row {
  const uint8_t* record;
  const uint8_t* text;  // its variable parts, already in wire form
  uint32_t length;      // octets of the Data Record
  uint32_t side;
};

// A string, octetArray or list: its octets are made before the record is placed.
struct TextColumn {
  const Element* element;
  uint16_t length;  // fixed, or kVariableLength
  bool isString;    // UTF-8, cut between code points; other octets are never cut, but left out
};

// Fixed columns by side, then (but for the last segment) one text column.
struct Segment {
  std::vector<Column> columns[2];
  uint32_t length = 0;  // octets of the fixed columns
};

struct WireTemplate {
  std::vector<Segment> segments;  // one more than texts; empty: no template for this IP version
  std::vector<TextColumn> texts;
  uint32_t fixedLength = 0;    // octets of all that does not vary; without variable columns the record's length
  uint32_t leastLength = 0;    // with one octet for each empty variable column
  bool exists() const { return !segments.empty(); }
};

// gather: join columns by shuffles (gather.h), which canGather() must allow.
WireTemplate compileTemplate(std::span<const PlanField> fields, bool gather);

// Writes Data Records whose places are known, block by block; nothing is in place before flush().
class RowWriter {
 public:
  // Both must outlive the writer.
  RowWriter(const WireTemplate& wire, const FieldContext& context) : wire_(wire), context_(context) {}
  // Rows one behind the other from `to` on; returns the end. Their records and texts are read until flush().
  uint8_t* add(std::span<const Row> rows, uint8_t* to);
  // The same for a template without texts: all of side 0, or each of its own side.
  uint8_t* addFixed(std::span<const uint8_t* const> records, uint8_t* to);
  uint8_t* addFixed(std::span<const uint8_t* const> records, const uint8_t* sides, uint8_t* to);
  void flush();

 private:
  void write(unsigned side);

  const WireTemplate& wire_;
  const FieldContext& context_;
  Block blocks_[2];  // by side
};

}  // namespace weir
