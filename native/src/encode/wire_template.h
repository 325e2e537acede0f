// An IPFIX template compiled: Data Records are written column by column, one loop over many records per field, so that
// no field costs a branch per record.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "encode/plan.h"

namespace weir {

// One Data Record about to be written.
struct Row {
  const uint8_t* record;
  const uint8_t* text;  // its variable parts, already in wire form
  uint32_t length;      // octets of the Data Record
  uint32_t side;
};

// Rows of one side that are written together, and so stay in the first-level cache.
struct Block {
  static constexpr size_t kRows = 48;
  size_t count = 0;
  unsigned side = 0;
  const uint8_t* record[kRows];
  const uint8_t* text[kRows];
  uint8_t* at[kRows];  // where the current segment of the record goes
};

struct Column;
using ColumnWriter = void (*)(const Column& column, const Block& block, const FieldContext& context);

struct Column {
  ColumnWriter write;
  const Element* element;
  uint32_t offset[2];  // into the flow record, by side
  uint16_t target;     // octets into the segment
  uint16_t length;     // octets on the wire
};

// A string, octetArray or list: its octets are made before the record is placed.
struct TextColumn {
  const Element* element;
  uint16_t length;  // fixed, or kVariableLength
  bool isString;    // UTF-8, cut between code points; other octets are never cut, but left out
};

// Fixed columns, then (but for the last segment) one text column.
struct Segment {
  uint16_t firstColumn, endColumn;
  uint32_t length;  // octets of the fixed columns
};

struct WireTemplate {
  std::vector<Column> columns;
  std::vector<Segment> segments;  // one more than texts; empty: no template for this IP version
  std::vector<TextColumn> texts;
  uint32_t fixedLength = 0;    // octets of all that does not vary; without variable columns the record's length
  uint32_t leastLength = 0;    // with one octet for each empty variable column
  bool exists() const { return !segments.empty(); }
};

// biflow: side 1 is never written, so copies may merge where only side 0 allows it.
WireTemplate compileTemplate(std::span<const PlanField> fields, bool biflow);

// Writes Data Records whose places are known, block by block; nothing is in place before flush().
class RowWriter {
 public:
  // Both must outlive the writer.
  RowWriter(const WireTemplate& wire, const FieldContext& context) : wire_(wire), context_(context) {
    blocks_[1].side = 1;
  }
  // Rows one behind the other from `to` on; returns the end. Their records and texts are read until flush().
  uint8_t* add(std::span<const Row> rows, uint8_t* to);
  void flush();

 private:
  void write(Block& block);

  const WireTemplate& wire_;
  const FieldContext& context_;
  Block blocks_[2];
};

}  // namespace weir
