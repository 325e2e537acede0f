// What JSON and text share: one line a record, values in their readable form.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "encode/number_format.h"
#include "encode/plan.h"
#include "fields/application_names.h"

namespace weir {

// The readable form of a value.
enum class Form : uint8_t {
  number,
  wide,         // unsigned64: may pass 2^53, what JavaScript and jq keep exactly
  quotedNumber,
  nanoseconds,  // a duration in ms as ns
  boolean, real,
  isoTime,    // 2026-11-21T02:29:10.000Z
  clockTime,  // 02:29:10.000
  epochTime,  // integer in the unit of the wire type
  mac, macHyphens, address4, address6,
  constant,   // JSON text of the spec
  text,       // UTF-8, escaped as the format asks
  octets,     // lower-case hexadecimal
  list,       // already JSON text
};

struct LineField {
  PlanField plan;        // element: null for constants
  Form form = Form::number;
  ValueKind kind = ValueKind::u8;
  bool optional = false;  // left out when `absent` or empty
  bool quoted = false;    // in quotes though the form is not
  bool lower = false;     // a text in lower or upper case
  bool upper = false;
  uint8_t digits = 0;    // of a time's fraction
  uint64_t divisor = 1;  // ns in the unit of an epoch time
  uint64_t absent = 0;   // what a number says when there is none
};

// Apart from LineField, which every record reads.
struct LinePlace {
  std::vector<std::string> path;
  std::string constant;
};

struct LinePlan {
  std::vector<LineField> fields;
  std::vector<LinePlace> places;  // of each field
  size_t room = 0;  // octets of a line at most, without the values of the forms text, octets and list
};

class LineEncoder : public Encoder {
 public:
  EncodeResult encode(const BatchView& batch, uint32_t first, uint32_t exportSeconds, const UnitBuffer& out) override;
  EncodeResult templates(uint32_t, const UnitBuffer&) override { return {}; }
  void reset() override { sequence_ = 0; }
  void setMessageSize(uint32_t) override {}
  void setStart(uint64_t startMs) override { context_.startNs = startMs * 1'000'000; }
  uint32_t sequence() const override { return sequence_; }  // lines written

 protected:
  // clock: ISO times without the date.
  LineEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table, bool clock);

  // Writes one line of the IP version (index 0 or 1), its line feed included. Returns its end, or null when [to, end)
  // may be too short for a text or list; it is at least plans_[family].room octets.
  virtual char* writeLine(unsigned family, const uint8_t* record, unsigned side, char* to, const char* end) = 0;

  // What one octet of a text grows to at most when a format escapes it.
  static constexpr size_t kWorstEscape = 6;
  // Octets of a value; those of the forms text, octets and list come from renderText() instead.
  static constexpr size_t kValueRoom = 48;
  char* writeValue(const LineField& field, const uint8_t* record, unsigned side, char* to);
  bool isZero(const LineField& field, const uint8_t* record, unsigned side) const;
  uint64_t numberOf(const LineField& field, const uint8_t* record, unsigned side) const;
  // The octets of a text, octets or list field; good until the next call.
  std::span<const uint8_t> renderText(const LineField& field, const uint8_t* record, unsigned side);

  LinePlan plans_[2];  // IPv4, IPv6

 private:
  bool addLine(unsigned family, const uint8_t* record, unsigned side, EncodeResult& result, const UnitBuffer& out);
  bool add(const uint8_t* record, EncodeResult& result, const UnitBuffer& out);
  void makeKey(const uint8_t* record);

  const bool biflow_;
  const EncoderSpec::UnitKey unitKey_;
  const uint32_t linesPerUnit_;
  const Selection selection_;
  FieldContext context_;
  std::shared_ptr<const ApplicationNames> names_;  // of the call under way
  uint32_t lines_ = 0;       // in the unit being filled; a unit never spans calls
  std::array<char, 64> key_;  // length and octets of the unit's message key
  size_t keySize_ = 0;        // with its length; 0 = none
  size_t stride_ = 0;
  uint32_t sequence_ = 0;
  bool truncated_ = false;
  format::TimeWriter times_;
  std::unique_ptr<char[]> text_;
  std::vector<char> spare_;  // for a line that perhaps does not fit
};

inline uint64_t LineEncoder::numberOf(const LineField& field, const uint8_t* record, unsigned side) const {
  const uint8_t* const at = record + field.plan.offset[side];
  uint64_t value = 0;  // little-endian: the low octets
  switch (field.kind) {
    case ValueKind::u8: return *at;
    case ValueKind::u16: std::memcpy(&value, at, 2); return value;
    case ValueKind::u32: std::memcpy(&value, at, 4); return value;
    case ValueKind::u64:
    case ValueKind::time: std::memcpy(&value, at, 8); return value;
    case ValueKind::number: {
      const Element& element = *field.plan.element;
      return element.number(recordAt(record), side ^ element.flip, context_);
    }
    default: return 0;
  }
}

}  // namespace weir
