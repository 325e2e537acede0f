#include "encode/line.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "fields/derive.h"

namespace weir {
namespace {

// Octets of one text or list value at most; longer texts are cut, longer lists become empty.
constexpr size_t kTextRoom = 65536;
constexpr uint64_t kNsPerMs = 1000000;

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
    default: break;
  }
  switch (element.wire) {
    case WireType::boolean: return Form::boolean;
    case WireType::unsigned64: return Form::wide;
    default: return Form::number;
  }
}

bool allZero(const uint8_t* at, size_t size) {
  uint8_t any = 0;
  for (size_t i = 0; i < size; i++) any |= at[i];
  return any == 0;
}

// The forms that a field of the spec asks for, on top of the readable form of its value.
void applyForm(LineField& line, const EncoderField& field) {
  const auto refuse = [&line](const char* form) {
    throw Error("WEIR_TEMPLATE", std::string("field ") + line.plan.element->name + " cannot be written " + form);
  };
  switch (field.form) {
    case EncoderField::Form::plain:
    case EncoderField::Form::constant: return;
    case EncoderField::Form::quoted:
      if (line.form == Form::list) refuse("in quotes");
      line.quoted = true;
      if (line.form == Form::number || line.form == Form::wide) line.form = Form::quotedNumber;
      return;
    case EncoderField::Form::lower:
      if (line.form != Form::text) refuse("in lower case");
      line.lower = true;
      return;
    case EncoderField::Form::upper:
      if (line.form != Form::text) refuse("in upper case");
      line.upper = true;
      return;
    case EncoderField::Form::nanoseconds:
      line.divisor = 1;
      if (isTime(line.plan.element->wire)) {
        line.form = Form::epochTime;
      } else if (line.form == Form::number || line.form == Form::wide) {
        line.form = Form::nanoseconds;
      } else {
        refuse("in nanoseconds");
      }
      return;
    case EncoderField::Form::hyphens:
      if (line.form != Form::mac) refuse("with hyphens");
      line.form = Form::macHyphens;
      return;
  }
}

LineField constantField(const EncoderField& field) {
  if (field.key.empty() || field.constant.empty()) {
    throw Error("WEIR_TEMPLATE", "a constant of a JSON line needs a key and a value");
  }
  LineField line;
  line.form = Form::constant;
  line.plan.key = field.key;
  return line;
}

LineField lineField(const EncoderField& field, const PlanField& plan, Form timeForm) {
  LineField line;
  line.plan = plan;
  line.form = formOf(*plan.element, timeForm);
  line.kind = plan.element->kind;
  line.optional = plan.element->absentWhenZero || plan.element->absentWhenAllOnes;
  line.absent = plan.element->absentWhenAllOnes ? UINT32_MAX : 0;
  if (isTime(plan.element->wire)) {
    const auto step = static_cast<unsigned>(plan.element->wire) - static_cast<unsigned>(WireType::dateTimeSeconds);
    line.digits = static_cast<uint8_t>(3 * step);
    line.divisor = format::tables::kPowersOfTen[9 - line.digits];
  }
  applyForm(line, field);
  return line;
}

}  // namespace

LineEncoder::LineEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table,
                         bool clock)
    : biflow_(spec.biflow || spec.eventMask != 0), unitKey_(spec.unitKey),
      linesPerUnit_(spec.unitKey == EncoderSpec::UnitKey::none ? std::max(spec.linesPerUnit, 1u) : 1),
      selection_(spec), context_(context), text_(new char[kTextRoom]) {
  const bool epoch = spec.timeFormat == EncoderSpec::TimeFormat::milliseconds ||
                     spec.keyStyle == EncoderSpec::KeyStyle::nprobe;
  const Form timeForm = epoch ? Form::epochTime : clock ? Form::clockTime : Form::isoTime;
  stride_ = selection_.stride();
  EncoderSpec one = spec;  // one field at a time, since planFields() tells no forms
  for (unsigned family = 0; family < 2; family++) {
    for (const EncoderField& field : family == 0 ? spec.fields4 : spec.fields6) {
      if (field.form == EncoderField::Form::constant) {
        plans_[family].fields.push_back(constantField(field));
        plans_[family].places.push_back({field.path, field.constant});
        continue;
      }
      one.fields4 = one.fields6 = {field};
      const std::vector<PlanField> planned = planFields(one, family == 0 ? 4 : 6, table);
      stride_ = std::max(stride_, strideOf(planned));
      for (const PlanField& plan : planned) {
        plans_[family].fields.push_back(lineField(field, plan, timeForm));
        plans_[family].fields.back().optional |= spec.eventMask != 0;  // most events lack most things
        plans_[family].places.push_back({field.path, {}});
      }
    }
  }
}

EncodeResult LineEncoder::encode(const BatchView& batch, uint32_t first, uint32_t, const UnitBuffer& out) {
  checkStride(batch, stride_);
  EncodeResult result;
  context_.heap = batch.heap;
  names_ = applicationNames();
  context_.names = names_.get();
  lines_ = 0;
  const bool all = selection_.takesAll(batch);
  for (uint32_t i = first; i < batch.count; i++) {
    if (!all && !selection_.takes(batch, i)) {
      result.elsewhere++;
    } else if (!add(batch.records + size_t{i} * batch.stride, result, out)) {
      break;
    }
    result.records++;
  }
  sequence_ += result.dataRecords;
  return result;
}

// The same for all lines of a flow, whichever way they look: side 0 is the initiator.
void LineEncoder::makeKey(const uint8_t* record) {
  char* const text = key_.data() + 2;
  size_t size = 0;
  if (unitKey_ == EncoderSpec::UnitKey::flow) {
    size = derive::communityIdText(recordAt(record), 0, context_, text, key_.size() - 2);
  } else {
    const uint8_t* const address = record + offsetof(FlowRecord, hot.key.address);
    const char* const end = familyIndex(record) == 0 ? format::writeAddress4(text, address + 12)
                                                     : format::writeAddress6(text, address);
    size = static_cast<size_t>(end - text);
  }
  key_[0] = 0;  // big-endian
  key_[1] = static_cast<char>(size);
  keySize_ = 2 + size;
}

// False: no room left in out or ends, the record is not consumed.
bool LineEncoder::add(const uint8_t* record, EncodeResult& result, const UnitBuffer& out) {
  const unsigned family = familyIndex(record);
  if (plans_[family].fields.empty()) {
    result.unencodable++;
    return true;
  }
  const EncodeResult before = result;
  const uint32_t linesBefore = lines_;
  const unsigned sides = sidesOf(record, biflow_);
  truncated_ = false;
  if (unitKey_ != EncoderSpec::UnitKey::none) makeKey(record);
  for (unsigned side = 0; side < 2; side++) {
    if ((sides >> side & 1) == 0 || addLine(family, record, side, result, out)) continue;
    result = before;
    lines_ = linesBefore;
    if (before.units != 0) {
      out.ends[before.units - 1] = static_cast<uint32_t>(before.bytes);
      out.dataRecords[before.units - 1] = lines_;
    }
    if (before.units != 0 || out.ends.empty() || out.bytes.empty()) return false;
    result.unencodable++;  // an empty out cannot take it, a later call could not either
    return true;
  }
  out.records[result.units - 1]++;
  if (truncated_) result.truncated++;
  return true;
}

bool LineEncoder::addLine(unsigned family, const uint8_t* record, unsigned side, EncodeResult& result,
                          const UnitBuffer& out) {
  const bool fresh = result.units == 0 || lines_ == linesPerUnit_;
  const size_t all = out.bytes.size() - result.bytes;
  if ((fresh && result.units == out.ends.size()) || all < keySize_) return false;
  const LinePlan& plan = plans_[family];
  char* const to = reinterpret_cast<char*>(out.bytes.data()) + result.bytes + keySize_;
  const size_t left = all - keySize_;
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
  if (keySize_ != 0) std::memcpy(to - keySize_, key_.data(), keySize_);
  result.bytes += keySize_ + size;
  result.dataRecords++;
  if (fresh) {
    lines_ = 0;
    out.records[result.units++] = 0;
  }
  out.dataRecords[result.units - 1] = ++lines_;
  out.ends[result.units - 1] = static_cast<uint32_t>(result.bytes);
  return true;
}

bool LineEncoder::isZero(const LineField& field, const uint8_t* record, unsigned side) const {
  const uint8_t* const at = record + field.plan.offset[side];
  const Element& element = *field.plan.element;
  switch (field.form) {
    case Form::mac:
    case Form::macHyphens: return allZero(at, 6);
    case Form::address4: return allZero(at, 4);
    case Form::address6: return allZero(at, 16);
    case Form::real: return element.real(recordAt(record), side ^ element.flip, context_) == 0;
    default: return numberOf(field, record, side) == field.absent;
  }
}

char* LineEncoder::writeValue(const LineField& field, const uint8_t* record, unsigned side, char* to) {
  const uint8_t* const at = record + field.plan.offset[side];
  switch (field.form) {
    case Form::number:
    case Form::wide:
    case Form::quotedNumber: return format::writeUnsigned(to, numberOf(field, record, side));
    case Form::nanoseconds: return format::writeUnsigned(to, numberOf(field, record, side) * kNsPerMs);
    case Form::boolean: {
      const bool value = numberOf(field, record, side) != 0;
      std::memcpy(to, value ? "true" : "false", 5);
      return to + (value ? 4 : 5);
    }
    case Form::real: {
      const Element& element = *field.plan.element;
      return format::writeReal(to, element.real(recordAt(record), side ^ element.flip, context_));
    }
    case Form::isoTime: return times_.writeIso(to, numberOf(field, record, side), field.digits);
    case Form::clockTime: return times_.writeClock(to, numberOf(field, record, side), field.digits);
    case Form::epochTime: return format::writeUnsigned(to, numberOf(field, record, side) / field.divisor);
    case Form::mac: return format::writeMac(to, at);
    case Form::macHyphens: return format::writeMacHyphens(to, at);
    case Form::address4: return format::writeAddress4(to, at);
    case Form::address6: return format::writeAddress6(to, at);
    case Form::constant:
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
  if (field.lower) {
    for (size_t i = 0; i < size; i++) {
      if (text_[i] >= 'A' && text_[i] <= 'Z') text_[i] = static_cast<char>(text_[i] | 0x20);
    }
  }
  if (field.upper) {
    for (size_t i = 0; i < size; i++) {
      if (text_[i] >= 'a' && text_[i] <= 'z') text_[i] = static_cast<char>(text_[i] & ~0x20);
    }
  }
  if (size == kTextRoom) {  // there may have been more
    truncated_ = true;
    size = field.form == Form::list ? 0 : utf8::boundary(text, size, size - 1);
  }
  return {text, size};
}

}  // namespace weir
