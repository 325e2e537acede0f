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
  uint8_t* at;          // where the current segment of the record goes
  const uint8_t* text;  // its variable parts, already in wire form
  uint32_t length;      // octets of the Data Record
  uint32_t side;
};

struct Column;
using ColumnWriter = void (*)(const Column& column, std::span<const Row> rows, const FieldContext& context);

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

// Writes the rows, which lie one behind the other from `to` on; returns the end. Changes row.at and row.text.
uint8_t* writeRows(const WireTemplate& wire, std::span<Row> rows, uint8_t* to, const FieldContext& context);

}  // namespace weir
