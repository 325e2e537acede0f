#include "encode/wire_template.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace weir {
namespace {

constexpr uint64_t kNsPerSecond = 1000000000;
constexpr uint64_t kNtpEpoch = 2208988800;  // 1900 to 1970 in seconds, RFC 5905

template <size_t Width>
inline void storeBe(uint8_t* at, uint64_t value) {
  const uint64_t swapped = __builtin_bswap64(value << (64 - 8 * Width));
  std::memcpy(at, &swapped, Width);
}

// Plain octets: addresses, MACs, single octets, and what compileTemplate() merged.
template <size_t Size>
void writeCopy(const Column& column, std::span<const Row> rows, const FieldContext&) {
  for (const Row& row : rows) std::memcpy(row.at + column.target, row.record + column.offset[row.side], Size);
}

void writeLongCopy(const Column& column, std::span<const Row> rows, const FieldContext&) {
  for (const Row& row : rows) {
    std::memcpy(row.at + column.target, row.record + column.offset[row.side], column.length);
  }
}

// What does not fit a reduced size becomes the largest value that does.
template <typename Member, size_t Width>
inline void storeNumber(uint8_t* at, Member value) {
  if constexpr (sizeof(Member) > Width) {
    constexpr Member kMost = (Member{1} << (8 * Width)) - 1;
    value = std::min(value, kMost);
  }
  storeBe<Width>(at, value);
}

template <typename Member, size_t Width>
void writeMember(const Column& column, std::span<const Row> rows, const FieldContext&) {
  for (const Row& row : rows) {
    Member value;
    std::memcpy(&value, row.record + column.offset[row.side], sizeof value);
    storeNumber<Member, Width>(row.at + column.target, value);
  }
}

uint64_t callNumber(const Column& column, const Row& row, const FieldContext& context) {
  return column.element->number(recordAt(row.record), row.side ^ column.element->flip, context);
}

template <size_t Width>
void writeNumber(const Column& column, std::span<const Row> rows, const FieldContext& context) {
  for (const Row& row : rows) {
    storeNumber<uint64_t, Width>(row.at + column.target, callNumber(column, row, context));
  }
}

uint64_t loadMember(ValueKind kind, const uint8_t* at) {
  uint64_t value = 0;  // little-endian: the low octets
  std::memcpy(&value, at, kind == ValueKind::u8 ? 1 : kind == ValueKind::u16 ? 2 : kind == ValueKind::u32 ? 4 : 8);
  return value;
}

// RFC 7011 section 6.1.5: 1 is true, 2 is false.
void writeBoolean(const Column& column, std::span<const Row> rows, const FieldContext& context) {
  const ValueKind kind = column.element->kind;
  for (const Row& row : rows) {
    const uint64_t value = kind == ValueKind::number ? callNumber(column, row, context)
                                                     : loadMember(kind, row.record + column.offset[row.side]);
    row.at[column.target] = value != 0 ? 1 : 2;
  }
}

void writeReal8(const Column& column, std::span<const Row> rows, const FieldContext& context) {
  for (const Row& row : rows) {
    const double value = column.element->real(recordAt(row.record), row.side ^ column.element->flip, context);
    storeBe<8>(row.at + column.target, std::bit_cast<uint64_t>(value));
  }
}

void writeReal4(const Column& column, std::span<const Row> rows, const FieldContext& context) {
  for (const Row& row : rows) {
    const double value = column.element->real(recordAt(row.record), row.side ^ column.element->flip, context);
    storeBe<4>(row.at + column.target, std::bit_cast<uint32_t>(static_cast<float>(value)));
  }
}

// RFC 7011 sections 6.1.7 to 6.1.10. Fractions of NTP times are rounded up to the next one that can be written, so
// that a reader who cuts off still finds the microsecond or nanosecond. 0 stays 0: no time.
template <WireType Wire>
inline void storeTime(uint8_t* at, uint64_t ns) {
  const uint64_t seconds = ns / kNsPerSecond;
  if constexpr (Wire == WireType::dateTimeSeconds) {
    storeBe<4>(at, seconds);
  } else if constexpr (Wire == WireType::dateTimeMilliseconds) {
    storeBe<8>(at, ns / 1000000);
  } else if (ns == 0) {
    storeBe<8>(at, 0);
  } else if constexpr (Wire == WireType::dateTimeMicroseconds) {
    constexpr uint64_t kPerSecond = 1000000, kUnit = 1 << 11;  // the low 11 bits are zero
    const uint64_t us = ns % kNsPerSecond / 1000;
    const uint64_t units = ((us << 32) + kPerSecond * kUnit - 1) / (kPerSecond * kUnit);
    storeBe<8>(at, (seconds + kNtpEpoch) << 32 | units * kUnit);
  } else {
    const uint64_t fraction = ((ns % kNsPerSecond << 32) + kNsPerSecond - 1) / kNsPerSecond;
    storeBe<8>(at, (seconds + kNtpEpoch) << 32 | fraction);
  }
}

template <WireType Wire>
void writeTime(const Column& column, std::span<const Row> rows, const FieldContext& context) {
  if (column.element->kind == ValueKind::number) {
    for (const Row& row : rows) storeTime<Wire>(row.at + column.target, callNumber(column, row, context));
    return;
  }
  for (const Row& row : rows) {
    uint64_t ns;
    std::memcpy(&ns, row.record + column.offset[row.side], sizeof ns);
    storeTime<Wire>(row.at + column.target, ns);
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
  if (element.wire == WireType::boolean) return writeBoolean;
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

// Records that fit a first-level cache together.
constexpr size_t kBlock = 32;

void writeBlock(const WireTemplate& wire, std::span<Row> rows, const FieldContext& context) {
  for (size_t s = 0; s < wire.segments.size(); s++) {
    const Segment& segment = wire.segments[s];
    for (size_t c = segment.firstColumn; c < segment.endColumn; c++) {
      wire.columns[c].write(wire.columns[c], rows, context);
    }
    if (s == wire.texts.size()) return;
    const uint16_t fixed = wire.texts[s].length;
    for (Row& row : rows) {
      size_t size = fixed;
      if (fixed == kVariableLength) size = row.text[0] != 255 ? 1 + row.text[0] : 3 + (row.text[1] << 8 | row.text[2]);
      std::memcpy(row.at + segment.length, row.text, size);
      row.at += segment.length + size;
      row.text += size;
    }
  }
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

uint8_t* writeRows(const WireTemplate& wire, std::span<Row> rows, uint8_t* to, const FieldContext& context) {
  for (Row& row : rows) {
    row.at = to;
    to += row.length;
  }
  for (size_t first = 0; first < rows.size(); first += kBlock) {
    writeBlock(wire, rows.subspan(first, std::min(kBlock, rows.size() - first)), context);
  }
  return to;
}

}  // namespace weir
