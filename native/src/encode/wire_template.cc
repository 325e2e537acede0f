#include "encode/wire_template.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/cursor.h"

namespace weir {
namespace {

constexpr uint64_t kNsPerSecond = 1000000000;
constexpr uint64_t kNtpEpoch = 2208988800;  // 1900 to 1970 in seconds, RFC 5905

template <size_t Width>
inline void storeBe(uint8_t* at, uint64_t value) {
  const uint64_t swapped = __builtin_bswap64(value << (64 - 8 * Width));
  std::memcpy(at, &swapped, Width);
}

// The loop of every column: store(where the value goes, where it comes from).
template <typename Store>
inline void forRows(const Column& column, const Block& block, Store store) {
  const size_t count = block.count, target = column.target, offset = column.offset[block.side];
  for (size_t i = 0; i < count; i++) store(block.at[i] + target, block.record[i] + offset);
}

// The same for computed values: store(where, value of call(record, side, context)).
template <typename Call, typename Store>
inline void forCalls(const Column& column, const Block& block, const FieldContext& context, Call call, Store store) {
  const unsigned side = block.side ^ column.element->flip;
  for (size_t i = 0; i < block.count; i++) {
    store(block.at[i] + column.target, call(recordAt(block.record[i]), side, context));
  }
}

// Plain octets: addresses, MACs, single octets, and what compileTemplate() merged.
template <size_t Size>
void writeCopy(const Column& column, const Block& block, const FieldContext&) {
  forRows(column, block, [](uint8_t* to, const uint8_t* from) { std::memcpy(to, from, Size); });
}

void writeLongCopy(const Column& column, const Block& block, const FieldContext&) {
  const size_t size = column.length;
  forRows(column, block, [size](uint8_t* to, const uint8_t* from) { std::memcpy(to, from, size); });
}

template <typename Member>
inline Member load(const uint8_t* from) {
  Member value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// What does not fit a reduced size becomes the largest value that does.
template <typename Member, size_t Width>
inline void storeNumber(uint8_t* to, Member value) {
  if constexpr (sizeof(Member) > Width) {
    constexpr Member kMost = static_cast<Member>((uint64_t{1} << (8 * Width)) - 1);
    value = std::min(value, kMost);
  }
  storeBe<Width>(to, value);
}

template <typename Member, size_t Width>
void writeMember(const Column& column, const Block& block, const FieldContext&) {
  forRows(column, block,
          [](uint8_t* to, const uint8_t* from) { storeNumber<Member, Width>(to, load<Member>(from)); });
}

template <size_t Width>
void writeNumber(const Column& column, const Block& block, const FieldContext& context) {
  forCalls(column, block, context, column.element->number, storeNumber<uint64_t, Width>);
}

// RFC 7011 section 6.1.5: 1 is true, 2 is false.
inline void storeBoolean(uint8_t* to, uint64_t value) { *to = value != 0 ? 1 : 2; }

template <typename Member>
void writeBoolean(const Column& column, const Block& block, const FieldContext&) {
  forRows(column, block, [](uint8_t* to, const uint8_t* from) { storeBoolean(to, load<Member>(from)); });
}

void writeBooleanNumber(const Column& column, const Block& block, const FieldContext& context) {
  forCalls(column, block, context, column.element->number, storeBoolean);
}

void writeReal8(const Column& column, const Block& block, const FieldContext& context) {
  forCalls(column, block, context, column.element->real,
           [](uint8_t* to, double value) { storeBe<8>(to, std::bit_cast<uint64_t>(value)); });
}

void writeReal4(const Column& column, const Block& block, const FieldContext& context) {
  forCalls(column, block, context, column.element->real, [](uint8_t* to, double value) {
    storeBe<4>(to, std::bit_cast<uint32_t>(static_cast<float>(value)));
  });
}

// RFC 7011 sections 6.1.7 to 6.1.10. Fractions of NTP times are rounded up to the next one that can be written, so
// that a reader who cuts off still finds the microsecond or nanosecond. 0 stays 0: no time.
template <WireType Wire>
inline void storeTime(uint8_t* to, uint64_t ns) {
  const uint64_t seconds = ns / kNsPerSecond;
  if constexpr (Wire == WireType::dateTimeSeconds) {
    storeBe<4>(to, seconds);
  } else if constexpr (Wire == WireType::dateTimeMilliseconds) {
    storeBe<8>(to, ns / 1000000);
  } else if (ns == 0) {
    storeBe<8>(to, 0);
  } else if constexpr (Wire == WireType::dateTimeMicroseconds) {
    constexpr uint64_t kPerSecond = 1000000, kUnit = 1 << 11;  // the low 11 bits are zero
    const uint64_t us = ns % kNsPerSecond / 1000;
    const uint64_t units = ((us << 32) + kPerSecond * kUnit - 1) / (kPerSecond * kUnit);
    storeBe<8>(to, (seconds + kNtpEpoch) << 32 | units * kUnit);
  } else {
    const uint64_t fraction = ((ns % kNsPerSecond << 32) + kNsPerSecond - 1) / kNsPerSecond;
    storeBe<8>(to, (seconds + kNtpEpoch) << 32 | fraction);
  }
}

template <WireType Wire>
void writeTime(const Column& column, const Block& block, const FieldContext& context) {
  if (column.element->kind == ValueKind::number) {
    forCalls(column, block, context, column.element->number, storeTime<Wire>);
  } else {
    forRows(column, block, [](uint8_t* to, const uint8_t* from) { storeTime<Wire>(to, load<uint64_t>(from)); });
  }
}

template <typename Member>
ColumnWriter memberWriter(size_t width) {
  static constexpr std::array<ColumnWriter, 8> kWriters = {
      writeMember<Member, 1>, writeMember<Member, 2>, writeMember<Member, 3>, writeMember<Member, 4>,
      writeMember<Member, 5>, writeMember<Member, 6>, writeMember<Member, 7>, writeMember<Member, 8>};
  return kWriters[width - 1];
}

ColumnWriter numberWriter(size_t width) {
  static constexpr std::array<ColumnWriter, 8> kWriters = {writeNumber<1>, writeNumber<2>, writeNumber<3>,
                                                           writeNumber<4>, writeNumber<5>, writeNumber<6>,
                                                           writeNumber<7>, writeNumber<8>};
  return kWriters[width - 1];
}

ColumnWriter booleanWriter(ValueKind kind) {
  switch (kind) {
    case ValueKind::u8: return writeBoolean<uint8_t>;
    case ValueKind::u16: return writeBoolean<uint16_t>;
    case ValueKind::u32: return writeBoolean<uint32_t>;
    case ValueKind::u64: return writeBoolean<uint64_t>;
    default: return writeBooleanNumber;
  }
}

ColumnWriter timeWriter(WireType wire) {
  switch (wire) {
    case WireType::dateTimeSeconds: return writeTime<WireType::dateTimeSeconds>;
    case WireType::dateTimeMilliseconds: return writeTime<WireType::dateTimeMilliseconds>;
    case WireType::dateTimeMicroseconds: return writeTime<WireType::dateTimeMicroseconds>;
    default: return writeTime<WireType::dateTimeNanoseconds>;
  }
}

bool isTime(WireType wire) { return wire >= WireType::dateTimeSeconds && wire <= WireType::dateTimeNanoseconds; }

// The writer of a fixed-size field; null: plain octets to be copied.
ColumnWriter writerOf(const PlanField& field) {
  const Element& element = *field.element;
  if (element.wire == WireType::boolean) return booleanWriter(element.kind);
  if (isTime(element.wire)) return timeWriter(element.wire);
  switch (element.kind) {
    case ValueKind::u8: return field.wireLength == 1 ? nullptr : memberWriter<uint8_t>(field.wireLength);
    case ValueKind::u16: return memberWriter<uint16_t>(field.wireLength);
    case ValueKind::u32: return memberWriter<uint32_t>(field.wireLength);
    case ValueKind::u64: return memberWriter<uint64_t>(field.wireLength);
    case ValueKind::number: return numberWriter(field.wireLength);
    case ValueKind::real: return field.wireLength == 8 ? writeReal8 : writeReal4;
    default: return nullptr;
  }
}

ColumnWriter copyWriter(size_t size) {
  switch (size) {
    case 1: return writeCopy<1>;
    case 2: return writeCopy<2>;
    case 4: return writeCopy<4>;
    case 6: return writeCopy<6>;
    case 12: return writeCopy<12>;
    case 16: return writeCopy<16>;
    case 32: return writeCopy<32>;
    default: return writeLongCopy;
  }
}

// Joins a copy to the copy before it when both ends lie side by side; false when they do not.
bool merge(Column& before, const PlanField& field, uint32_t target, bool biflow) {
  if (before.write != nullptr || before.target + before.length != target) return false;
  for (size_t side = 0; side < (biflow ? 1 : 2); side++) {
    if (before.offset[side] + before.length != field.offset[side]) return false;
  }
  before.length = static_cast<uint16_t>(before.length + field.wireLength);
  return true;
}

void addColumn(WireTemplate& wire, const PlanField& field, bool biflow) {
  Segment& segment = wire.segments.back();
  const ColumnWriter writer = writerOf(field);
  const bool first = segment.firstColumn == wire.columns.size();
  if (writer != nullptr || first || !merge(wire.columns.back(), field, segment.length, biflow)) {
    wire.columns.push_back({writer, field.element, {field.offset[0], field.offset[1]},
                            static_cast<uint16_t>(segment.length), field.wireLength});
  }
  segment.length += field.wireLength;
}

}  // namespace

WireTemplate compileTemplate(std::span<const PlanField> fields, bool biflow) {
  WireTemplate wire;
  if (fields.empty()) return wire;
  wire.segments.push_back({0, 0, 0});
  for (const PlanField& field : fields) {
    const ValueKind kind = field.element->kind;
    if (kind != ValueKind::text && kind != ValueKind::list) {
      addColumn(wire, field, biflow);
      continue;
    }
    wire.texts.push_back({field.element, field.wireLength, field.element->wire == WireType::string});
    wire.segments.back().endColumn = static_cast<uint16_t>(wire.columns.size());
    wire.segments.push_back({static_cast<uint16_t>(wire.columns.size()), 0, 0});
  }
  wire.segments.back().endColumn = static_cast<uint16_t>(wire.columns.size());
  for (Column& column : wire.columns) {
    if (column.write == nullptr) column.write = copyWriter(column.length);
  }
  for (const PlanField& field : fields) {
    if (field.wireLength != kVariableLength) wire.fixedLength += field.wireLength;
    wire.leastLength += field.wireLength != kVariableLength ? field.wireLength : 1;
  }
  return wire;
}

void RowWriter::write(Block& block) {
  for (size_t s = 0; s < wire_.segments.size(); s++) {
    const Segment& segment = wire_.segments[s];
    for (size_t c = segment.firstColumn; c < segment.endColumn; c++) {
      wire_.columns[c].write(wire_.columns[c], block, context_);
    }
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
    if (++block.count == Block::kRows) write(block);
  }
  return to;
}

void RowWriter::flush() {
  for (Block& block : blocks_) {
    if (block.count != 0) write(block);
  }
}

}  // namespace weir
