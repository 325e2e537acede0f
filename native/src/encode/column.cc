#include "encode/column.h"

#include <array>
#include <bit>

#include "encode/wire_value.h"

namespace weir {
namespace {

// The loop of every column: store(where the value goes, where it comes from).
template <typename Store>
inline void forRows(const Column& column, const Block& block, Store store) {
  const size_t count = block.count, target = column.target, offset = column.offset;
  for (size_t i = 0; i < count; i++) store(block.at[i] + target, block.record[i] + offset);
}

// The same for computed values: store(where, value of call(record, side, context)).
template <typename Call, typename Store>
inline void forCalls(const Column& column, const Block& block, const FieldContext& context, Call call, Store store) {
  const size_t count = block.count, target = column.target;
  const unsigned side = column.side;
  for (size_t i = 0; i < count; i++) store(block.at[i] + target, call(recordAt(block.record[i]), side, context));
}

// Plain octets: addresses, MACs, single octets, and what joinColumns() joined.
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

template <typename Member, size_t Width>
void writeMember(const Column& column, const Block& block, const FieldContext&) {
  forRows(column, block,
          [](uint8_t* to, const uint8_t* from) { storeNumber<Member, Width>(to, load<Member>(from)); });
}

template <size_t Width>
void writeNumber(const Column& column, const Block& block, const FieldContext& context) {
  if (column.element->numbers == nullptr) {
    forCalls(column, block, context, column.element->number, storeNumber<uint64_t, Width>);
    return;
  }
  uint64_t values[Block::kRows];
  const size_t count = block.count, target = column.target;
  column.element->numbers(block.record, count, column.side, context, values);
  for (size_t i = 0; i < count; i++) storeNumber<uint64_t, Width>(block.at[i] + target, values[i]);
}

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

template <WireType Wire>
void writeTime(const Column& column, const Block& block, const FieldContext& context) {
  if (column.element->kind == ValueKind::number) {
    forCalls(column, block, context, column.element->number, storeTime<Wire>);
  } else {
    forRows(column, block, [](uint8_t* to, const uint8_t* from) { storeTime<Wire>(to, load<uint64_t>(from)); });
  }
}

// Start and end of a flow, mostly.
void writeMillisecondPair(const Column& column, const Block& block, const FieldContext&) {
  constexpr WireType kMs = WireType::dateTimeMilliseconds;
  const size_t count = block.count, target = column.target, first = column.offset, second = column.second;
  for (size_t i = 0; i < count; i++) {
    uint8_t* const to = block.at[i] + target;
    const uint64_t a = load<uint64_t>(block.record[i] + first), b = load<uint64_t>(block.record[i] + second);
    storeTime<kMs>(to, a);
    storeTime<kMs>(to + 8, b);
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

// Octets of an integer member, 0 for what is none.
size_t integerSize(ValueKind kind) {
  switch (kind) {
    case ValueKind::u8: return 1;
    case ValueKind::u16: return 2;
    case ValueKind::u32: return 4;
    case ValueKind::u64: return 8;
    default: return 0;
  }
}

bool isCopy(const Element& element, size_t length) {
  if (element.wire == WireType::boolean || isTime(element.wire)) return false;
  switch (element.kind) {
    case ValueKind::u8: return length == 1;
    case ValueKind::mac:
    case ValueKind::address4:
    case ValueKind::address6: return true;
    default: return false;
  }
}

ColumnWriter writerOf(const Column& column) {
  const Element& element = *column.element;
  if (column.isCopy) return copyWriter(column.length);
  if (element.wire == WireType::boolean) return booleanWriter(element.kind);
  if (isTime(element.wire)) return timeWriter(element.wire);
  switch (element.kind) {
    case ValueKind::u8: return memberWriter<uint8_t>(column.length);
    case ValueKind::u16: return memberWriter<uint16_t>(column.length);
    case ValueKind::u32: return memberWriter<uint32_t>(column.length);
    case ValueKind::u64: return memberWriter<uint64_t>(column.length);
    case ValueKind::real: return column.length == 8 ? writeReal8 : writeReal4;
    default: return numberWriter(column.length);
  }
}

}  // namespace

Column columnOf(const PlanField& field, unsigned side, size_t target) {
  Column column;
  column.element = field.element;
  column.offset = field.offset[side];
  column.target = static_cast<uint16_t>(target);
  column.length = field.wireLength;
  column.side = static_cast<uint8_t>(side ^ field.element->flip);
  column.isCopy = isCopy(*field.element, field.wireLength);
  column.write = writerOf(column);
  return column;
}

bool isRearranged(const Column& column) {
  if (column.isCopy) return true;
  const Element& element = *column.element;
  const size_t size = integerSize(element.kind);
  return size != 0 && column.length >= size && element.wire != WireType::boolean && !isTime(element.wire);
}

uint32_t originOf(const Column& column, size_t octet) {
  if (column.isCopy) return column.offset + static_cast<uint32_t>(octet);
  const size_t fromEnd = column.length - 1 - octet;  // host order is little-endian
  return fromEnd < integerSize(column.element->kind) ? column.offset + static_cast<uint32_t>(fromEnd) : kZeroOctet;
}

void joinColumns(std::vector<Column>& columns) {
  const auto isMs = [](const Column& column) {
    return column.length == 8 && column.element != nullptr && column.element->kind == ValueKind::time &&
           column.element->wire == WireType::dateTimeMilliseconds;
  };
  std::vector<Column> joined;
  for (const Column& column : columns) {
    Column* const before = joined.empty() ? nullptr : &joined.back();
    if (before == nullptr || before->target + before->length != column.target) {
      joined.push_back(column);
    } else if (before->isCopy && column.isCopy && before->offset + before->length == column.offset) {
      before->length = static_cast<uint16_t>(before->length + column.length);
      before->write = copyWriter(before->length);
    } else if (isMs(*before) && isMs(column)) {
      before->second = column.offset;
      before->length = 16;
      before->write = writeMillisecondPair;
    } else {
      joined.push_back(column);
    }
  }
  columns = std::move(joined);
}

}  // namespace weir
