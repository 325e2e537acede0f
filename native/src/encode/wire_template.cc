#include "encode/wire_template.h"

#include <algorithm>
#include <cstring>

#include "base/cursor.h"
#include "encode/gather.h"

namespace weir {

WireTemplate compileTemplate(std::span<const PlanField> fields, bool gather) {
  WireTemplate wire;
  if (fields.empty()) return wire;
  wire.segments.emplace_back();
  for (const PlanField& field : fields) {
    const ValueKind kind = field.element->kind;
    wire.fixedLength += field.wireLength != kVariableLength ? field.wireLength : 0;
    wire.leastLength += field.wireLength != kVariableLength ? field.wireLength : 1;
    if (kind == ValueKind::text || kind == ValueKind::list) {
      wire.texts.push_back({field.element, field.wireLength, field.element->wire == WireType::string});
      wire.segments.emplace_back();
      continue;
    }
    Segment& segment = wire.segments.back();
    for (unsigned side = 0; side < 2; side++) {
      segment.columns[side].push_back(columnOf(field, side, segment.length));
    }
    segment.length += field.wireLength;
  }
  const size_t recordSize = strideOf(fields);
  for (Segment& segment : wire.segments) {
    for (std::vector<Column>& columns : segment.columns) {
      if (gather) gatherColumns(columns, segment.length, recordSize);
      joinColumns(columns);
    }
  }
  return wire;
}

void RowWriter::write(unsigned side) {
  Block& block = blocks_[side];
  for (size_t s = 0; s < wire_.segments.size(); s++) {
    const Segment& segment = wire_.segments[s];
    for (const Column& column : segment.columns[side]) column.write(column, block, context_);
    if (s == wire_.texts.size()) break;
    const uint16_t fixed = wire_.texts[s].length;
    for (size_t i = 0; i < block.count; i++) {
      const uint8_t* const text = block.text[i];
      size_t size = fixed;
      if (fixed == kVariableLength) size = text[0] != 255 ? size_t{1} + text[0] : size_t{3} + loadBe16(text + 1);
      std::memcpy(block.at[i] + segment.length, text, size);
      block.at[i] += segment.length + size;
      block.text[i] += size;
    }
  }
  block.count = 0;
}

uint8_t* RowWriter::add(std::span<const Row> rows, uint8_t* to) {
  for (const Row& row : rows) {
    Block& block = blocks_[row.side];
    block.record[block.count] = row.record;
    block.text[block.count] = row.text;
    block.at[block.count] = to;
    to += row.length;
    if (++block.count == Block::kRows) write(row.side);
  }
  return to;
}

uint8_t* RowWriter::addFixed(std::span<const uint8_t* const> records, uint8_t* to) {
  const size_t length = wire_.fixedLength;
  Block& block = blocks_[0];
  for (size_t done = 0; done < records.size();) {
    const size_t count = std::min(records.size() - done, Block::kRows - block.count);
    for (size_t i = 0; i < count; i++, to += length) {
      block.record[block.count + i] = records[done + i];
      block.at[block.count + i] = to;
    }
    block.count += count;
    done += count;
    if (block.count == Block::kRows) write(0);
  }
  return to;
}

// Every row is put into the blocks of both sides and counted in one: no branch, and no count in memory between rows.
uint8_t* RowWriter::addFixed(std::span<const uint8_t* const> records, const uint8_t* sides, uint8_t* to) {
  Block &block0 = blocks_[0], &block1 = blocks_[1];
  for (size_t done = 0; done < records.size();) {
    size_t count0 = block0.count, count1 = block1.count;
    // as many rows as fit even when all are of one side
    const size_t end = std::min(records.size(), done + Block::kRows - std::max(count0, count1));
    for (; done < end; done++, to += wire_.fixedLength) {
      block0.record[count0] = block1.record[count1] = records[done];
      block0.at[count0] = block1.at[count1] = to;
      count0 += sides[done] ^ 1u;
      count1 += sides[done];
    }
    block0.count = count0;
    block1.count = count1;
    if (count0 == Block::kRows) write(0);
    if (count1 == Block::kRows) write(1);
  }
  return to;
}

void RowWriter::flush() {
  for (unsigned side = 0; side < 2; side++) {
    if (blocks_[side].count != 0) write(side);
  }
}

}  // namespace weir
