#include "encode/line.h"

#include <algorithm>

#include "encode/utf8.h"

namespace weir {
namespace {

// Octets of one text or list value at most; longer texts are cut, longer lists become empty.
constexpr size_t kTextRoom = 65536;

Form textForm(const Element& element) {
  if (element.kind == ValueKind::list) return Form::list;
  return element.wire == WireType::string ? Form::text : Form::octets;
}

bool isTime(WireType wire) { return wire >= WireType::dateTimeSeconds && wire <= WireType::dateTimeNanoseconds; }

Form formOf(const Element& element, Form timeForm) {
  if (isTime(element.wire)) return timeForm;
  switch (element.kind) {
    case ValueKind::mac: return Form::mac;
    case ValueKind::address4: return Form::address4;
    case ValueKind::address6: return Form::address6;
    case ValueKind::real: return Form::real;
    case ValueKind::text:
    case ValueKind::list: return textForm(element);
    default: return element.wire == WireType::boolean ? Form::boolean : Form::number;
  }
}

bool allZero(const uint8_t* at, size_t size) {
  uint8_t any = 0;
  for (size_t i = 0; i < size; i++) any |= at[i];
  return any == 0;
}

}  // namespace

LineEncoder::LineEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table,
                         bool clock)
    : biflow_(spec.biflow), context_(context), text_(new char[kTextRoom]) {
  const bool epoch = spec.timeFormat == EncoderSpec::TimeFormat::milliseconds ||
                     spec.keyStyle == EncoderSpec::KeyStyle::nprobe;
  const Form timeForm = epoch ? Form::epochTime : clock ? Form::clockTime : Form::isoTime;
  for (size_t family = 0; family < 2; family++) {
    const std::vector<PlanField> fields = planFields(spec, family == 0 ? 4 : 6, table);
    stride_ = std::max(stride_, strideOf(fields));
    for (const PlanField& field : fields) {
      LineField line;
      line.plan = field;
      line.form = formOf(*field.element, timeForm);
      if (isTime(field.element->wire)) {
        const auto step = static_cast<unsigned>(field.element->wire) - static_cast<unsigned>(WireType::dateTimeSeconds);
        line.digits = static_cast<uint8_t>(3 * step);
        line.divisor = format::tables::kPowersOfTen[9 - line.digits];
      }
      plans_[family].fields.push_back(std::move(line));
    }
  }
}

EncodeResult LineEncoder::encode(const BatchView& batch, uint32_t first, uint32_t, const UnitBuffer& out) {
  checkStride(batch, stride_);
  EncodeResult result;
  context_.heap = batch.heap;
  for (uint32_t i = first; i < batch.count; i++) {
    if (!add(batch.records + size_t{i} * batch.stride, result, out)) break;
    result.records++;
  }
  sequence_ += result.dataRecords;
  return result;
}

// False: no room left in out or ends, the record is not consumed.
bool LineEncoder::add(const uint8_t* record, EncodeResult& result, const UnitBuffer& out) {
  const unsigned family = familyIndex(record);
  if (plans_[family].fields.empty()) {
    result.unencodable++;
    return true;
  }
  const EncodeResult before = result;
  const unsigned sides = sidesOf(record, biflow_);
  truncated_ = false;
  for (unsigned side = 0; side < 2; side++) {
    if ((sides >> side & 1) == 0 || addLine(family, record, side, result, out)) continue;
    result = before;
    if (before.units != 0 || out.ends.empty() || out.bytes.empty()) return false;
    result.unencodable++;  // an empty out cannot take it, a later call could not either
    return true;
  }
  if (sides != 0) out.records[result.units - 1] = 1;
  if (truncated_) result.truncated++;
  return true;
}

bool LineEncoder::addLine(unsigned family, const uint8_t* record, unsigned side, EncodeResult& result,
                          const UnitBuffer& out) {
  if (result.units == out.ends.size()) return false;
  const LinePlan& plan = plans_[family];
  char* const to = reinterpret_cast<char*>(out.bytes.data()) + result.bytes;
  const size_t left = out.bytes.size() - result.bytes;
  const char* const end = left < plan.room ? nullptr : writeLine(family, record, side, to, to + left);
  size_t size = 0;
  if (end != nullptr) {
    size = static_cast<size_t>(end - to);
  } else {
    size_t room = plan.room;
    for (const LineField& field : plan.fields) {
      if (field.form >= Form::text) room += kTextRoom * kWorstEscape;
    }
    if (spare_.size() < room) spare_.resize(room);
    char* const spare = spare_.data();
    size = static_cast<size_t>(writeLine(family, record, side, spare, spare + room) - spare);
    if (size > left) return false;
    std::memcpy(to, spare, size);
  }
  result.bytes += size;
  result.dataRecords++;
  out.records[result.units] = 0;
  out.dataRecords[result.units] = 1;
  out.ends[result.units++] = static_cast<uint32_t>(result.bytes);
  return true;
}

uint64_t LineEncoder::numberOf(const LineField& field, const uint8_t* record, unsigned side) const {
  const Element& element = *field.plan.element;
  const uint8_t* const at = record + field.plan.offset[side];
  uint64_t value = 0;  // little-endian: the low octets
  switch (element.kind) {
    case ValueKind::u8: return *at;
    case ValueKind::u16: std::memcpy(&value, at, 2); return value;
    case ValueKind::u32: std::memcpy(&value, at, 4); return value;
    case ValueKind::u64:
    case ValueKind::time: std::memcpy(&value, at, 8); return value;
    case ValueKind::number: return element.number(recordAt(record), side ^ element.flip, context_);
    default: return 0;
  }
}

bool LineEncoder::isZero(const LineField& field, const uint8_t* record, unsigned side) const {
  const uint8_t* const at = record + field.plan.offset[side];
  const Element& element = *field.plan.element;
  switch (field.form) {
    case Form::mac: return allZero(at, 6);
    case Form::address4: return allZero(at, 4);
    case Form::address6: return allZero(at, 16);
    case Form::real: return element.real(recordAt(record), side ^ element.flip, context_) == 0;
    default: return numberOf(field, record, side) == 0;
  }
}

char* LineEncoder::writeValue(const LineField& field, const uint8_t* record, unsigned side, char* to) {
  const Element& element = *field.plan.element;
  const uint8_t* const at = record + field.plan.offset[side];
  switch (field.form) {
    case Form::number: return format::writeUnsigned(to, numberOf(field, record, side));
    case Form::boolean: {
      const bool value = numberOf(field, record, side) != 0;
      std::memcpy(to, value ? "true" : "false", 5);
      return to + (value ? 4 : 5);
    }
    case Form::real: return format::writeReal(to, element.real(recordAt(record), side ^ element.flip, context_));
    case Form::isoTime: return times_.writeIso(to, numberOf(field, record, side), field.digits);
    case Form::clockTime: return times_.writeClock(to, numberOf(field, record, side), field.digits);
    case Form::epochTime: return format::writeUnsigned(to, numberOf(field, record, side) / field.divisor);
    case Form::mac: return format::writeMac(to, at);
    case Form::address4: return format::writeAddress4(to, at);
    case Form::address6: return format::writeAddress6(to, at);
    case Form::text:
    case Form::octets:
    case Form::list: return to;
  }
  return to;
}

std::span<const uint8_t> LineEncoder::renderText(const LineField& field, const uint8_t* record, unsigned side) {
  const Element& element = *field.plan.element;
  size_t size = element.text(recordAt(record), side ^ element.flip, context_, text_.get(), kTextRoom);
  const auto* const text = reinterpret_cast<const uint8_t*>(text_.get());
  if (size == kTextRoom) {  // there may have been more
    truncated_ = true;
    size = field.form == Form::list ? 0 : utf8::boundary(text, size, size - 1);
  }
  return {text, size};
}

}  // namespace weir
